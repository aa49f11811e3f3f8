import Providers
import TestSupport
import Testing

@Suite struct CSVReaderTests {
  private func read(_ text: String, pieces: Int = .max, limit: Int = 1 << 20) -> [CSVReader.Item] {
    read(Array(text.utf8), pieces: pieces, limit: limit)
  }

  private func read(_ bytes: [UInt8], pieces: Int = .max, limit: Int = 1 << 20) -> [CSVReader.Item] {
    var reader = CSVReader(limit: limit)
    var items: [CSVReader.Item] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      reader.append(Array(rest.prefix(pieces)))
      rest = rest.dropFirst(pieces)
      while let item = reader.next() { items.append(item) }
    }
    reader.finish()
    while let item = reader.next() { items.append(item) }
    return items
  }

  private func rows(_ text: String) -> [[String]] {
    read(text).compactMap { if case .row(_, let cells) = $0 { cells } else { nil } }
  }

  @Test(arguments: [
    // RFC 4180 §2, 1 to 7.
    ("aaa,bbb\r\nzzz,yyy\r\n", [["aaa", "bbb"], ["zzz", "yyy"]]),
    ("aaa,bbb\r\nzzz,yyy", [["aaa", "bbb"], ["zzz", "yyy"]]),
    ("a,b\nc,d\n", [["a", "b"], ["c", "d"]]),
    ("a,b\rc,d\r", [["a", "b"], ["c", "d"]]),
    (" a , b\n", [[" a ", " b"]]),
    ("a,\n,b\n", [["a", ""], ["", "b"]]),
    ("\"aaa\",\"b\r\nbb\",\"c\"\"c\"\n", [["aaa", "b\r\nbb", "c\"c"]]),
    ("\"\",\"\"\n", [["", ""]]),
    ("a,b\"c\n", [["a", "b\"c"]]),
    ("\u{FEFF}a,b\n1,2\n", [["a", "b"], ["1", "2"]]),
    ("a;b,c;d\n1;2;3\n", [["a", "b,c", "d"], ["1", "2", "3"]]),
    ("a\tb\n1\t2,3\n", [["a", "b"], ["1", "2,3"]]),
    ("\"a;x\",b,c\n1,2,3\n", [["a;x", "b", "c"], ["1", "2", "3"]]),
    ("\r\n\n a\n\n\nb\n", [[" a"], ["b"]]),
    ("", []),
  ])
  func rowsAreReadByTheRules(text: String, expected: [[String]]) {
    #expect(rows(text) == expected)
  }

  @Test func aLineLongerThanTheLimitIsOneRowOfWhichTheBeginningIsGiven() {
    for pieces in [7, 64] {
      let items = read("a,b\n" + String(repeating: "x", count: 1000) + "\n3,4\n", pieces: pieces, limit: 100)
      #expect(items.count == 3, "\(pieces)")
      guard case .bad(line: 2, let reason, let text) = items[1] else { return #expect(Bool(false), "\(items[1])") }
      #expect(reason == "longer than 100 bytes")
      #expect(!text.isEmpty && text.allSatisfy { $0 == UInt8(ascii: "x") })
      #expect(items[2] == .row(line: 3, ["3", "4"]))
    }
    let open = read("a,b\n\"" + String(repeating: "x", count: 1000) + "\n3,4\n", pieces: 7, limit: 100)
    #expect(open.count == 3 && open[2] == .row(line: 3, ["3", "4"]))
  }

  @Test func whatIsBrokenIsOneRow() {
    let items = read("a,b\n\"open,2\n3,4\n\"5\"x,6\n7,8\n")
    #expect(
      items == [
        .row(line: 1, ["a", "b"]), .bad(line: 2, reason: "text behind a closing quote", text: Array("\"open,2".utf8)),
        .row(line: 3, ["3", "4"]), .bad(line: 4, reason: "text behind a closing quote", text: Array("\"5\"x,6".utf8)),
        .row(line: 5, ["7", "8"]),
      ])
    #expect(
      read([0x61, 0x2C, 0xE9, 0x0A, 0x62, 0x0A])
        == [
          .bad(line: 1, reason: "not UTF-8: save the file with that encoding", text: [0x61, 0x2C, 0xE9]),
          .row(line: 2, ["b"]),
        ])
    #expect(
      read("a,b\n\"open,2\n3,4\n")
        == [
          .row(line: 1, ["a", "b"]),
          .bad(line: 2, reason: "a quote that is never closed", text: Array("\"open,2".utf8)),
          .row(line: 3, ["3", "4"]),
        ])
    let long = String(repeating: "x", count: 50)
    #expect(read("a,b\n\"\(long)\n1,2\n3,4\n", pieces: 8, limit: 30).last == .row(line: 4, ["3", "4"]))
  }

  @Test func linesCountWhatPeopleSee() {
    let items = read("a,b\r\n\"1\r\n1\",2\r\n\r\n3,4\n5,6\r7,8")
    let lines = items.compactMap { if case .row(let line, _) = $0 { line } else { nil } }
    #expect(lines == [1, 2, 5, 6, 7])
  }

  private static let characters = ["a", "é", "\"", ",", ";", "\t", "\n", "\r", " ", "€"]

  /// Whatever cells there are, written by the rules they are read again, in pieces of any size.
  @Test func anyTableComesBackInAnyPieces() {
    let run = FuzzRun("CDRELAY_FUZZ_CSV", orElse: 100)
    for index in 0..<run.count {
      var random = run.random(of: index)
      let separator = random.pick([",", ";", "\t"])
      let end = random.pick(["\r\n", "\n", "\r"])
      let width = 2 + random.below(4)
      let table = (0..<(1 + random.below(6))).map { row in
        (0..<width).map { column in
          row == 0
            ? "t\(column)"
            : (0..<random.below(5)).map { _ in random.pick(["a", "é", "\"", ",", ";", "\t", "\n", "\r", " ", "€"]) }
              .joined()
        }
      }
      // A row of empty cells alone may be no row for nobody: it has separators.
      let text =
        table.map { cells in
          cells.map { cell in
            let mustQuote =
              cell.unicodeScalars.contains { "\",;\t\r\n".unicodeScalars.contains($0) } || random.below(3) == 0
            return mustQuote ? "\"" + cell.replacing("\"", with: "\"\"") + "\"" : cell
          }.joined(separator: separator)
        }.joined(separator: end) + (random.below(2) == 0 ? end : "")
      for pieces in [Int.max, 1, 1 + random.below(7)] {
        let read = self.read(text, pieces: pieces).map { if case .row(_, let cells) = $0 { cells } else { ["bad"] } }
        #expect(
          read.map { $0.map { Array($0.utf8) } } == table.map { $0.map { Array($0.utf8) } }, "case \(index), \(pieces)")
      }
    }
  }

  /// Whatever bytes there are, nothing is lost of the count of items by the size of the pieces, and the reader ends.
  @Test func anyBytesAreReadTheSameInAnyPieces() {
    let run = FuzzRun("CDRELAY_FUZZ_CSV", orElse: 100)
    for index in 0..<run.count {
      var random = run.random(of: index)
      let bytes = (0..<random.below(40)).map { _ in random.pick(Array("ab\"\",;\r\n".utf8) + [0xC3, 0xEF, 0xBB, 0xBF]) }
      let whole = read(bytes)
      for pieces in [1, 2, 3, 5] { #expect(read(bytes, pieces: pieces) == whole, "case \(index), \(pieces)") }
    }
  }
}
