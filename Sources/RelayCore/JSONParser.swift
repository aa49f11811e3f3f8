/// Why a text is not JSON, and where.
package struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The byte at which reading stopped, from 0.
  package let offset: Int
  package let reason: String

  package var description: String { "\(reason) at byte \(offset)" }
}

/// Reads a whole text into a value; see `JSONScanner` for what is refused.
package enum JSONParser {
  /// Levels of objects and lists inside each other.
  package static let defaultDepth = 64

  /// `zeroLedNumbersAreText`: reads digits behind a needless zero (`04471000000`), which the grammar refuses, as text.
  package static func parse(
    _ bytes: [UInt8], depth: Int = defaultDepth, zeroLedNumbersAreText: Bool = false
  ) throws(JSONError) -> JSON {
    try JSONDocument(bytes, depth: depth, zeroLedNumbersAreText: zeroLedNumbersAreText).root.json
  }

  package static func parse(_ text: String, depth: Int = defaultDepth) throws(JSONError) -> JSON {
    try parse(Array(text.utf8), depth: depth)
  }
}
