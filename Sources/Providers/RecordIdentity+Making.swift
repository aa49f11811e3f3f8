import Digests
import RelayCore

extension RecordIdentity {
  /// What counts or moves by itself (Callr's `try`, `event_id` and `event_at`; PIOPIY's account `balance`): a change of
  /// these makes no revision.
  static let movingFields = ["try", "event_id", "event_at", "balance"]

  init(key: String, time: Instant?, content: JSON, settings: SourceSettings) {
    let bytes = content.canonicalBytes(without: settings.ignoreChanges + Self.movingFields)
    self.init(key: key, time: time ?? Instant(milliseconds: 0), content: Array(SHA256.hash(bytes).prefix(16)))
  }

  /// The parts with `:` between them, `-` for a missing one. Different parts never give the same key: `:`, `%` and a lone
  /// `-` are percent-encoded. A part above 200 bytes is replaced by its hash, so that a key stays fit for an index.
  static func key(_ parts: String?...) -> String {
    var key = ""
    for (index, part) in parts.enumerated() {
      if index > 0 { key += ":" }
      append(part, to: &key)
    }
    return key
  }

  private static func append(_ part: String?, to key: inout String) {
    guard let part, !part.isEmpty else {
      key += "-"
      return
    }
    if part.utf8.count > 200 {
      key += "sha256%" + Hex.encode(SHA256.hash(part.utf8))
    } else if part == "-" || part.utf8.contains(where: { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "%") }) {
      key += escaped(part)
    } else {
      key += part
    }
  }

  private static func escaped(_ part: String) -> String {
    var out: [UInt8] = []
    for byte in part.utf8 {
      switch byte {
      case UInt8(ascii: ":"): out += "%3A".utf8
      case UInt8(ascii: "%"): out += "%25".utf8
      case UInt8(ascii: "-") where part.utf8.count == 1: out += "%2D".utf8
      default: out.append(byte)
      }
    }
    return String(decoding: out, as: UTF8.self)
  }
}
