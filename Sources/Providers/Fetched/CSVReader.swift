/// Reads CSV (RFC 4180) piece by piece: rows end with CRLF, LF or CR, fields stand in quotes or not, a quote inside them is
/// two. A byte order mark is dropped, and the separator is the one of `,`, `;` and tab that the first row has most of.
///
/// What is broken is one bad row: the reader goes on with the line behind the one where it began, so that a quote that
/// nobody closed does not take the rest of the file with it.
package struct CSVReader {
  package enum Item: Equatable {
    /// Lines count from 1; a row with line breaks inside has the number of its first.
    case row(line: Int, [String])
    case bad(line: Int, reason: String, text: [UInt8])
  }

  /// Bytes of one row at most. Default 1 MiB.
  private let limit: Int
  /// Bytes of the text that is given of a bad row. What is longer tells a person no more.
  private static let shown = 65_536
  private var bytes: [UInt8] = []
  private var place = 0
  private var line = 1
  private var hasBegun = false
  private var isAtEnd = false
  /// Within a line that was longer than `limit`, of which the beginning was given.
  private var skips = false
  package private(set) var separator: UInt8?

  package init(separator: UInt8? = nil, limit: Int = 1 << 20) {
    self.separator = separator
    self.limit = limit
  }

  package mutating func append(_ more: [UInt8]) {
    if place > 0 {
      bytes.removeFirst(place)
      place = 0
    }
    bytes.append(contentsOf: more)
  }

  /// Nothing comes behind what was appended.
  package mutating func finish() {
    isAtEnd = true
  }

  /// nil where more bytes are needed, or all are read. Empty lines are no rows.
  package mutating func next() -> Item? {
    guard begin() else { return nil }
    while true {
      if skips {
        guard let end = bytes[place...].firstIndex(where: { $0 == 0x0A || $0 == 0x0D }) else {
          place = bytes.count
          return nil
        }
        place = end
        skips = false
      }
      switch Self.row(bytes, from: place, separator ?? UInt8(ascii: ","), isAtEnd: isAtEnd, limit: limit) {
      case .incomplete, .end: return nil
      case .empty(let next): advance(to: next)
      case .row(let fields, let next):
        let first = line
        advance(to: next)
        return .row(line: first, fields)
      case .bad(let reason, let next):
        let item = Item.bad(line: line, reason: reason, text: Self.withoutBreak(bytes[place..<next].prefix(Self.shown)))
        advance(to: next)
        skips = !isAtEnd && bytes[next - 1] != 0x0A && bytes[next - 1] != 0x0D
        return item
      }
    }
  }

  /// True once it is known what the file begins with.
  private mutating func begin() -> Bool {
    guard !hasBegun else { return true }
    guard bytes.count >= 3 || isAtEnd else { return false }
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let start = bytes.starts(with: mark) ? 3 : 0
    if separator == nil {
      guard let found = Self.separator(of: bytes[start...], isAtEnd: isAtEnd, limit: limit) else { return false }
      separator = found
    }
    place = start
    hasBegun = true
    return true
  }

  private static func separator(of bytes: ArraySlice<UInt8>, isAtEnd: Bool, limit: Int) -> UInt8? {
    let candidates = [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t")]
    var counts = [0, 0, 0]
    var isQuoted = false
    for byte in bytes {
      if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
      if isQuoted { continue }
      if byte == 0x0A || byte == 0x0D, counts != [0, 0, 0] { return candidates[best(counts)] }
      if let index = candidates.firstIndex(of: byte) { counts[index] += 1 }
    }
    return isAtEnd || bytes.count > limit ? candidates[best(counts)] : nil
  }

  private static func best(_ counts: [Int]) -> Int {
    counts.indices.max { counts[$0] < counts[$1] || (counts[$0] == counts[$1] && $0 > $1) } ?? 0
  }

  private mutating func advance(to next: Int) {
    var index = place
    while index < next {
      // CR LF is one break.
      if bytes[index] == 0x0A || (bytes[index] == 0x0D && !(index + 1 < bytes.count && bytes[index + 1] == 0x0A)) {
        line += 1
      }
      index += 1
    }
    place = next
  }

  private static func withoutBreak(_ text: ArraySlice<UInt8>) -> [UInt8] {
    Array(text.reversed().drop { $0 == 0x0A || $0 == 0x0D }.reversed())
  }
}

// MARK: - One row

extension CSVReader {
  private enum Step {
    case incomplete, end
    case empty(next: Int)
    case row([String], next: Int)
    case bad(String, next: Int)
  }

  private static func row(
    _ bytes: [UInt8], from start: Int, _ separator: UInt8, isAtEnd: Bool, limit: Int
  ) -> Step {
    bytes.withUnsafeBufferPointer { bytes in
      guard start < bytes.count else { return .end }
      if let next = lineBreak(bytes, at: start, isAtEnd: isAtEnd) { return next < 0 ? .incomplete : .empty(next: next) }
      func broken(_ reason: String) -> Step { bad(reason, bytes, start, isAtEnd: isAtEnd, limit: limit) }
      var fields: [String] = []
      var place = start
      while true {
        let field = Self.field(bytes, at: place, separator)
        place = field.end
        if field.isOpen {
          if isAtEnd || bytes.count - start > limit { return broken("a quote that is never closed") }
          return .incomplete
        }
        // Before anything is held against it: a letter may be cut in two here.
        if place == bytes.count, !isAtEnd {
          return bytes.count - start > limit ? broken("longer than \(limit) bytes") : .incomplete
        }
        guard field.isClean else { return broken("text behind a closing quote") }
        guard let text = field.text else {
          return broken("not UTF-8: save the file with that encoding")
        }
        fields.append(text)
        if place < bytes.count, bytes[place] == separator {
          place += 1
          continue
        }
        guard place < bytes.count else { return .row(fields, next: place) }
        guard let next = lineBreak(bytes, at: place, isAtEnd: isAtEnd) else { return .row(fields, next: place) }
        return next < 0 ? .incomplete : .row(fields, next: next)
      }
    }
  }

  /// Where the line behind a break begins; nil where there is none, -1 where the next byte decides.
  private static func lineBreak(_ bytes: UnsafeBufferPointer<UInt8>, at place: Int, isAtEnd: Bool) -> Int? {
    if bytes[place] == 0x0A { return place + 1 }
    guard bytes[place] == 0x0D else { return nil }
    if place + 1 == bytes.count { return isAtEnd ? place + 1 : -1 }
    return bytes[place + 1] == 0x0A ? place + 2 : place + 1
  }

  private struct Field {
    /// nil where it is not UTF-8.
    var text: String?
    var end: Int
    var isOpen = false
    var isClean = true
  }

  private static func field(_ bytes: UnsafeBufferPointer<UInt8>, at start: Int, _ separator: UInt8) -> Field {
    guard start < bytes.count, bytes[start] == UInt8(ascii: "\"") else {
      var end = start
      while end < bytes.count, bytes[end] != separator, bytes[end] != 0x0A, bytes[end] != 0x0D { end += 1 }
      return Field(text: text(bytes[start..<end]), end: end)
    }
    var place = start + 1
    var content: [UInt8] = []
    while place < bytes.count {
      guard bytes[place] == UInt8(ascii: "\"") else {
        content.append(bytes[place])
        place += 1
        continue
      }
      guard place + 1 < bytes.count, bytes[place + 1] == UInt8(ascii: "\"") else {
        let end = place + 1
        let isClean = end == bytes.count || bytes[end] == separator || bytes[end] == 0x0A || bytes[end] == 0x0D
        return Field(text: text(content[...]), end: end, isClean: isClean)
      }
      content.append(bytes[place])
      place += 2
    }
    return Field(text: nil, end: place, isOpen: true)
  }

  private static func text(_ bytes: some Collection<UInt8>) -> String? {
    String(validating: bytes, as: UTF8.self)
  }

  /// Ends with the line in which it began, once that is there.
  private static func bad(
    _ reason: String, _ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, isAtEnd: Bool, limit: Int
  ) -> Step {
    var end = start
    while end < bytes.count, bytes[end] != 0x0A, bytes[end] != 0x0D { end += 1 }
    guard end < bytes.count else {
      return isAtEnd || bytes.count - start > limit ? .bad(reason, next: end) : .incomplete
    }
    guard let next = lineBreak(bytes, at: end, isAtEnd: isAtEnd), next >= 0 else { return .incomplete }
    return .bad(reason, next: next)
  }
}
