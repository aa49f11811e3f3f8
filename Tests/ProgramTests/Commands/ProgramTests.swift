import Foundation
import RelayCore
import TestSupport
import Testing

@testable import cdrelay

@Suite struct ProgramTests {
  @Test func wrongUsageIsTwoAndGoesToStandardError() {
    let cases = [
      ("", "cdrelay: no command given\n`cdrelay --help` shows what there is.\n"),
      ("statsu", "cdrelay: unknown command statsu: did you mean status?\n`cdrelay --help` shows what there is.\n"),
      (
        "deliveries lst",
        "cdrelay: unknown command deliveries lst: did you mean list?\n`cdrelay deliveries --help` shows what there is.\n"
      ),
      (
        "deliveries list --stat dead",
        "cdrelay: unknown option --stat: did you mean --state?\n`cdrelay deliveries list --help` shows what there is.\n"
      ),
      (
        "destinations",
        "cdrelay: destinations needs a command: list, pause, resume, test\n`cdrelay destinations --help` shows what there is.\n"
      ),
      (
        "deliveries list --state ded",
        "cdrelay: --state: expected waiting, sending, delivered, dead, cancelled, found ded\n"
          + "`cdrelay deliveries list --help` shows what there is.\n"
      ),
      (
        "replay",
        "cdrelay: say which deliveries to replay: ids, or a selection such as --destination NAME --since 24h\n"
          + "`cdrelay replay --help` shows what there is.\n"
      ),
      (
        "serve --rules rules.json --listen 8080",
        "cdrelay: --listen: 8080: expected an address and a port from 0 to 65535, such as 127.0.0.1:8080 or "
          + "[::1]:8080\n`cdrelay serve --help` shows what there is.\n"
      ),
      (
        "deliveries cancel 7",
        "cdrelay: --reason TEXT is required: it is kept\n`cdrelay deliveries cancel --help` shows what there is.\n"
      ),
    ]
    for (words, sentence) in cases {
      let run = CalledCommand(words)
      #expect(run.code == .usage)
      #expect(run.output == "")
      #expect(run.errors == sentence)
    }
  }

  @Test func everyCommandHasHelp() {
    #expect(CalledCommand("--help").code == .done)
    #expect(CalledCommand("--version").output == "cdrelay \(Program.version)\n")
    for command in CommandTable.commands {
      let run = CalledCommand("\(command.name) --help")
      #expect(run.code == .done)
      #expect(run.output.hasPrefix("Usage: cdrelay \(command.name)"))
      #expect(run.errors == "")
      for option in command.options { #expect(run.output.contains(option.name)) }
    }
    for group in CommandTable.groups {
      #expect(CalledCommand("\(group.name) --help").output.hasPrefix("Usage: cdrelay \(group.name) COMMAND"))
    }
  }

  @Test func aMissingDatabaseIsOneAndNamed() {
    let run = CalledCommand("status", environment: ["CDRELAY_DATABASE": "/nowhere/relay.db"])
    #expect(run.code == .failed)
    #expect(run.errors.hasPrefix("cdrelay: /nowhere/relay.db: no such database; name it with --database FILE"))
  }

  @Test func theDatabaseIsNamedByOptionThenEnvironmentThenRulesThenDefault() throws {
    let folder = try TemporaryFolder()
    let rules = folder.file("rules.json")
    try #"{ "relay": { "database": "/from/rules.db" } }"#.write(toFile: rules, atomically: true, encoding: .utf8)
    let environment = ["CDRELAY_DATABASE": "/from/environment.db"]
    func named(_ words: String, _ environment: [String: String] = [:]) -> String {
      String(CalledCommand("status \(words)", environment: environment).errors.prefix { $0 != ";" })
    }
    #expect(
      named("--database /from/option.db --rules \(rules)", environment) == "cdrelay: /from/option.db: no such database")
    #expect(named("--rules \(rules)", environment) == "cdrelay: /from/environment.db: no such database")
    #expect(named("--rules \(rules)") == "cdrelay: /from/rules.db: no such database")
    #expect(named("") == "cdrelay: cdrelay.db: no such database")
  }

  @Test func aReaderWhoLeavesEndsItQuietly() {
    let endless = Command("endless", "Never ends") { invocation in
      while true { try invocation.output.line("and on") }
    }
    var complained: [UInt8] = []
    let surroundings = Surroundings(
      output: Output { _ in throw OutputClosed() }, errors: Output { complained += $0 }, readLine: { nil },
      readAll: { [] }, isTerminal: false, environment: [:], user: "ann", time: ManualTime())
    let program = Program(version: "0", groups: [], commands: [endless])
    #expect(program.run(["endless"], surroundings) == .done)
    #expect(complained.isEmpty)
  }
}
