import Digests
import RelayCore

extension RecordIdentity {
  /// What counts or moves by itself (Callr's `try`, `event_id` and `event_at`; PIOPIY's account `balance`): a change of
  /// these makes no revision.
  static let movingFields: [JSONKey] = ["try", "event_id", "event_at", "balance"]

  init(key: String, time: Instant?, content: JSON, settings: SourceSettings) {
    var ignored = Self.movingFields
    for key in settings.ignoreChanges { ignored.append(JSONKey(key)) }
    let hash = SHA256.hash(content.canonicalBytes(without: ignored))
    self.init(key: key, time: time ?? Instant(milliseconds: 0), content: Array(hash[..<16]))
  }

  /// The parts with `:` between them, `-` for a missing one. Different parts never give the same key: `:`, `%` and a lone
  /// `-` are percent-encoded. A part above 200 bytes is replaced by its hash, so that a key stays fit for an index.
  static func key(_ parts: String?...) -> String {
    var key: [UInt8] = []
    key.reserveCapacity(128)
    for (index, part) in parts.enumerated() {
      if index > 0 { key.append(UInt8(ascii: ":")) }
      append(part ?? "", to: &key)
    }
    return String(decoding: key, as: UTF8.self)
  }

  private static func append(_ part: String, to key: inout [UInt8]) {
    var part = part
    part.withUTF8 { bytes in
      if bytes.isEmpty {
        key.append(UInt8(ascii: "-"))
      } else if bytes.count > 200 {
        key.append(contentsOf: "sha256%".utf8)
        key.append(contentsOf: Hex.encode(SHA256.hash(bytes)).utf8)
      } else if bytes.count == 1, bytes[0] == UInt8(ascii: "-") {
        key.append(contentsOf: "%2D".utf8)
      } else if bytes.contains(where: isSeparating) {
        for byte in bytes { appendEscaped(byte, to: &key) }
      } else {
        key.append(contentsOf: bytes)
      }
    }
  }

  private static func isSeparating(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: ":") || byte == UInt8(ascii: "%")
  }

  private static func appendEscaped(_ byte: UInt8, to key: inout [UInt8]) {
    switch byte {
    case UInt8(ascii: ":"): key.append(contentsOf: "%3A".utf8)
    case UInt8(ascii: "%"): key.append(contentsOf: "%25".utf8)
    default: key.append(byte)
    }
  }
}
