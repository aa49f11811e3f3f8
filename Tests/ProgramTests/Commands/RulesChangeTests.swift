import Digests
import DurableQueue
import Foundation
import RelayCore
import TestSupport
import Testing

@testable import cdrelay

/// `rules apply`, `rules rollback`, `rules history` and what `status` says of changed rules, without a relay.
@Suite struct RulesChangeTests {
  private static let old = """
    { "sources": { "telecmi": { "provider": "telecmi", "auth": { "token": "${T}" } } },
      "destinations": { "crm": { "url": "https://crm.example.com/" } }, "rules": [ { "name": "all", "send_to": ["crm"] } ] }

    """
  private static let new = old.replacing("crm.example.com/", with: "crm.example.com/v2")

  private func file(_ folder: TemporaryFolder, _ name: String, _ text: String) throws -> String {
    let path = folder.file(name)
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    return path
  }

  private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

  private func mode(_ path: String) throws -> Int {
    try (FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber)?.intValue ?? -1
  }

  @Test func applyPutsTheFileInPlaceBehindALinkWithItsMode() throws {
    let database = try DatabaseOnDisk()
    try database.rules(Self.old)
    let target = try file(database.folder, "rules.json", Self.old)
    try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: target)
    let link = database.folder.file("link.json")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: target)
    let new = try file(database.folder, "new.json", Self.new)
    let run = CalledCommand("rules apply", [new, "--rules", link], database: database)
    #expect(run.code == .done)
    #expect(
      run.output
        == "\(target) holds the new rules; no relay runs on \(database.path), the next one to start takes them\n")
    #expect(try text(target) == Self.new)
    #expect(try mode(target) == 0o640)
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == target)
    let names = try FileManager.default.contentsOfDirectory(atPath: database.folder.path)
    #expect(!names.contains { $0.contains(FileSwap.draftSuffix) })
    #expect(try database.text("SELECT user || ' ' || command FROM action")?.hasPrefix("ann rules apply") == true)
  }

  @Test func applyChangesNothingWhereTheNewFileHasProblemsOrFailsItsTests() throws {
    let database = try DatabaseOnDisk()
    let target = try file(database.folder, "rules.json", Self.old)
    let bad = try file(
      database.folder, "bad.json", Self.new.replacing("\"send_to\": [\"crm\"]", with: "\"send_to\": [\"crn\"]"))
    let refused = CalledCommand("rules apply", [bad, "--rules", target], database: database)
    #expect(refused.code == .failed)
    #expect(refused.errors.contains("nothing was changed, the new rules have problems:\n\(bad): rules[0].send_to[0]:"))
    let failing = try file(
      database.folder, "failing.json",
      Self.new.replacing(
        "\"rules\": [",
        with: """
          "tests": [ { "name": "goes nowhere", "source": "telecmi", "record": { "type": "cdr", "cmiuuid": "1" },
            "destinations": [] } ], "rules": [
          """))
    let failed = CalledCommand("rules apply", [failing, "--rules", target], database: database)
    #expect(failed.code == .failed)
    #expect(failed.errors.contains("nothing was changed, tests of the new rules failed:\ntests[0]: goes nowhere: "))
    let new = try file(database.folder, "new.json", Self.new)
    #expect(CalledCommand("rules apply", [new, "--rules", target, "--dry-run"], database: database).code == .done)
    let declined = CalledCommand(
      "rules apply", [new, "--rules", target], database: database, input: "n\n", isTerminal: true)
    #expect(declined.code == .failed)
    #expect(declined.errors.contains("Put this into \(target), and have the relay take it? [y/N] nothing was changed"))
    #expect(
      CalledCommand("rules apply", [new], database: database).errors.contains(
        "no relay has loaded a rule file here yet: name the file to replace with --rules FILE"))
    #expect(try text(target) == Self.old)
  }

  @Test func whatChangedBehindTheQuestionStops() throws {
    let database = try DatabaseOnDisk()
    try database.rules(Self.old)
    let target = try file(database.folder, "rules.json", Self.old)
    let new = try file(database.folder, "new.json", Self.new)
    var words = ""
    let surroundings = Surroundings(
      output: Output { _ in }, errors: Output { words += String(decoding: $0, as: UTF8.self) },
      readLine: {
        try? Data("{}".utf8).write(to: URL(fileURLWithPath: target))
        return "y"
      }, readAll: { [] }, isTerminal: true, environment: [:], user: "ann", time: ManualTime())
    let code = Program.cdrelay.run(
      ["rules", "apply", new, "--rules", target, "--database", database.path], surroundings)
    #expect(code == .failed)
    #expect(words.contains("nothing was changed: somebody else changed \(target) or the rules in force meanwhile"))
    #expect(try text(target) == "{}")
  }

  @Test func oneChangeAtATime() throws {
    let folder = try TemporaryFolder()
    let target = try file(folder, "rules.json", Self.old)
    // What a killed change left is in nobody's way.
    _ = try file(folder, "rules.json" + FileSwap.draftSuffix, "half")
    let swap = try FileSwap(path: target)
    do {
      let lock = try swap.lock()
      let refusal = #expect(throws: CommandError.self) { _ = try swap.lock(patience: 0) }
      #expect(refusal?.description.contains("another `cdrelay rules apply` or `rollback` is under way") == true)
      try swap.replace(with: Array(Self.new.utf8))
      withExtendedLifetime(lock) {}
    }
    _ = try swap.lock(patience: 0)
    #expect(try text(target) == Self.new)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["rules.json"])
  }

  @Test func rollbackTakesTheVersionBeforeByteForByteButNoneThatHeldSecrets() throws {
    let database = try DatabaseOnDisk()
    let target = try file(database.folder, "rules.json", "{}")
    let masked = Self.old.replacing("${T}", with: "•••")
    for (version, text) in [masked, Self.old, Self.new].enumerated() {
      try database.execute(
        """
        INSERT INTO rules_version (version, loaded_at_ms, sha256, text, path, changed_by)
        VALUES (\(version + 1), \(database.now.milliseconds - 3_600_000), CAST(zeroblob(31) || x'0\(version)' AS BLOB),
          '\(text)', '\(target)', \(version == 2 ? "'ann'" : "NULL"))
        """)
    }
    let run = CalledCommand("rules rollback", ["--rules", target], database: database)
    #expect(run.code == .done)
    #expect(run.errors.contains("back to version 2, accepted 60 min ago (2025-10-01T08:00:00.000Z)"))
    #expect(try text(target) == Self.old)
    let secret = CalledCommand("rules rollback 1", ["--rules", target], database: database)
    #expect(secret.code == .failed)
    #expect(secret.errors.contains("version 1 held secrets that were written out in the file, which are not kept"))
    #expect(
      CalledCommand("rules rollback 9", database: database).errors.contains(
        "there is no version 9; `cdrelay rules history` lists them"))
    let history = CalledCommand("rules history", database: database).output.split(separator: "\n")
    #expect(history.count == 4)
    #expect(
      history[1].split(separator: " ").map(String.init) == ["3", "2025-10-01T08:00:00.000Z", "ann", target, "yes"])
    #expect(CalledCommand("rules history 1", database: database).output == masked)
    let json = CalledCommand("rules history --json --limit 1", database: database).json
    #expect(json.map { $0["version"] } == [.integer(3)])
    #expect(json.first?["in_force"] == .bool(true))
    #expect(CalledCommand("rules history x", database: database).code == .usage)
  }

  /// Versions from 1 on, each with its own text's hash; the last is in force.
  private func history(_ database: DatabaseOnDisk, _ texts: [String], _ target: String, refused: Bool = false) throws {
    for (index, text) in texts.enumerated() {
      let hash = SHA256.hash(Array(text.utf8)).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
      try database.execute(
        """
        INSERT INTO rules_version (version, loaded_at_ms, sha256, text, path)
        VALUES (\(index + 1), \(database.now.milliseconds), x'\(hash)', '\(text)', '\(target)')
        """)
    }
    guard refused else { return }
    try database.execute(
      """
      INSERT INTO rules_load VALUES (1, 7, \(database.now.milliseconds), 'signal', '\(target)', NULL, \(texts.count),
        'line 1, column 1: bad', '', '')
      """)
  }

  @Test func rollbackTwiceGoesFurtherBackAndHistoryMarksCopies() throws {
    let database = try DatabaseOnDisk()
    let middle = Self.old.replacing("crm.example.com/", with: "crm.example.com/v1")
    let target = try file(database.folder, "rules.json", middle)
    try history(database, [Self.old, middle, Self.new, middle], target)
    let lines = CalledCommand("rules history", database: database).output.split(separator: "\n")
    #expect(lines[1].hasSuffix("= 2"))
    #expect(!lines[2].contains("="))
    let json = CalledCommand("rules history --json", database: database).json
    #expect(json.map { $0["same_as"] } == [.integer(2), .null, .null, .null])
    let back = CalledCommand("rules rollback", ["--rules", target], database: database)
    #expect(back.code == .done)
    #expect(back.errors.contains("back to version 1, "))
    #expect(!back.errors.contains("before-apply"))
    #expect(try text(target) == Self.old)
  }

  @Test func rollbackPutsBackWhatIsInForceWhileTheFileIsRefusedAndKeepsTheFile() throws {
    let database = try DatabaseOnDisk()
    let target = try file(database.folder, "rules.json", "{")
    try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: target)
    try history(database, [Self.old, Self.new], target, refused: true)
    let back = CalledCommand("rules rollback", ["--rules", target], database: database)
    #expect(back.code == .done)
    #expect(back.errors.contains("back to version 2, "))
    #expect(
      back.errors.contains(
        "\(target) on disk is not what is in force (it was changed since) and is kept as \(target).before-apply"))
    #expect(try text(target) == Self.new)
    #expect(try text(target + ".before-apply") == "{")
    #expect(try mode(target + ".before-apply") == 0o640)
  }

  @Test func onlySourcesThatHadTheirSecretLoseIt() throws {
    let database = try DatabaseOnDisk()
    let target = try file(database.folder, "rules.json", Self.old)
    try history(database, [Self.old], target)
    let before = try RulesBefore(QueueVisitor(path: database.path), file: Array(Self.old.utf8))
    #expect(!before.isFileAnother)
    var load = RulesLoad(at: database.now, origin: .signal, path: target, fileHash: nil)
    load.missingSecrets = [
      "destinations.crm.auth.token: secret C is not there", "sources.telecmi.auth.token: secret T is not there",
      "sources.new.auth.token: secret N is not there",
    ]
    #expect(before.sourcesThatLostASecret(in: load).map(\.source) == ["telecmi"])
    try database.execute(
      """
      INSERT INTO rules_load VALUES (1, 7, 0, 'signal', '\(target)', NULL, 1, '',
        'sources.telecmi.auth.token: secret T is not there', '')
      """)
    #expect(
      try RulesBefore(QueueVisitor(path: database.path), file: nil).sourcesThatLostASecret(in: load).isEmpty)
  }

  @Test func statusSaysWhatWasRefusedAndWhatIsMissing() throws {
    let database = try DatabaseOnDisk()
    try database.rules(Self.old)
    try database.execute(
      """
      INSERT INTO rules_load VALUES (1, 7, \(database.now.milliseconds - 300_000), 'signal', '/etc/rules.json', NULL, 1,
        'line 3, column 1: bad' || char(10) || 'rules[0]: worse', 'sources.telecmi.auth.token: secret T is not there',
        'relay.limits')
      """)
    let refusal =
      "The rule file was refused at 2025-10-01T08:55:00.000Z: line 3, column 1: bad (and 1 more problem). "
      + "Version 1 stays in force. `cdrelay rules check /etc/rules.json` says all; mend the file and reload (SIGHUP; "
      + "with --watch saving is enough), or `cdrelay rules rollback 1`."
    let page = CalledCommand("status", database: database).output.split(separator: "\n").map(String.init)
    #expect(page.contains(refusal))
    #expect(page.contains("  rules[0]: worse"))
    #expect(page.contains("A secret is missing: sources.telecmi.auth.token: secret T is not there."))
    #expect(page.contains("relay.limits was changed and acts once the relay is restarted."))
    let rules = try #require(CalledCommand("status --json", database: database).json.first?["rules"])
    #expect(rules["refused"] == .bool(true))
    #expect(rules["version"] == .integer(1))
    #expect(rules["problems"] == .array([.string("line 3, column 1: bad"), .string("rules[0]: worse")]))
    let problems = CalledCommand("status --problems --json", database: database).json
    #expect(problems.map { $0["problem"] } == [.string("rules_refused"), .string("secret_missing")])
    #expect(problems.map { $0["source"] } == [.null, .string("telecmi")])
    #expect(problems.first?["text"] == .string(refusal))
  }

  @Test func aRemovedDestinationIsShownWithWhatToDo() throws {
    let database = try DatabaseOnDisk()
    try database.rules(Self.old.replacing("crm", with: "archive"))
    try database.delivery(.waiting)
    let id = try #require(try database.integer("SELECT id FROM delivery"))
    for command in ["status", "destinations list"] {
      let page = CalledCommand(command, database: database).output
      #expect(
        page.contains(
          "crm is orphaned: 1 delivery waits, and it is not in the rule file. Put it back into the rule file;"))
      #expect(page.contains("`cdrelay replay --reroute --state waiting --destination crm`"))
      #expect(page.contains("`cdrelay deliveries cancel --destination crm --reason TEXT`"))
    }
    let json = try #require(CalledCommand("status --json", database: database).json.first?["destinations"])
    #expect(json["crm"]?["orphaned"] == .bool(true))
    #expect(json["archive"]?["orphaned"] == .bool(false))
    #expect(
      CalledCommand("deliveries show \(id)", database: database).output.contains(
        "It waits for crm, which is not in the rule file. Put it back into the rule file;"))
    #expect(CalledCommand("destinations pause crm", database: database).code == .done)
    #expect(CalledCommand("destinations resume crm", database: database).code == .done)
    #expect(
      CalledCommand("replay --reroute --state waiting --destination crm --dry-run", database: database).code != .usage)
    #expect(CalledCommand("deliveries cancel --destination crm --reason gone", database: database).code == .done)
    #expect(!CalledCommand("status", database: database).output.contains("orphaned:"))
  }
}
