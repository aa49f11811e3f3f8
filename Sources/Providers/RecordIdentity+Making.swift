import Digests
import RelayCore

extension RecordIdentity {
  /// What counts or moves by itself (Callr's `try`, `event_id` and `event_at`; PIOPIY's account `balance`): a change of
  /// these makes no revision.
  static let movingFields: [JSONKey] = ["try", "event_id", "event_at", "balance"]

  init(key: String, time: Instant?, content: JSONView, settings: SourceSettings) {
    var ignored = Self.movingFields
    for key in settings.ignoreChanges { ignored.append(JSONKey(key)) }
    let hash = content.withCanonicalBytes(without: ignored) { SHA256.hash($0, count: 16) }
    self.init(key: key, time: time ?? Instant(milliseconds: 0), content: hash)
  }

  /// The parts with `:` between them, `-` for a missing one. Different parts never give the same key: `:`, `%` and a lone
  /// `-` are percent-encoded. A part above 200 bytes is replaced by its hash, so that a key stays fit for an index.
  static func key(_ parts: String?...) -> String {
    let parts = parts.map { fit($0 ?? "") }
    let length = parts.reduce(parts.count) { $0 + $1.utf8.count }
    return String(unsafeUninitializedCapacity: length) { key in
      var count = 0
      for var part in parts {
        if count > 0 { key.initializeElement(at: count, to: UInt8(ascii: ":")) }
        count += count > 0 ? 1 : 0
        part.withUTF8 { bytes in
          _ = key[count...].initialize(fromContentsOf: bytes)
          count += bytes.count
        }
      }
      return count
    }
  }

  /// Never empty.
  private static func fit(_ part: String) -> String {
    if part.isEmpty { return "-" }
    if part.utf8.count > 200 { return "sha256%" + Hex.encode(SHA256.hash(part.utf8)) }
    if part == "-" { return "%2D" }
    guard part.utf8.contains(where: isSeparating) else { return part }
    return String(decoding: part.utf8.flatMap(escaped), as: UTF8.self)
  }

  private static func isSeparating(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: ":") || byte == UInt8(ascii: "%")
  }

  private static func escaped(_ byte: UInt8) -> [UInt8] {
    switch byte {
    case UInt8(ascii: ":"): Array("%3A".utf8)
    case UInt8(ascii: "%"): Array("%25".utf8)
    default: [byte]
    }
  }
}
