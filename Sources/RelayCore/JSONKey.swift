/// A key to look for, with its head taken once.
package struct JSONKey: Sendable, Hashable, ExpressibleByStringLiteral {
  package let text: String
  let bytes: [UInt8]
  /// See `JSONText.head`.
  let head: UInt64

  package init(_ text: String) {
    self.text = text
    bytes = Array(text.utf8)
    head = bytes.withUnsafeBufferPointer { JSONText.head($0, at: 0, count: $0.count) }
  }

  package init(stringLiteral text: String) {
    self.init(text)
  }

  package static func == (left: JSONKey, right: JSONKey) -> Bool {
    left.bytes == right.bytes
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(bytes)
  }
}

/// A key of up to 24 bytes as a value: comparing two takes no look at their texts.
struct ShortKey: Equatable {
  private let first: UInt64
  private let second: UInt64
  private let third: UInt64
  private let count: UInt64

  static let limit = 24

  /// nil for a longer one.
  @inline(__always)
  init?(_ bytes: UnsafeBufferPointer<UInt8>, at start: Int, count: Int) {
    guard count <= Self.limit else { return nil }
    self.count = UInt64(count)
    first = JSONText.head(bytes, at: start, count: min(count, 8))
    second = count > 8 ? JSONText.head(bytes, at: start + 8, count: min(count - 8, 8)) : 0
    third = count > 16 ? JSONText.head(bytes, at: start + 16, count: count - 16) : 0
  }

  /// A number below 256 that is another for most other keys (Fibonacci hashing).
  var place: Int {
    Int(((first &+ second &* 31 &+ third &* 961 &+ count) &* 0x9E37_79B9_7F4A_7C15) >> 56)
  }
}
