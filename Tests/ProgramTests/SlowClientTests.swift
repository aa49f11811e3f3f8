import Foundation
import Synchronization
import TestSupport
import Testing

/// Strangers who are slow, silent, many or large, beside an honest sender, through the shipped binary. What this costs in
/// milliseconds is for `Tests/Benchmarks/slow_clients.py` to say: tests run beside other tests.
@Suite(.serialized) struct SlowClientTests {
  private static let head = "POST /hooks/telecmi HTTP/1.1\r\nHost: relay\r\n"

  @Test func aThousandDribblersBesideASender() throws {
    let bench = try Workbench(destinations: #""crm": {"url": "https://crm.example.com/calls", "paused": true}"#)
    let relay = try bench.start()
    let begun = [Self.head.prefix(10), "\(Self.head)Content-Length: 16000\r\n\r\n"].map { Array($0.utf8) }
    let crowd = try Crowd(port: relay.port, count: 1000) { begun[$0 % 2] }
    crowd.dribble()
    let waits = try post(300, to: relay)
    #expect(waits[waits.count * 99 / 100] < 2, "p99 in seconds, with the tests beside it")
    #expect(try relay.metric("cdrelay_http_connections") >= 1000)
    crowd.leave()
    #expect(relay.terminate() == 0)
  }

  @Test func aFloodOfConnectionsDisplacesItself() throws {
    let bench = try Workbench(
      destinations: #""crm": {"url": "https://crm.example.com/calls", "paused": true}"#,
      relay: #"{"limits": {"connections": 100, "connections_per_address": 100000}}"#)
    let relay = try bench.start()
    let kept = try HTTPConnection(port: relay.port)
    #expect(try kept.post("/hooks/telecmi", TeleCMISample.outgoingMissed(id: "first")).status == 200)
    let crowd = try Crowd(port: relay.port, count: 1000) { _ in [] }
    _ = try post(100, to: relay)
    #expect(try kept.post("/hooks/telecmi", TeleCMISample.outgoingMissed(id: "last")).status == 200)
    #expect(try relay.metric(#"cdrelay_http_closed_total{reason="shed"}"#) >= 900)
    #expect(try relay.metric(#"cdrelay_http_refused_total{reason="connections"}"#) == 0)
    #expect(try relay.metric("cdrelay_http_connections") <= 100)
    crowd.leave()
    #expect(relay.terminate() == 0)
    #expect(relay.printed.split(separator: "\n").filter { $0.contains("connections.full") }.count < 3)
  }

  @Test func with256DescriptorsRecordsComeInAndGoOut() throws {
    let destination = try ScriptedDestination { _ in .status(200) }
    let bench = try Workbench(destinations: #""crm": \#(Workbench.destination(destination.port))"#)
    let relay = try bench.start(wrapper: ["sh", "-c", #"ulimit -n 256; exec "$@""#, "sh"])
    let crowd = try Crowd(port: relay.port, count: 600) { _ in [] }
    let waits = try post(100, to: relay)
    #expect(destination.wait(requests: 100))
    crowd.leave()
    _ = waits
    _ = try post(100, to: relay, prefix: "after-")
    #expect(destination.wait(requests: 200))
    #expect(relay.terminate() == 0)
  }

  /// The limit is taken away from under a running relay: as where something else has used all descriptors up.
  @Test func withoutDescriptorsItShedsAndRecoversAndDoesNotSpin() throws {
    let bench = try Workbench(destinations: #""crm": {"url": "https://crm.example.com/calls", "paused": true}"#)
    let relay = try bench.start()
    _ = try post(1, to: relay, prefix: "before-")
    let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(relay.pid)/fd").count
    try run("prlimit", "--pid", "\(relay.pid)", "--nofile=\(open + 3):")
    let crowd = try Crowd(port: relay.port, count: 300) { _ in [] }
    _ = try post(50, to: relay)
    let before = try relay.cpuSeconds()
    let started = Date()
    _ = try post(20, to: relay, prefix: "more-", pause: 0.05)
    let share = (try relay.cpuSeconds() - before) / Date().timeIntervalSince(started)
    #expect(share < 0.5, "of one core, while connections wait that can't be accepted")
    #expect(relay.prints("descriptors.exhausted"))
    try run("prlimit", "--pid", "\(relay.pid)", "--nofile=1024:")
    crowd.leave()
    _ = try post(50, to: relay, prefix: "after-")
    #expect(relay.terminate() == 0)
    #expect(relay.printed.split(separator: "\n").filter { $0.contains("descriptors.exhausted") }.count < 3)
  }

  @Test func heldLargeBodiesTakeBoundedMemory() throws {
    let bench = try Workbench(destinations: #""crm": {"url": "https://crm.example.com/calls", "paused": true}"#)
    let relay = try bench.start()
    let body = Array("\(Self.head)Content-Length: 1048576\r\n\r\n".utf8) + [UInt8](repeating: 0x20, count: 1_048_575)
    let crowd = try Crowd(port: relay.port, count: 300) { _ in body }
    _ = try post(100, to: relay)
    #expect(try relay.metric(#"cdrelay_http_refused_total{reason="buffered_bytes"}"#) >= 200)
    #expect(try relay.metric("cdrelay_http_buffered_bytes") <= 64 << 20)
    let peak = try relay.peakMemory()
    #expect(peak < 192 << 20, "300 MiB were sent")
    crowd.leave()
    #expect(relay.terminate() == 0)
  }

  // MARK: -

  /// Posts one behind the other, each second one on a connection of its own; all must be accepted. The waits in seconds,
  /// the shortest first.
  private func post(
    _ count: Int, to relay: RelayProcess, prefix: String = "id-", pause: Double = 0
  ) throws -> [TimeInterval] {
    var kept: HTTPConnection?
    var waits: [TimeInterval] = []
    for number in 0..<count {
      let started = Date()
      let connection = try (number % 2 == 0 ? nil : kept) ?? HTTPConnection(port: relay.port)
      let answer = try connection.post("/hooks/telecmi", TeleCMISample.outgoingMissed(id: "\(prefix)\(number)"))
      #expect(answer.status == 200, "\(answer.text)")
      waits.append(Date().timeIntervalSince(started))
      kept = connection
      if pause > 0 { usleep(UInt32(pause * 1_000_000)) }
    }
    return waits.sorted()
  }

  private func run(_ arguments: String...) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(arguments)")
  }
}

/// Many connections that begin something and do not end it.
private final class Crowd: Sendable {
  private struct Members: @unchecked Sendable {
    // Sendable because they are touched only inside `withLock`.
    var connections: [HTTPConnection] = []
    var hasLeft = false
  }

  private let members = Mutex(Members())

  /// `begin`: what each sends at first.
  init(port: Int, count: Int, begin: (Int) -> [UInt8]) throws {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    limit.rlim_cur = min(limit.rlim_max, 8192)
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    for number in 0..<count {
      let connection = try HTTPConnection(port: port)
      // Refused or shed already: that is the relay's good right.
      try? connection.send(begin(number))
      members.withLock { $0.connections.append(connection) }
    }
  }

  /// A byte a second on each from now on.
  func dribble() {
    Thread { [self] in
      while members.withLock({ members in
        for connection in members.connections { try? connection.send([0x78]) }
        return !members.hasLeft
      }) { sleep(1) }
    }.start()
  }

  func leave() {
    members.withLock {
      $0.connections = []
      $0.hasLeft = true
    }
  }
}
