import Foundation
import RelayCore
import TestSupport
import Testing

@testable import cdrelay

@Suite struct RulesCheckTrafficTests {
  private let database: DatabaseOnDisk
  private let path: String

  init() throws {
    database = try DatabaseOnDisk()
    path = database.folder.file("rules.json")
    try rules(relay: "")
  }

  private func rules(relay: String) throws {
    let text = """
      { \(relay) "sources": { "telecmi": { "provider": "telecmi", "auth": "none" } },
        "destinations": { "archive": { "url": "https://archive.example.com/" } },
        "rules": [ { "name": "marked", "when": { "body": { "custom": { "crm": true } } }, "send_to": ["archive"] } ] }
      """
    try text.write(toFile: path, atomically: true, encoding: .utf8)
  }

  private func fill(_ count: Int) throws {
    for number in 0..<count {
      let body =
        #"{"type":"cdr","cmiuuid":"c\#(number)","appid":1,"status":"missed","direction":"inbound","#
        + #""time":1634720920615,"custom":"{\"crm\":\"true\"}"}"#
      _ = try database.record(body: body)
    }
  }

  private var warning: String {
    #"warning: \#(path): rules[0].when.body.custom.crm: body.custom.crm was always the text "true" in the last 25 records, "#
      + #"your rule says true; write "true""# + "\n"
  }

  @Test func aRuleThatMatchesNothingThatComesIsWarnedOf() throws {
    try fill(25)
    _ = try database.record(bodyGone: true)
    _ = try database.record(source: "other")
    let run = CalledCommand("rules check \(path)", database: database)
    #expect(run.code == .done, "a warning is no problem")
    #expect(run.output.hasPrefix(warning), "\(run.output)\(run.errors)")
    let json = CalledCommand("rules check \(path) --json", database: database).json.first
    #expect(json?["warnings"]?.array?.first?["path"] == .string("rules[0].when.body.custom.crm"))
  }

  @Test func theDatabaseOfTheFileIsLookedAtWhereItIsThere() throws {
    try fill(25)
    #expect(!CalledCommand("rules check \(path)").output.contains("warning"))
    try rules(relay: #""relay": { "database": "\#(database.path)" },"#)
    #expect(CalledCommand("rules check \(path)").output.hasPrefix(warning))
    try rules(relay: #""relay": { "database": "\#(database.path).none" },"#)
    let absent = CalledCommand("rules check \(path)")
    #expect(absent.code == .done)
    #expect(absent.output.hasPrefix("\(path): no problems") && absent.errors == "")
    try rules(relay: #""relay": { "database": "\#(path)" },"#)
    let other = CalledCommand("rules check \(path)")
    #expect(other.code == .done)
    #expect(other.errors.hasPrefix("relay.database was not looked at: "))
    #expect(CalledCommand("rules check \(path) --database \(database.path).none").code == .failed)
  }
}
