import Foundation
import RelayCore
import TestSupport
import Testing

/// Alerts of the shipped binary, over a restart.
@Suite struct AlertsTests {
  private func events(_ receiver: ScriptedDestination) -> [String] {
    receiver.requests.map { request in
      let json = try? JSONParser.parse(request.body)
      return
        "\(json?["event"]?.string ?? "?") \(json?["condition"]?.string ?? "?") \(json?["destination"]?.string ?? "?")"
    }
  }

  private func workbench(_ alerts: String, crm: Int) throws -> Workbench {
    let bench = try Workbench(destinations: #""crm": \#(Workbench.destination(crm))"#)
    let rules = try String(contentsOfFile: bench.rules, encoding: .utf8)
    try rules.replacing(#"{"relay": {},"#, with: #"{"relay": {}, "alerts": \#(alerts),"#)
      .write(toFile: bench.rules, atomically: true, encoding: .utf8)
    return bench
  }

  @Test func aDeadLetterIsPostedOnceAlsoOverARestartAndItsEndOnce() throws {
    let crm = try ScriptedDestination { _ in .status(400) }
    let receiver = try ScriptedDestination { $0.number == 1 ? .status(503) : .status(200) }
    let bench = try workbench(
      #"{"url": "http://127.0.0.1:\#(receiver.port)/", "allow_private": true, "least_seconds_between": 0}"#,
      crm: crm.port)
    let first = try bench.start()
    try bench.post(count: 1, to: first)
    // The first try is answered 503 and made again ten seconds later.
    #expect(receiver.wait(requests: 2, seconds: 60))
    #expect(try bench.wait("SELECT count(*) FROM alert", is: 1))
    first.kill9()
    let second = try bench.start()
    try bench.post(count: 1, to: second, prefix: "more-")
    #expect(try bench.wait("SELECT count(*) FROM delivery WHERE state = 'dead'", is: 2))
    second.terminate()
    let closed = try CommandRun(
      ["deliveries", "close", "--state", "dead", "--reason", "known", "--database", bench.database])
    #expect(closed.exitCode == 0, "\(closed.errors)")
    let third = try bench.start()
    #expect(receiver.wait(requests: 3, seconds: 60))
    #expect(try bench.wait("SELECT count(*) FROM alert", is: 0))
    third.terminate()
    #expect(
      events(receiver) == ["begins dead_letters crm", "begins dead_letters crm", "ends dead_letters crm"])
    #expect(try CommandRun(["status", "--problems", "--database", bench.database]).exitCode == 0)
  }

  @Test func aProgramThatHangsStopsNothing() throws {
    let crm = try ScriptedDestination { $0.number == 1 ? .status(400) : .status(200) }
    let bench = try workbench(
      #"{"run": ["/bin/sh", "-c", "cat >> \"$OUT\"; sleep 1000"], "environment": {"OUT": "\#(NSTemporaryDirectory())cdrelay-alert-\#(getpid())"}, "timeout_seconds": 60}"#,
      crm: crm.port)
    let file = "\(NSTemporaryDirectory())cdrelay-alert-\(getpid())"
    defer { unlink(file) }
    let relay = try bench.start()
    try bench.post(count: 1, to: relay)
    #expect(try bench.wait("SELECT count(*) FROM delivery WHERE state = 'dead'", is: 1))
    let end = Date().addingTimeInterval(60)
    let pause = DispatchSemaphore(value: 0)
    while !FileManager.default.fileExists(atPath: file), Date() < end { _ = pause.wait(timeout: .now() + 0.02) }
    #expect(FileManager.default.fileExists(atPath: file))
    // While the program hangs, all else goes on, and the relay ends in time.
    try bench.post(count: 200, to: relay, prefix: "more-")
    #expect(try bench.wait("SELECT count(*) FROM delivery WHERE state = 'delivered'", is: 200))
    let begin = Date()
    #expect(relay.terminate() == 0)
    #expect(Date().timeIntervalSince(begin) < 10)
    #expect(try bench.integer("SELECT count(*) FROM alert") == 0)
  }
}
