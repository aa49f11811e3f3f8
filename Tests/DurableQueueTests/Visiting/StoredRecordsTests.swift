import DurableQueue
import RelayCore
import TestSupport
import Testing

@Suite struct StoredRecordsTests {
  /// Records of more than two pages, one a minute, the last one now; every tenth without its body.
  private func fill(_ database: DatabaseOnDisk, _ count: Int64) throws -> [Identifier] {
    try database.execute("BEGIN")
    defer { try? database.execute("COMMIT") }
    return try (0..<count).map { number in
      try database.record(
        body: "{\"number\":\(number)}", bodyGone: number % 10 == 0, at: database.now + -(count - 1 - number) * 60_000)
    }
  }

  private func ids(_ visitor: QueueVisitor, since: Instant?, limit: Int = .max) throws -> [Identifier] {
    var ids: [Identifier] = []
    try visitor.forEachStoredRecord(since: since, limit: limit) { ids.append($0.row.id) }
    return ids
  }

  @Test func allComeOnceTheNewestFirst() throws {
    let database = try DatabaseOnDisk()
    let made = try fill(database, 1203)
    let visitor = try QueueVisitor(path: database.path)
    #expect(try ids(visitor, since: nil) == made.reversed())
    #expect(try ids(visitor, since: nil, limit: 501) == made.reversed().prefix(501).map { $0 })
    #expect(try ids(visitor, since: database.now + -(700 * 60_000)) == made.suffix(701).reversed())
    #expect(try ids(visitor, since: database.now + 1) == [])
  }

  @Test func theBodyComesWithIt() throws {
    let database = try DatabaseOnDisk()
    _ = try fill(database, 12)
    let visitor = try QueueVisitor(path: database.path)
    var bodies: [String?] = []
    try visitor.forEachStoredRecord(since: nil, limit: 3) { record in
      bodies.append(record.raw.map { String(decoding: $0.body, as: UTF8.self) })
      let raw = try visitor.raw(ofRecord: record.row.id)
      #expect(raw == record.raw)
    }
    #expect(bodies == ["{\"number\":11}", nil, "{\"number\":9}"])
  }
}
