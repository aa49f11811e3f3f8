/// Where a request that was accepted ends and what its content is, by a second reader that shares no code with the first:
/// it looks for the end of the head, splits it by CRLF and believes only the plainest framing.
struct ReferenceFraming: Equatable {
  let end: Int
  let content: [UInt8]

  init(end: Int, content: [UInt8]) {
    self.end = end
    self.content = content
  }

  /// nil where the bytes from `start` on are not the plainest.
  init?(_ bytes: [UInt8], from start: Int) {
    let first = Self.begins(bytes, [13, 10], at: start) ? start + 2 : start
    guard let headEnd = Self.find([13, 10, 13, 10], in: bytes, from: first) else { return nil }
    let head = bytes[first..<(headEnd + 2)]
    guard let lines = Self.lines(Array(head)), let line = lines.first else { return nil }
    let parts = line.split(separator: 32, omittingEmptySubsequences: false)
    guard parts.count == 3, parts[2].starts(with: "HTTP/1.".utf8) else { return nil }
    var lengths: [[UInt8]] = []
    var codings: [[UInt8]] = []
    for field in lines.dropFirst() {
      guard let colon = field.firstIndex(of: 58) else { return nil }
      let name = field[..<colon].map { $0 | 0x20 }
      let value = field[(colon + 1)...].filter { $0 != 32 && $0 != 9 }
      if name == Array("content-length".utf8) { lengths.append(Array(value)) }
      if name == Array("transfer-encoding".utf8) { codings.append(Array(value)) }
    }
    self.init(bytes, body: headEnd + 4, lengths, codings)
  }

  private init?(_ bytes: [UInt8], body: Int, _ lengths: [[UInt8]], _ codings: [[UInt8]]) {
    if codings.isEmpty {
      let digits = lengths.first ?? [48]
      guard lengths.count <= 1, digits.allSatisfy({ (48...57).contains($0) }),
        let length = Int(String(decoding: digits, as: UTF8.self)), body + length <= bytes.count
      else { return nil }
      end = body + length
      content = Array(bytes[body..<end])
      return
    }
    guard lengths.isEmpty, codings.count == 1, codings[0].map({ $0 | 0x20 }) == Array("chunked".utf8) else {
      return nil
    }
    var place = body
    var read: [UInt8] = []
    while true {
      guard let lineEnd = Self.find([13, 10], in: bytes, from: place) else { return nil }
      let digits = bytes[place..<lineEnd].prefix { "0123456789abcdefABCDEF".utf8.contains($0) }
      guard let size = Int(String(decoding: digits, as: UTF8.self), radix: 16) else { return nil }
      place = lineEnd + 2
      if size == 0 { break }
      guard place + size <= bytes.count, Self.begins(bytes, [13, 10], at: place + size) else { return nil }
      read += bytes[place..<(place + size)]
      place += size + 2
    }
    while !Self.begins(bytes, [13, 10], at: place) {
      guard let lineEnd = Self.find([13, 10], in: bytes, from: place) else { return nil }
      place = lineEnd + 2
    }
    end = place + 2
    content = read
  }

  /// The lines of a head; nil where a CR or LF stands alone, or a byte is zero.
  private static func lines(_ head: [UInt8]) -> [ArraySlice<UInt8>]? {
    var lines: [ArraySlice<UInt8>] = []
    var start = 0
    for (index, byte) in head.enumerated() {
      if byte == 0 { return nil }
      if byte == 13, !(index + 1 < head.count && head[index + 1] == 10) { return nil }
      if byte == 10 {
        guard index > 0, head[index - 1] == 13 else { return nil }
        lines.append(head[start..<(index - 1)])
        start = index + 1
      }
    }
    return lines
  }

  private static func begins(_ bytes: [UInt8], _ text: [UInt8], at place: Int) -> Bool {
    place <= bytes.count && bytes[place...].starts(with: text)
  }

  private static func find(_ text: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
    guard start + text.count <= bytes.count else { return nil }
    return (start...(bytes.count - text.count)).first { bytes[$0] == text[0] && begins(bytes, text, at: $0) }
  }
}
