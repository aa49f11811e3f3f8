import Glibc

// A reader who left (`| head`) is an error of write(2), not the end of the process.
signal(SIGPIPE, SIG_IGN)

let program = Program(version: "0.1.0", groups: CommandTable.groups, commands: CommandTable.commands)
exit(program.run(Array(CommandLine.arguments.dropFirst()), .process()).rawValue)
