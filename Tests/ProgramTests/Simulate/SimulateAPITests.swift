import RelayCore
import Simulator
import Synchronization
import TestSupport
import Testing

@testable import cdrelay

@Suite struct SimulateAPITests {
  /// `simulate api` as it runs, until it is stopped.
  private final class Running: Sendable {
    let lines = Mailbox<String>()
    let isStopped = Atomic(false)
    let code = Mutex<ExitCode?>(nil)

    func start(_ words: String, _ more: [String] = []) -> BackgroundThread {
      let words = ("simulate api --listen 127.0.0.1:0 --json " + words).split(separator: " ").map(String.init) + more
      return BackgroundThread { [self] in
        let surroundings = Surroundings(
          output: Output { [self] bytes in
            for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") { lines.put(String(line)) }
          },
          errors: Output { _ in }, readLine: { nil }, readAll: { [] }, isTerminal: false, environment: [:], user: "ann",
          time: SystemTime(), isInterrupted: { [self] in isStopped.load(ordering: .relaxed) })
        let ended = Program.cdrelay.run(words, surroundings)
        code.withLock { $0 = ended }
      }
    }

    func line() throws -> JSON {
      try JSONParser.parse(try #require(lines.next()))
    }
  }

  @Test func itServesADayPostsItAndPlacesCalls() throws {
    let destination = try ScriptedDestination { _ in .status(200, body: #"{"status":"accepted"}"#) }
    let running = Running()
    let thread = running.start(
      "--calls 30 --seed 7 --from 2025-10-01 --app-id 2222224",
      ["--webhooks", destination.url + "/telecmi", "--callr-webhooks", destination.url + "/callr"])
    let start = try running.line()
    #expect(start["simulator"]?.string?.contains("built from their documents") == true)
    #expect(start["app_id"] == .integer(2_222_224) && start["seed"]?.string == "7" && start["calls"] == .integer(30))
    let port = try Int(#require(start["port"]?.integer))
    let posted = [try running.line(), try running.line()]
    #expect(Set(posted.compactMap { $0["posted"]?.string }) == ["telecmi", "callr"])
    #expect(posted.allSatisfy { $0["counts"]?["refused"] == .integer(0) && $0["counts"]?["calls"] == .integer(30) })
    var account = SimulatedAccount()
    account.appID = 2_222_224
    let day = SimulatedDay(
      seed: 7, calls: 30, from: Instant(milliseconds: 1_759_276_800_000))
    let telecmi = destination.requests.filter { $0.target == "/telecmi" }
    #expect(Set(telecmi.map(\.body)) == Set(SimulatedTraffic(day, .telecmi, account: account).map(\.body)))
    let call = #"{"user_id":"202_2222224","secret":"simulated-secret","to":447700900123}"#
    let answer = try HTTPConnection(port: port).post("/v2/webrtc/click2call", Array(call.utf8))
    let id = try #require(try JSONParser.parse(answer.body)["request_id"]?.string)
    #expect(destination.wait(requests: destination.requests.count + 1))
    #expect(destination.requests.last?.text.contains(id) == true)
    running.isStopped.store(true, ordering: .relaxed)
    thread.join()
    #expect(running.code.withLock { $0 } == .done)
  }

  @Test func whatALineLostIsNotPosted() throws {
    let destination = try ScriptedDestination { _ in .status(200) }
    let running = Running()
    let thread = running.start(
      "--calls 200 --seed 7 --from 2025-10-01 --lose 2025-10-01T10:00:00Z/2025-10-01T12:00:00Z",
      ["--webhooks", destination.url])
    let port = try Int(#require(try running.line()["port"]?.integer))
    let counts = try #require(try running.line()["counts"])
    #expect(counts["not_posted"]?.integer ?? 0 > 0)
    let missing = try JSONParser.parse(try HTTPConnection(port: port).get("/simulator/missing").body)
    let ids = Set(missing["telecmi"]?.array?.compactMap(\.string) ?? [])
    let texts = destination.requests.map(\.text)
    #expect(!ids.isEmpty)
    for call in SimulatedDay(seed: 7, calls: 200, from: Instant(milliseconds: 1_759_276_800_000)).calls {
      let main = call.webhooks(.telecmi, SimulatedAccount()).filter(\.isMain)
      let isThere = main.contains { texts.contains(String(decoding: $0.body, as: UTF8.self)) }
      #expect(isThere != ids.contains(call.mainID), "call \(call.number)")
    }
    running.isStopped.store(true, ordering: .relaxed)
    thread.join()
  }

  @Test func itTellsAPersonWhatItIs() {
    let run = CalledCommand("simulate api --listen 127.0.0.1:0 --calls 5 --seed 7", isInterrupted: true)
    #expect(run.code == .done, "\(run.errors)")
    #expect(run.output.contains("built from their documents") && run.output.contains("x-api-key simulated-api-key"))
    #expect(run.output.contains("A day of 5 calls from 2025-09-30T00:00:00.000Z, seed 7."))
  }
}
