import Foundation
import TestSupport
import Testing

@testable import cdrelay

/// A link to a recording, for a person.
@Suite struct RecordingsLinkCommandTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("rules.json")
    let text = """
      { "sources": {
          "telecmi": { "provider": "telecmi", "auth": { "token": "${NOT_THERE}" }, "enabled": false,
            "api": { "secret": "${API}", "app_id": 7 },
            "recordings": { "link_secret": "${LINK}", "public_url": "https://relay.example.com", "expires_after_hours": 1 } },
          "plain": { "provider": "callr", "auth": "none" } },
        "destinations": { "crm": { "url": "https://crm.example.com/", "auth": { "bearer": "${NOT_THERE}" } } } }
      """
    try text.write(toFile: path, atomically: true, encoding: .utf8)
  }

  private func call(
    _ words: String, _ secrets: [String: String] = ["LINK": "0123456789abcdef", "API": "hush"]
  ) -> CalledCommand {
    CalledCommand("recordings link --rules \(path) \(words)", environment: secrets)
  }

  @Test func itPrintsTheLinkAlone() throws {
    let run = call("telecmi a.mp3")
    #expect(run.code == .done)
    #expect(run.errors.isEmpty)
    #expect(run.output.hasPrefix("https://relay.example.com/recordings/telecmi/a.mp3?expires=1759312800&signature="))
    #expect(run.output.split(separator: "\n").count == 1)
    let json = try #require(call("telecmi a.mp3 --json").json.first)
    #expect(json["url"]?.string.map { $0 + "\n" } == run.output)
    #expect(json["expires_at"]?.string == "2025-10-01T10:00:00.000Z")
  }

  @Test func ofItsSecretsOnlyThatOfTheLinkMustBeThere() {
    #expect(call("telecmi a.mp3", ["LINK": "0123456789abcdef"]).code == .done)
    let run = call("telecmi a.mp3", [:])
    #expect(run.code == .failed)
    #expect(run.errors.contains("sources.telecmi.recordings.link_secret: secret LINK is not in the environment"))
  }

  @Test func whatCanNotBeLinkedIsSaid() {
    #expect(call("telecmi ../a").errors.contains("neither a file name nor a URL"))
    #expect(call("plain a.mp3").errors.contains("source plain has no recordings; write \"recordings\" into it"))
    #expect(call("telcmi a.mp3").errors.contains("no source telcmi: did you mean telecmi?"))
    #expect(call("telecmi").code == .usage)
  }
}
