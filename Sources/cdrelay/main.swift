import Glibc

// A reader who left (`| head`) is an error of write(2), not the end of the process.
signal(SIGPIPE, SIG_IGN)

exit(Program.cdrelay.run(Array(CommandLine.arguments.dropFirst()), .process()).rawValue)
