import Foundation
import TestSupport
import Testing

/// No 200 leaves before the fsync of its commit: read from the system calls that the shipped binary makes.
@Suite struct CommitOrderTests {
  private static let records = 25

  @Test func everyAnswerComesBehindTheSyncOfItsCommit() throws {
    let folder = try TemporaryFolder()
    let rules = folder.file("rules.json")
    try """
    {"sources": {"telecmi": {"provider": "telecmi", "auth": "none"}},
     "destinations": {"crm": {"url": "http://127.0.0.1:9/crm", "paused": true, "allow_private": true}},
     "rules": [{"name": "all", "send_to": ["crm"]}]}
    """.write(toFile: rules, atomically: true, encoding: .utf8)
    let trace = folder.file("trace")
    let calls = "trace=fsync,fdatasync,read,recvfrom,write,writev,sendto,sendmsg,pwrite64"
    let relay = try RelayProcess(
      rules: rules, database: folder.file("cdrelay.db"),
      // -D: the relay stays our child, so that signals reach it and not strace.
      wrapper: ["strace", "-D", "-f", "-yy", "-s", "48", "-o", trace, "-e", calls])
    let connection = try HTTPConnection(port: relay.port)
    for number in 0..<Self.records {
      let answer = try connection.post("/hooks/telecmi", TeleCMISample.outgoingMissed(id: "id-\(number)"))
      #expect(answer.status == 200)
    }
    #expect(relay.terminate() == 0)
    let order = try Self.order(in: trace)
    #expect(order.answers == Self.records)
    #expect(order.answersWithoutSync.isEmpty, "200 before its sync: \(order.answersWithoutSync)")
  }
}

extension CommitOrderTests {
  /// The order in the trace once all answers stand in it: strace, which outlives what it traces, writes them a little later.
  private static func order(in path: String) throws -> SystemCallOrder {
    let end = Date().addingTimeInterval(60)
    let pause = DispatchSemaphore(value: 0)
    var order = SystemCallOrder("")
    while Date() < end, order.answers < records {
      _ = pause.wait(timeout: .now() + 0.02)
      order = SystemCallOrder(try String(contentsOfFile: path, encoding: .utf8))
    }
    return order
  }
}

/// Between a request that was read and its answer there must be a write to the WAL and a sync of it that has returned.
private struct SystemCallOrder {
  private(set) var answers = 0
  private(set) var answersWithoutSync: [String] = []

  private enum Progress {
    case nothing, requestRead, walWritten, walSynced
  }

  init(_ trace: String) {
    var progress = Progress.nothing
    // A call that another thread interrupts is printed in two lines: by thread, what began.
    var begun: [Substring: Substring] = [:]
    for line in trace.split(separator: "\n") {
      let (thread, call) = Self.parts(line)
      if call.hasSuffix("<unfinished ...>") {
        begun[thread] = call
        continue
      }
      let isResumed = call.hasPrefix("<... ")
      let whole = isResumed ? (begun[thread] ?? "") + call : call
      if whole.contains("\"POST /hooks/") {
        progress = .requestRead
      } else if whole.hasPrefix("pwrite64("), whole.contains("-wal"), progress == .requestRead {
        progress = .walWritten
      } else if whole.hasPrefix("fdatasync(") || whole.hasPrefix("fsync("), whole.contains("-wal"),
        call.hasSuffix("= 0"), progress == .walWritten
      {
        progress = .walSynced
      } else if whole.contains("\"HTTP/1.1 200") {
        answers += 1
        if progress != .walSynced { answersWithoutSync.append(String(line)) }
        progress = .nothing
      }
    }
  }

  private static func parts(_ line: Substring) -> (thread: Substring, call: Substring) {
    let thread = line.prefix { $0 != " " }
    return (thread, line.dropFirst(thread.count).drop { $0 == " " })
  }
}
