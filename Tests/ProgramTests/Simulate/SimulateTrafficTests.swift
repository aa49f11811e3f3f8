import Digests
import Foundation
import RelayCore
import Simulator
import TestSupport
import Testing

@testable import cdrelay

@Suite struct SimulateTrafficTests {
  private static let from = "--from 2025-10-01"
  private static let midnight = Instant(milliseconds: 1_759_276_800_000)

  private static func traffic(_ provider: SimulatedProvider, calls: Int, seed: UInt64 = 7) -> [SimulatedWebhook] {
    Array(
      SimulatedTraffic(
        SimulatedDay(seed: seed, calls: calls, from: midnight), provider, account: SimulatedAccount()))
  }

  @Test func aDayIsPostedInTheOrderOfTheTrafficAndCounted() throws {
    let destination = try ScriptedDestination { _ in .status(200, body: #"{"status":"accepted","id":"1"}"#) }
    let run = CalledCommand(
      "simulate telecmi --rate 50 --count 6 --seed 7 \(Self.from) --json",
      [destination.url + "/hooks/telecmi/secret-token"])
    #expect(run.code == .done, "\(run.errors)")
    let expected = Self.traffic(.telecmi, calls: 6)
    #expect(destination.requests.map(\.body) == expected.map(\.body))
    #expect(destination.requests.allSatisfy { $0["content-type"] == "application/json" })
    let counts = try #require(run.json.first)
    #expect(counts["calls"] == .integer(6) && counts["requests"]?.integer == Int64(expected.count))
    #expect(counts["accepted"] == counts["requests"] && counts["refused"] == .integer(0))
    #expect(counts["seed"]?.string == "7" && counts["from"]?.string == "2025-10-01T00:00:00.000Z")
    #expect(run.errors.contains("from the provider's documents") && !run.errors.contains("secret-token"))
  }

  @Test func manyConnectionsPostTheSame() throws {
    let destination = try ScriptedDestination { _ in .status(202, body: #"{"status":"duplicate"}"#) }
    let run = CalledCommand(
      "simulate telecmi --rate 5000 --count 40 --seed 7 \(Self.from)", [destination.url + "/hooks"])
    #expect(run.code == .done, "\(run.errors)")
    #expect(Set(destination.requests.map(\.body)) == Set(Self.traffic(.telecmi, calls: 40).map(\.body)))
    #expect(run.output.contains("40 calls") && run.output.contains("of them known already, 0 refused"))
  }

  @Test func whatIsRefusedIsCountedAndFails() throws {
    let destination = try ScriptedDestination { $0.number % 2 == 0 ? .status(503) : .status(200) }
    let run = CalledCommand("simulate telecmi --rate 1000 --count 5 --seed 7 \(Self.from) --json", [destination.url])
    #expect(run.code == .failed)
    let counts = try #require(run.json.first)
    let requests = try #require(counts["requests"]?.integer)
    #expect(counts["refused"]?.integer == requests / 2 && counts["refusals"]?["503"]?.integer == requests / 2)
  }

  @Test func nobodyAtTheOtherEndIsSaidAfterSomeTries() throws {
    let destination = try ScriptedDestination { _ in .close }
    let run = CalledCommand("simulate telecmi --rate 5000 --count 1000 --seed 7", [destination.url + "/secret"])
    #expect(run.code == .failed)
    #expect(run.errors.hasSuffix("cdrelay: stopped: 127.0.0.1:\(destination.port) does not answer\n"), "\(run.errors)")
    #expect(destination.requests.count < 1000)
  }

  @Test func withoutLiveEventsTheCDRsAreLeft() throws {
    let destination = try ScriptedDestination { _ in .status(200) }
    let run = CalledCommand("simulate telecmi --rate 50 --count 6 --seed 7 --no-live \(Self.from)", [destination.url])
    #expect(run.code == .done, "\(run.errors)")
    #expect(destination.requests.map(\.body) == Self.traffic(.telecmi, calls: 6).filter { !$0.isLive }.map(\.body))
  }

  @Test func callrsAreSignedWhereThereIsASecret() throws {
    let destination = try ScriptedDestination { _ in .status(200) }
    let run = CalledCommand(
      "simulate callr --rate 50 --count 5 --seed 7 --secret s3cret --token t0ken \(Self.from)", [destination.url])
    #expect(run.code == .done, "\(run.errors)")
    #expect(destination.requests.map(\.body) == Self.traffic(.callr(.mixed), calls: 5).map(\.body))
    for request in destination.requests {
      let code = HMAC<SHA256>.authenticate(request.body, key: Array("s3cret".utf8))
      #expect(request["x-callr-hmacsignature"] == Base64.encode(code) && request["authorization"] == "Bearer t0ken")
    }
  }

  @Test func theCallsAreWrittenForATest() throws {
    let folder = try TemporaryFolder()
    let file = folder.file("calls.jsonl")
    let destination = try ScriptedDestination { _ in .status(200) }
    // The second half of the day is lost.
    let run = CalledCommand(
      "simulate telecmi --rate 5000 --count 60 --seed 7 \(Self.from) --lose 2025-10-01T12:00:00Z/2025-10-03T00:00:00Z",
      [destination.url, "--out", file])
    #expect(run.code == .done, "\(run.errors)")
    let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").map {
      try JSONParser.parse(String($0))
    }
    let day = SimulatedDay(seed: 7, calls: 60, from: Self.midnight)
    #expect(lines.compactMap { $0["id"]?.string } == day.calls.map(\.mainID))
    let noon = Self.midnight + SimulatedDay.milliseconds / 2
    let missing = day.missing(.telecmi, lost: noon..<(Self.midnight + 2 * SimulatedDay.milliseconds))
    #expect(lines.filter { $0["is_missing"] == .bool(true) }.compactMap { $0["id"]?.string } == missing.map(\.mainID))
    #expect(!missing.isEmpty && missing.count < 60)
    #expect(lines.allSatisfy { $0["requests"]?.integer != 0 || $0["not_posted"]?.integer != 0 })
  }

  @Test func wrongUsageIsSaid() {
    let cases = [
      ("simulate telecmi ftp://x", "expected a URL that begins with http:// or https://, found another"),
      ("simulate telecmi http://x --seed x", "--seed: expected a whole number from 0, found x"),
      ("simulate telecmi http://x --count 200001", "--count: at most 200,000 calls, found 200001"),
      ("simulate telecmi http://x --rate 0", "--rate: expected calls a second, above 0 and at most 100000, found 0"),
      ("simulate telecmi http://x --product pbx", "--product: expected mixed, chub, chub_india, piopiy, found pbx"),
      ("simulate callr http://x --form x", "--form: expected webhook, push, v1, mixed, found x"),
      ("simulate api --listen 8090", "--listen: 8090: expected an address and a port from 0 to 65535"),
      ("simulate", "simulate needs a command: telecmi, callr, api"),
    ]
    for (words, sentence) in cases {
      let run = CalledCommand(words)
      #expect(run.code == .usage && run.errors.contains(sentence), "\(words): \(run.errors)")
    }
    let lose = CalledCommand("simulate telecmi http://x --lose 2025-10-02/2025-10-01")
    #expect(lose.code == .usage && lose.errors.contains("--lose: expected two moments, the earlier first"))
  }

  @Test func itSaysThatItIsMadeFromDocuments() {
    for command in ["telecmi", "callr", "api"] {
      let help = CalledCommand("simulate \(command) --help").output.split(whereSeparator: \.isWhitespace)
      #expect(help.joined(separator: " ").contains("Built from the providers' documents, not from their systems"))
    }
  }
}
