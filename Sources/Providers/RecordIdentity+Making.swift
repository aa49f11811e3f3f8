import Digests
import RelayCore

extension RecordIdentity {
  /// What counts or moves by itself (Callr's `try`, `event_id` and `event_at`; PIOPIY's account `balance`), and where a
  /// record was fetched: a change of these makes no revision.
  static let movingFields: [JSONKey] = ["try", "event_id", "event_at", "balance", fetchedMark]

  static let fetchedMark = JSONKey(FetchedMark.member)

  init(key: String, time: Instant?, content: JSONView, settings: SourceSettings) {
    var ignored = Self.movingFields
    for key in settings.ignoreChanges { ignored.append(JSONKey(key)) }
    let hash = content.withCanonicalBytes(without: ignored) { SHA256.hash($0, count: 16) }
    self.init(key: key, time: time ?? Instant(milliseconds: 0), content: hash)
  }

  /// The parts with `:` between them, `-` for an empty one. Different parts never give the same key: `:`, `%` and a lone
  /// `-` are percent-encoded. A part above 200 bytes is replaced by its hash, so that a key stays fit for an index.
  static func key<let count: Int>(_ parts: InlineArray<count, String>) -> String {
    var capacity = count
    // An escape is three bytes long, a hash shorter than what it replaces.
    for index in parts.indices { capacity += 3 * max(1, parts[index].utf8.count) }
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: capacity) { key in
      var count = 0
      for index in parts.indices {
        if index > 0 { append(UInt8(ascii: ":"), to: key, &count) }
        append(parts[index], to: key, &count)
      }
      return String(decoding: key[..<count], as: UTF8.self)
    }
  }

  private static func append(_ part: String, to key: UnsafeMutableBufferPointer<UInt8>, _ count: inout Int) {
    var part = part
    part.withUTF8 { bytes in
      if bytes.isEmpty {
        append(UInt8(ascii: "-"), to: key, &count)
      } else if bytes.count > 200 {
        for byte in "sha256%".utf8 { append(byte, to: key, &count) }
        for byte in Hex.encode(SHA256.hash(bytes)).utf8 { append(byte, to: key, &count) }
      } else if bytes.count == 1, bytes[0] == UInt8(ascii: "-") {
        for byte in "%2D".utf8 { append(byte, to: key, &count) }
      } else if bytes.contains(where: { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "%") }) {
        for byte in bytes { appendEscaped(byte, to: key, &count) }
      } else {
        count = key[count...].initialize(fromContentsOf: bytes)
      }
    }
  }

  private static func appendEscaped(_ byte: UInt8, to key: UnsafeMutableBufferPointer<UInt8>, _ count: inout Int) {
    switch byte {
    case UInt8(ascii: ":"): for byte in "%3A".utf8 { append(byte, to: key, &count) }
    case UInt8(ascii: "%"): for byte in "%25".utf8 { append(byte, to: key, &count) }
    default: append(byte, to: key, &count)
    }
  }

  @inline(__always)
  private static func append(_ byte: UInt8, to key: UnsafeMutableBufferPointer<UInt8>, _ count: inout Int) {
    key.initializeElement(at: count, to: byte)
    count += 1
  }
}
