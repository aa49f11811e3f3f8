import Digests
import Foundation
import RelayCore
import TestSupport
import Testing

@testable import cdrelay

@Suite struct FindCommandTests {
  private static let rules = """
    { "sources": { "telecmi": { "provider": "telecmi", "auth": "none" } },
      "destinations": { "crm": { "url": "https://crm.example.com/é" } },
      "rules": [ { "name": "all", "send_to": ["crm"] } ] }
    """
  private static let body =
    #"{"type":"cdr","cmiuuid":"call-0001","appid":1,"status":"missed","direction":"inbound","from":33639980042,"time":1}"#

  private let database: DatabaseOnDisk
  private let record: Identifier
  private let delivery: Identifier

  init() throws {
    database = try DatabaseOnDisk()
    try database.rules(Self.rules)
    record = try database.record(callID: "call-0001", from: "33639980042", body: Self.body)
    delivery = try database.delivery(of: record, .dead, status: 422)
  }

  @Test func anErasureBelongsToTheStory() throws {
    let erase = CalledCommand(
      "erase --number +33639980042 --reason asked", database: database, user: "bea", now: database.now + 5000)
    #expect(erase.code == .done, "\(erase.errors)")
    let found = CalledCommand("find", [record.description], database: database)
    #expect(found.output.contains("2025-10-01T09:00:05.000Z bea: erase --number …"), "\(found.output)")
    #expect(!found.output.contains("33639980042"))
  }

  @Test func theStoryIsToldFromReceiptToAnswer() throws {
    let other = try database.delivery(.dead)
    _ = CalledCommand("replay \(delivery)", database: database, user: "bea", now: database.now + 5000)
    _ = CalledCommand("replay \(other)", database: database, now: database.now + 6000)
    _ = CalledCommand(
      "deliveries cancel --destination crm --call call-0001 --reason tests", database: database,
      now: database.now + 7000)
    let kept = try database.quarantined(body: #"{"cmiuuid":"call-0001"}"#)
    let zeros = String(repeating: "0", count: 64)
    for what in ["call-0001", "06 39 98 00 42", record.description, delivery.description] {
      let run = CalledCommand("find", [what], database: database)
      #expect(run.code == .done)
      #expect(
        run.output.hasPrefix(
          """
          Record \(record): cdr of telecmi (telecmi), revision 0
            Received 2025-10-01T09:00:00.000Z (just now) from 192.0.2.7, authenticated by token
            Body SHA-256 \(Hex.encode(SHA256.hash(Array(Self.body.utf8)))) (the body kept has it); rules version 1
            Ids: call call-0001
            Call: role call, direction inbound, status missed, from 33639980042
          """), "\(run.output)")
      #expect(
        run.output.contains(
          """

            Delivery \(delivery) to crm by rule all: cancelled 2025-10-01T09:00:07.000Z, tests
              Attempt 1 2025-10-01T09:00:00.000Z, 412 ms: status 422, dead; sent SHA-256 \(zeros)

          """), "\(run.output)")
      #expect(
        run.output.hasSuffix(
          """

          What persons did:
            2025-10-01T09:00:05.000Z bea: replay \(delivery) --database \(database.path) (1 change in all)
            2025-10-01T09:00:07.000Z ann: deliveries cancel --destination crm --call call-0001 --reason tests --database \(database.path) (1 change in all; tests)

          """), "\(run.output)")
    }
    let run = CalledCommand("find call-0001", database: database)
    #expect(
      run.output.contains(
        """

        Quarantine \(kept): a request to telecmi, kept
          Received 2025-10-01T09:00:00.000Z (1 time) from 192.0.2.7, authenticated by token
          Answered 422: no cmiuuid

        """))
    let json = try #require(CalledCommand("find call-0001 --json", database: database).json.first)
    let part = try #require(json["records"]?.array?.first)
    #expect(part["body_intact"] == .bool(true))
    #expect(part["deliveries"]?.array?.first?["attempt_list"]?.array?.first?["status"] == .integer(422))
    #expect(json["actions"]?.array?.map { $0["user"]?.string } == ["bea", "ann"])
    #expect(json["quarantine"]?.array?.count == 1)
  }

  @Test func whatIsNotThereIsTold() throws {
    let run = CalledCommand("find call-0002", database: database)
    #expect(run.code == .failed)
    #expect(run.errors == "cdrelay: nothing here has this id or number\n")
    #expect(CalledCommand("find", database: database).code == .usage)
  }

  @Test func aBodyThatWasChangedIsSeen() throws {
    try database.execute("UPDATE record SET body = x'7b7d'")
    #expect(CalledCommand("find call-0001", database: database).output.contains("THE BODY KEPT HAS ANOTHER"))
    try database.execute("UPDATE record SET body = NULL")
    #expect(CalledCommand("find call-0001", database: database).output.contains("(the body is no longer kept)"))
  }

  @Test func aProofHoldsTheBytesAndItsOwnHash() throws {
    let path = database.folder.file("proof.json")
    let run = CalledCommand("find call-0001 --proof \(path)", database: database)
    #expect(run.code == .done)
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let proof = try JSONParser.parse(text)
    let hash = try #require(proof["sha256"]?.string)
    #expect(run.output == "\(path): 1 record, 1 delivery; SHA-256 of its content: \(hash)\n")
    // As the README says it is verified.
    let commands = [
      #"sed -n 2p "$0" | sha256sum | cut -d' ' -f1"#, #"jq -cS .content "$0" | sha256sum | cut -d' ' -f1"#,
    ]
    for command in commands {
      #expect(try CommandRun(["-c", command, path], program: "sh").output == hash + "\n", "\(command)")
    }
    let content = try #require(proof["content"])
    #expect(content["program"] == .string("cdrelay 0.1.0"))
    let part = try #require(content["records"]?.array?.first)
    #expect(part["body_base64"] == .string(Base64.encode(Array(Self.body.utf8))))
    let attempt = part["deliveries"]?.array?.first?["attempt_list"]?.array?.first
    #expect(attempt?["response_base64"] == .string(Base64.encode(Array("sorry".utf8))))
    #expect(content["rules"]?.array?.first?["text"] == .string(Self.rules))
    #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
    let again = CalledCommand("find call-0001 --proof \(path)", database: database)
    #expect(again.code == .failed)
    #expect(again.errors == "cdrelay: \(path) is there already: name another file\n")
    #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
  }

  @Test func aProofLeavesNothingOut() throws {
    for _ in 0..<2 { _ = try database.record(callID: "call-0001") }
    let path = database.folder.file("proof.json")
    let run = CalledCommand("find call-0001 --limit 2 --proof \(path)", database: database)
    #expect(run.code == .failed)
    #expect(
      run.errors
        == "cdrelay: 3 records match and a proof leaves none out: they are above the limit of 2; narrow it with --since, "
        + "--until or --source, or raise --limit\n")
    #expect(!FileManager.default.fileExists(atPath: path))
    let shown = CalledCommand("find call-0001 --limit 2 --json", database: database)
    #expect(shown.json.first?["records"]?.array?.count == 2)
    #expect(shown.errors.hasPrefix("these are the newest 2 of 3 records; "))
  }
}
