import SQLite
import TestSupport
import Testing

@Suite struct RowBufferTests {
  private let folder: TemporaryFolder
  private let database: Connection

  init() throws {
    folder = try TemporaryFolder()
    database = try Connection(path: folder.file("test.db"), mode: .create)
    try database.execute("CREATE TABLE t (a INTEGER, b TEXT, c BLOB) STRICT")
  }

  private func insertAll() throws {
    try database.statement("INSERT INTO t SELECT * FROM new_row").run()
  }

  @Test func rowsAreReadInTheirOrderWithTheirTypes() throws {
    let rows = try database.rowBuffer("new_row", columns: ["a", "b", "c"])
    rows.append(Int64.min)
    rows.append("naïve \u{0}text")
    rows.append([0, 255, 7])
    rows.append(Int64?.none)
    rows.append(String?.none)
    rows.append([UInt8]())
    rows.append(7)
    rows.append(textOf: Array("bytes".utf8))
    rows.append([1])
    try insertAll()
    let row = try database.prepare("SELECT *, typeof(c) FROM t ORDER BY rowid")
    #expect(try row.step())
    #expect(row.integer(0) == .min)
    #expect(row.text(1) == "naïve \u{0}text")
    #expect(row.blob(2) == [0, 255, 7])
    #expect(try row.step())
    #expect(row.isNull(0) && row.isNull(1))
    #expect(row.text(3) == "blob")
    #expect(row.byteCount(2) == 0)
    #expect(try row.step())
    #expect(row.text(1) == "bytes")
    #expect(try !row.step())
  }

  @Test func aStatementReadsWhatIsThereWhenItRuns() throws {
    let rows = try database.rowBuffer("new_row", columns: ["a", "b", "c"])
    #expect(rows.isEmpty)
    try insertAll()
    #expect(try database.integer("SELECT count(*) FROM t") == 0)
    // Far more than it has room for at first.
    for round in 1...3 {
      rows.removeAll()
      for number in 0..<1000 {
        rows.append(number)
        rows.append(String(repeating: "x", count: number))
        rows.append([UInt8](repeating: 7, count: round))
      }
      try insertAll()
    }
    #expect(try database.integer("SELECT count(*) FROM t WHERE length(b) = a") == 3000)
    #expect(try database.integer("SELECT sum(length(c)) FROM t") == 6000)
    rows.removeAll()
    #expect(rows.isEmpty)
    #expect(try database.integer("SELECT count(*) FROM new_row") == 0)
  }

  @Test func rowsAreJoinedWithATable() throws {
    try database.execute("INSERT INTO t VALUES (1, 'one', x'01'), (2, 'two', x'02')")
    let rows = try database.rowBuffer("new_row", columns: ["a", "b", "c"])
    for key in [[UInt8]([9]), [2], [1]] {
      rows.append(0)
      rows.append("")
      rows.append(key)
    }
    let found = try database.prepare(
      "SELECT new_row.rowid, t.b FROM new_row CROSS JOIN t ON t.c = new_row.c")
    var words: [Int64: String] = [:]
    while try found.step() { words[found.integer(0)] = found.text(1) }
    #expect(words == [1: "two", 2: "one"])
  }

  @Test func aNameStandsForOneBuffer() throws {
    let first = try database.rowBuffer("new_row", columns: ["a", "b", "c"])
    #expect(try database.rowBuffer("new_row", columns: ["a", "b", "c"]) === first)
  }
}
