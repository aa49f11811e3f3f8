import DurableQueue
import RelayCore
import TestSupport
import Testing

@testable import cdrelay

/// What somebody sees who watches what comes in.
@Suite struct TailCommandTests {
  private static let body = #"""
    {"type":"cdr","cmiuuid":"c1","appid":1,"status":"missed","direction":"inbound","from":33639980042,"to":33199001234,"time":1}
    """#
  /// The rows of these tests have ids of that time.
  private static let allOfIt = "--since 2025-01-01T00:00:00Z"

  private func tail(_ words: String, _ database: DatabaseOnDisk) -> CalledCommand {
    CalledCommand("tail \(words)", database: database, isInterrupted: true)
  }

  @Test func aRecordIsALineWithWhereItGoes() throws {
    let database = try DatabaseOnDisk()
    let routed = try database.record(callID: "c1", from: "33639980042", to: "33199001234", body: Self.body)
    try database.delivery(of: routed, to: "crm", .waiting)
    try database.delivery(of: routed, to: "archive", .delivered)
    let lost = try database.record(source: "pbx", provider: .generic, unrouted: true)
    let run = tail(Self.allOfIt, database)
    #expect(run.code == .done && run.errors.isEmpty)
    let at = database.now.rfc3339
    #expect(
      run.output == """
        \(at)  telecmi  cdr call inbound missed  *******0042 → *******1234  call c1  record \(routed)  to crm, archive
        \(at)  pbx  cdr  record \(lost)  unrouted: no rule matched

        """)
    let json = tail("\(Self.allOfIt) --json --source telecmi", database).json
    #expect(json.count == 1 && json[0]["event"] == .string("record") && json[0]["role"] == .string("call"))
    #expect(json[0]["from"] == .string("*******0042"))
    #expect(json[0]["destinations"] == .array([.string("crm"), .string("archive")]))
  }

  /// TeleCMI's missed calls name the number that was called as `virtual_number` only.
  @Test func ourNumberStandsWhereTheRecordHasNoOther() throws {
    let database = try DatabaseOnDisk()
    let body = #"""
      {"type":"cdr","cmiuuid":"c1","appid":1,"status":"missed","direction":"inbound","from":33639980042,
       "virtual_number":33199001234,"time":1}
      """#
    _ = try database.record(from: "33639980042", body: body)
    #expect(tail(Self.allOfIt, database).output.contains("  *******0042 → *******1234  "))
    #expect(tail("\(Self.allOfIt) --json", database).json.first?["to"] == .string("*******1234"))
  }

  @Test func whatMadeNoRecordIsToldWithTheReason() throws {
    let database = try DatabaseOnDisk()
    let kept = try database.quarantined(body: "{}")
    let refused = try database.refused(body: "{}")
    let at = database.now.rfc3339
    #expect(
      tail(Self.allOfIt, database).output == """
        \(at)  telecmi  quarantined \(kept)  422: no cmiuuid  from 192.0.2.7  token
        \(at)  telecmi  refused \(refused)  401: no valid credential  from 203.0.113.9  token 00c0ffee

        """)
  }

  @Test func withoutSinceOnlyWhatComesIsShown() throws {
    let database = try DatabaseOnDisk()
    _ = try database.record()
    #expect(tail("", database).output.isEmpty)
    let (seen, next) = try following(database) { _ in
      _ = try database.record(callID: "c2")
    }
    #expect(seen.isEmpty && next.contains("call c2"))
  }

  @Test func duplicatesAndRefusedOnesAreCounted() throws {
    let database = try DatabaseOnDisk()
    func count(_ duplicates: Int, _ refused: Int) throws {
      let hour = database.now.milliseconds - database.now.milliseconds % 3_600_000
      try database.execute(
        """
        INSERT INTO source_hour (source, hour_at_ms, duplicate, refused) VALUES ('telecmi', \(hour), \(duplicates), \(refused))
        ON CONFLICT DO UPDATE SET duplicate = excluded.duplicate, refused = excluded.refused
        """)
    }
    try count(5, 7)
    let (seen, next) = try following(database) { _ in try count(7, 8) }
    #expect(seen.isEmpty)
    #expect(
      next.split(separator: "\n").map { $0.split(separator: "  ").last.map(String.init) } == [
        "2 duplicates of what stands there already",
        "1 request refused without a valid credential, not kept (keep_refused)",
      ])
  }

  @Test func itEndsWithItsReader() throws {
    let database = try DatabaseOnDisk()
    for _ in 1...3 { _ = try database.record() }
    var lines = 0
    let surroundings = Surroundings(
      output: Output { _ in
        lines += 1
        if lines == 2 { throw OutputClosed() }
      }, errors: Output { _ in }, readLine: { nil }, readAll: { [] }, isTerminal: false, environment: [:], user: "ann",
      time: ManualTime())
    let words = "tail \(Self.allOfIt) --database \(database.path)".split(separator: " ").map(String.init)
    #expect(Program.cdrelay.run(words, surroundings) == .done)
    #expect(lines == 2)
  }

  @Test func itEndsWhereNobodyReadsAnyMore() throws {
    let database = try DatabaseOnDisk()
    var surroundings = Surroundings(
      output: Output { _ in }, errors: Output { _ in }, readLine: { nil }, readAll: { [] }, isTerminal: false,
      environment: [:], user: "ann", time: ManualTime())
    surroundings.isOutputClosed = { true }
    #expect(Program.cdrelay.run(["tail", "--database", database.path], surroundings) == .done)
  }

  /// What is seen at once, and behind a change.
  private func following(
    _ database: DatabaseOnDisk, _ change: (Tail) throws -> Void
  ) throws -> (seen: String, next: String) {
    var printed: [UInt8] = []
    let surroundings = Surroundings(
      output: Output { printed += $0 }, errors: Output { _ in }, readLine: { nil }, readAll: { [] }, isTerminal: false,
      environment: [:], user: "ann", time: ManualTime())
    let arguments = try Arguments(["--database", database.path], for: .tail)
    let invocation = Invocation(arguments: arguments, words: ["tail"], surroundings: surroundings)
    let tail = try Tail(invocation, try Visit(invocation), since: nil)
    #expect(try !tail.poll())
    let seen = String(decoding: printed, as: UTF8.self)
    printed = []
    try change(tail)
    #expect(try !tail.poll())
    return (seen, String(decoding: printed, as: UTF8.self))
  }
}
