import Foundation
import Glibc
import RelayCore
import Synchronization
import TestSupport
import Testing

/// Good and bad files take turns by rename while records come in: none is lost, none is routed by a mixture of two.
@Suite struct ReloadUnderLoadTests {
  private static let swaps = 100
  private static let perSecond = 2000
  private static let senders = 16

  /// Every second file is bad; the good ones name other destinations each, so that a mixture shows.
  private static func file(_ number: Int, port: Int) -> (text: String, isGood: Bool) {
    let name = number / 2 % 2 == 0 ? "even" : "odd"
    let destinations = ["a", "b", "c"].map {
      #""\#(name)-\#($0)": \#(Workbench.destination(port, #""rate_per_second": 100,"#))"#
    }
    let text = """
      {"sources": {"telecmi": {"provider": "telecmi", "auth": "none"}},
       "destinations": {\(destinations.joined(separator: ","))},
       "rules": [{"name": "\(name) first", "send_to": ["\(name)-a", "\(name)-b"]}, {"name": "\(name) second", "send_to": ["\(name)-c"]}]}
      """
    let isGood = number % 2 == 0
    return (isGood ? text : text.replacing("send_to", with: "sent_to"), isGood)
  }

  @Test func nothingIsLostAndNothingIsMixed() throws {
    let server = try ScriptedDestination { _ in .status(200) }
    let bench = try Workbench(destinations: #""x": \#(Workbench.destination(server.port))"#, sendTo: #"["x"]"#)
    try Self.file(0, port: server.port).text.write(toFile: bench.rules, atomically: true, encoding: .utf8)
    let relay = try bench.start()
    let load = PacedLoad(port: relay.port, senders: Self.senders, perSecond: Self.perSecond)
    let begin = Date()
    var isLastGood = true
    for number in 1...Self.swaps {
      let (text, isGood) = Self.file(number, port: server.port)
      isLastGood = isGood
      let draft = bench.rules + ".draft"
      try text.write(toFile: draft, atomically: false, encoding: .utf8)
      rename(draft, bench.rules)
      kill(relay.pid, SIGHUP)
      // One after the other, so that each is looked at.
      #expect(try bench.wait("SELECT number FROM rules_load", is: Int64(number + 1)))
      #expect(try bench.text("SELECT problems <> '' FROM rules_load") == (isGood ? "0" : "1"))
      guard !isGood, number % 20 == 1 else { continue }
      let status = try JSONParser.parse(CommandRun(["status", "--json", "--database", bench.database]).output)
      #expect(status["rules"]?["refused"] == .bool(true))
      #expect(
        status["rules"]?["problems"]?.array?.first?.string?.contains("unknown key; did you mean send_to?") == true)
    }
    #expect(isLastGood)
    let (count, failures) = load.stop()
    let seconds = Date().timeIntervalSince(begin)
    print("reload under load: \(count) records in \(Int(seconds)) s, \(Self.swaps) swaps")
    #expect(failures == [])
    #expect(try relay.metric(#"cdrelay_rules_reloads_total{result="accepted"}"#) == Self.swaps / 2)
    #expect(try relay.metric(#"cdrelay_rules_reloads_total{result="refused"}"#) == Self.swaps / 2)
    #expect(relay.terminate() == 0)
    #expect(try bench.integer("SELECT count(*) FROM record") == Int64(count))
    // Three deliveries each, all by the version that the record names: odd versions are of the even files.
    #expect(try bench.integer("SELECT count(*) FROM delivery") == Int64(3 * count))
    #expect(
      try bench.integer(
        """
        SELECT count(*) FROM delivery JOIN record ON record.id = delivery.record
        WHERE substr(destination, 1, instr(destination, '-') - 1) <> CASE rules_version % 2 WHEN 1 THEN 'even' ELSE 'odd' END
        """) == 0)
    #expect(
      try bench.integer(
        "SELECT count(*) FROM (SELECT record FROM delivery GROUP BY record HAVING count(DISTINCT destination) <> 3)")
        == 0)
    #expect(try bench.integer("SELECT count(DISTINCT rules_version) FROM record") > 10)
  }
}

/// Senders that together post so many distinct records a second, each on a connection of its own.
private final class PacedLoad: Sendable {
  private struct State {
    var isStopped = false
    var accepted = 0
    var failures: [String] = []
  }

  private let state = Mutex(State())
  private let ended = DispatchGroup()

  init(port: Int, senders: Int, perSecond: Int) {
    for sender in 0..<senders {
      ended.enter()
      Thread { [self] in
        do {
          try run(port, "s\(sender)-", pause: Double(senders) / Double(perSecond))
        } catch {
          state.withLock { $0.failures.append("\(error)") }
        }
        ended.leave()
      }.start()
    }
  }

  /// How many were accepted, and what went wrong.
  func stop() -> (accepted: Int, failures: [String]) {
    state.withLock { $0.isStopped = true }
    ended.wait()
    return state.withLock { ($0.accepted, $0.failures) }
  }

  private func run(_ port: Int, _ prefix: String, pause: Double) throws {
    let connection = try HTTPConnection(port: port)
    let began = Date()
    var number = 0
    while !state.withLock({ $0.isStopped }) {
      let answer = try connection.post("/hooks/telecmi", TeleCMISample.outgoingMissed(id: "\(prefix)\(number)"))
      state.withLock { state in
        if answer.status == 200 { state.accepted += 1 } else { state.failures.append("\(answer.status)") }
      }
      number += 1
      let ahead = began.addingTimeInterval(Double(number) * pause).timeIntervalSinceNow
      if ahead > 0.001 { usleep(UInt32(ahead * 1_000_000)) }
    }
  }
}
