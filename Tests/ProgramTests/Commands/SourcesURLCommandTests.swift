import Foundation
import RelayCore
import TestSupport
import Testing

@testable import cdrelay

/// What a person pastes into a provider's dashboard.
@Suite struct SourcesURLCommandTests {
  private let folder: TemporaryFolder
  private let path: String
  private static let secrets = ["T": "tok/en of 24 characters", "T2": "old", "S": "hmac-secret", "C": "push-token"]

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("rules.json")
    let text = """
      { "relay": { "proxy": "http://ann:${NOT_THERE}@proxy.example.com:3128" },
        "sources": {
          "telecmi": { "provider": "telecmi", "auth": { "token": ["${T}", "${T2}"] } },
          "callr": { "provider": "callr", "auth": { "any_of": [ { "hmac": { "secret": "${S}" } }, { "token": "${C}" } ] } },
          "pbx": { "provider": "generic", "enabled": false,
            "auth": { "basic": { "user": "u", "password": "${S}" }, "hmac": { "secret": "${S}", "header": "X-Sig", "encoding": "hex" },
                      "allow_from": ["10.1.0.0/16"] } },
          "open": { "provider": "telecmi", "auth": "none" } },
        "destinations": { "crm": { "url": "https://crm.example.com/", "auth": { "bearer": "${NOT_THERE}" } } } }
      """
    try text.write(toFile: path, atomically: true, encoding: .utf8)
  }

  private func call(_ words: String, _ secrets: [String: String] = secrets) -> CalledCommand {
    CalledCommand("sources url --rules \(path) \(words)", environment: secrets)
  }

  @Test func aTokenStandsInTheAddressAndIsSaidToBeASecret() {
    let run = call("telecmi --base https://relay.example.com/")
    #expect(run.code == .done)
    let lines = run.output.split(separator: "\n").map(String.init)
    #expect(lines.first == "https://relay.example.com/hooks/telecmi/tok%2Fen%20of%2024%20characters")
    #expect(lines.contains { $0.contains("live events; method POST") })
    #expect(!run.output.contains("old"))
    #expect(
      run.errors
        == "this holds a secret of telecmi: whoever has it can post records; enter it at the provider only\n")
  }

  @Test func callrHasTwoWays() throws {
    let run = call("callr --base https://relay.example.com --json")
    let ways = try #require(run.json.first?["ways"]?.array)
    #expect(ways.map { $0["url"]?.string } == Array(repeating: "https://relay.example.com/hooks/callr", count: 2))
    #expect(ways[0]["settings"] == .object(["hmac_secret": .string("hmac-secret"), "hmac_algo": .string("SHA256")]))
    #expect(ways[0]["headers"] == .object([:]))
    #expect(ways[1]["headers"] == .object(["Authorization": .string("Bearer push-token")]))
    #expect(ways[1]["steps"]?.array?.first?.string?.contains("JSON.stringify(call.cdr)") == true)
    #expect(run.output.split(separator: "\n").count == 1)
    #expect(call("callr").output.contains("\nOr:\nhttps://your.host/hooks/callr\n"))
  }

  @Test func whatADisabledGenericSourceWants() {
    let run = call("pbx")
    #expect(run.code == .done)
    for line in [
      "user: u", "password: hmac-secret", "secret: hmac-secret", "algorithm: SHA256", "header: x-sig", "encoding: hex",
    ] {
      #expect(run.output.contains("  \(line)\n"))
    }
    #expect(run.output.contains("  Requests are taken from 10.1.0.0/16 only; others are answered 403.\n"))
    #expect(run.errors.contains("pbx is disabled: requests there are answered 404\n"))
    #expect(run.errors.contains("in place of https://your.host, or give --base\n"))
  }

  @Test func anOpenSourceIsSaidToBeOpen() {
    let run = call("open --base http://10.0.0.1:8080")
    #expect(run.output.hasPrefix("http://10.0.0.1:8080/hooks/open\n"))
    #expect(run.errors.contains("open has no authentication: anyone may post records there\n"))
    #expect(run.errors.contains("http: everybody on the way can read"))
    #expect(!run.errors.contains("holds a secret"))
  }

  @Test func whatIsWrongIsSaid() {
    #expect(call("telcmi").errors == "cdrelay: \(path): no source telcmi: did you mean telecmi?\n")
    #expect(
      call("telecmi", [:]).errors.hasPrefix(
        "cdrelay: \(path): sources.telecmi.auth.token[0]: secret T is not in the environment"))
    for base in ["relay.example.com", "https://", "https://a@b", "https://a/?b", "ftp://a"] {
      let run = call("telecmi --base \(base)")
      #expect(run.code == .usage)
      #expect(
        run.errors.hasPrefix("cdrelay: --base: expected an address such as https://relay.example.com, found \(base)\n"))
    }
  }
}
