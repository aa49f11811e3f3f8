import SQLite
import TestSupport
import Testing

@Suite struct ConnectionTests {
  let folder: TemporaryFolder
  let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("test.db")
  }

  @Test func valuesRoundTrip() throws {
    let database = try Connection(path: path, mode: .create)
    try database.execute("CREATE TABLE t (a, b, c, d, e, f, g)")
    let insert = try database.prepare("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, ?)")
    insert.bind(1, Int64.min)
    insert.bind(2, "naïve \u{0}text")
    insert.bind(3, "")
    insert.bind(4, [0, 255, 7])
    insert.bind(5, [UInt8]())
    insert.bind(6, String?.none)
    insert.bind(7, textOf: Array("bytes".utf8))
    try insert.run()
    let row = try database.prepare("SELECT *, typeof(c), typeof(e), typeof(f), typeof(g) FROM t")
    #expect(try row.step())
    #expect(row.integer(0) == .min)
    #expect(row.text(1) == "naïve \u{0}text")
    #expect(row.optionalText(2) == "")
    #expect(row.blob(3) == [0, 255, 7])
    #expect(row.optionalBlob(4) == [])
    #expect(row.optionalText(5) == nil)
    #expect(row.text(6) == "bytes")
    #expect((7...10).map { row.text($0) } == ["text", "blob", "null", "text"])
    #expect(try !row.step())
  }

  @Test func aLongTextIsBoundWhole() throws {
    let database = try Connection(path: path, mode: .create)
    try database.execute("CREATE TABLE t (a, b, c)")
    let texts = ["short", String(repeating: "x", count: 3000), String(repeating: "y", count: 9000)]
    let insert = try database.prepare("INSERT INTO t VALUES (?, ?, ?)")
    for _ in 0..<3 {
      for (index, text) in texts.enumerated() { insert.bind(Int32(index + 1), text) }
      try insert.run()
    }
    let row = try database.prepare("SELECT * FROM t")
    while try row.step() { #expect((0..<3).map { row.text($0) } == texts) }
  }

  @Test func anErrorNamesTheStatementButNoBoundValue() throws {
    let database = try Connection(path: path, mode: .create)
    try database.execute("CREATE TABLE t (a TEXT UNIQUE)")
    let insert = try database.prepare("INSERT INTO t VALUES (?)")
    insert.bind(1, "secret")
    try insert.run()
    insert.bind(1, "secret")
    let error = #expect(throws: DatabaseError.self) { try insert.run() }
    #expect(error?.isOfTheMachine == false)
    #expect(error?.isTakenIdentifier == false)
    #expect(
      error?.description == "SQLite error 2067 (constraint failed): UNIQUE constraint failed: t.a "
        + "in \"INSERT INTO t VALUES (?)\"")
    // The statement can be used again.
    insert.bind(1, "other")
    try insert.run()
    #expect(try database.integer("SELECT count(*) FROM t") == 2)
  }

  @Test func aTakenIdentifierIsToldFromOtherConstraints() throws {
    let database = try Connection(path: path, mode: .create)
    try database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)")
    let error = #expect(throws: DatabaseError.self) { try database.execute("INSERT INTO t VALUES (1)") }
    #expect(error?.isTakenIdentifier == true)
  }

  @Test func aTransactionThatThrowsLeavesNothing() throws {
    struct Refusal: Error {}
    let database = try Connection(path: path, mode: .create)
    try database.execute("CREATE TABLE t (a)")
    #expect(throws: Refusal.self) {
      try database.transaction {
        try database.execute("INSERT INTO t VALUES (1)")
        throw Refusal()
      }
    }
    #expect(!database.isInTransaction)
    #expect(try database.integer("SELECT count(*) FROM t") == 0)
  }

  @Test func waitingForALockEnds() throws {
    let owner = try Connection(path: path, mode: .create)
    try owner.execute("PRAGMA journal_mode = WAL; CREATE TABLE t (a); BEGIN IMMEDIATE")
    let visitor = try Connection(path: path, mode: .readWrite, busyTimeout: 20)
    let error = #expect(throws: DatabaseError.self) { try visitor.execute("BEGIN IMMEDIATE") }
    #expect(error?.isBusy == true)
    try owner.execute("COMMIT")
    try visitor.execute("BEGIN IMMEDIATE; COMMIT")
  }

  @Test func theLogIsMovedByHand() throws {
    let database = try Connection(path: path, mode: .create)
    try database.execute("PRAGMA journal_mode = WAL")
    try database.checkpointByHand()
    try database.execute("CREATE TABLE t (a)")
    #expect(database.logPages > 0)
    #expect(try database.checkpoint() == 0)
    #expect(database.logPages == 0)
    let reader = try Connection(path: path, mode: .readOnly)
    try reader.execute("BEGIN; SELECT * FROM t")
    try database.execute("INSERT INTO t VALUES (1)")
    try database.execute("INSERT INTO t VALUES (2)")
    // What stands behind the reader's view stays in the log.
    #expect(try database.checkpoint() > 0)
    try reader.execute("COMMIT")
    #expect(try database.checkpoint() == 0)
  }

  @Test func aFileThatIsMissingIsNotMade() {
    let error = #expect(throws: DatabaseError.self) { try Connection(path: path, mode: .readWrite) }
    #expect(error?.isReadOnly == true)
  }
}
