import DurableQueue
import RelayCore
import TestSupport
import Testing

@Suite struct FindingTests {
  private let database: DatabaseOnDisk
  private let visitor: QueueVisitor

  init() throws {
    database = try DatabaseOnDisk()
    visitor = try QueueVisitor(path: database.path)
  }

  private func records(_ what: String, _ set: (inout RecordFilter) -> Void = { _ in }) throws -> [Identifier] {
    var filter = RecordFilter()
    set(&filter)
    return try visitor.find(what, filter).records.map(\.id)
  }

  @Test func anyIdFindsTheWholeCall() throws {
    let legA = try database.record(callID: "leg-a", from: "33639980042", at: database.now + -2000)
    let legB = try database.record(callID: "leg-b", at: database.now + -1000)
    let revision = try database.record(at: database.now)
    let other = try database.record(callID: "another")
    let delivery = try database.delivery(of: legB, .dead)
    try database.execute(
      """
      UPDATE record SET conversation_id = 'conv' WHERE id IN (\(legA), \(legB));
      UPDATE record SET request_id = 'click-1' WHERE id = \(legA);
      UPDATE record SET dedup_key = (SELECT dedup_key FROM record WHERE id = \(legA)), revision = 1,
        content_hash = x'00000000000000000000000000000001' WHERE id = \(revision)
      """)
    for what in [legA.description, "leg-a", "conv", "click-1", "+33 6 39 98 00 42", "0639980042"] {
      #expect(try records(what) == [legA, legB, revision], "\(what)")
    }
    for what in [delivery.description, "leg-b"] { #expect(try records(what) == [legA, legB], "\(what)") }
    #expect(try records("another") == [other])
    #expect(try records("leg") == [])
    #expect(try visitor.find("nothing").isEmpty)
  }

  @Test func onlyTheTimeAndSourceAskedForAreShown() throws {
    let old = try database.record(callID: "c1", at: database.now + -60_000)
    let new = try database.record(source: "callr", callID: "c1")
    #expect(try records("c1") == [old, new])
    #expect(try records("c1") { $0.since = database.now } == [new])
    #expect(try records("c1") { $0.until = database.now } == [old])
    #expect(try records("c1") { $0.sources = ["callr"] } == [new])
  }

  @Test func requestsThatWereKeptBelongToTheStory() throws {
    let body = #"{"cmiuuid":"16132200-57fa","from":33639980042}"#
    let kept = try database.quarantined(body: body)
    let stranger = try database.refused(body: body)
    _ = try database.quarantined(body: #"{"cmiuuid":"another"}"#)
    for what in ["16132200-57fa", "+33 6 39 98 00 42"] {
      let found = try visitor.find(what)
      #expect(found.quarantined.map(\.id) == [kept])
      #expect(found.refused.map(\.id) == [stranger])
      #expect(found.records.isEmpty)
    }
    #expect(try visitor.find(kept.description).quarantined.map(\.id) == [kept])
    let record = try database.record(callID: "c1")
    try database.execute(
      "UPDATE quarantine SET state = 'replayed', record = \(record), settled_at_ms = 1 WHERE id = \(kept)")
    #expect(try visitor.find("c1").quarantined.map(\.id) == [kept])
  }

  @Test func actionsAreFoundByMomentAndByName() throws {
    let id = try database.delivery(.dead)
    func act(_ command: String, at: Int64) throws {
      let action = Action(at: database.now + at, user: "ann", command: command, reason: "why")
      _ = try visitor.change(.replay, ids: [id], action: action)
      try database.execute("UPDATE delivery SET state = 'dead', next_attempt_at_ms = NULL, settled_at_ms = 1")
    }
    try act("replay \(id)", at: 1)
    try act("replay --state dead", at: 2)
    try act("replay 9\(id)", at: 3)
    #expect(
      try visitor.actions(at: [database.now + 2], naming: [id]).map(\.command) == [
        "replay \(id)", "replay --state dead",
      ])
    #expect(try visitor.actions(at: [], naming: [Identifier(5)]).isEmpty)
  }
}
