import Digests
import RelayCore

/// Any JSON webhook: an object, a list or a single value. Nothing of it is known, so the call has nothing but the id
/// that the source's `key` names.
enum GenericDecoder {
  static func read(
    _ body: JSONView, of raw: RawRecord, settings: SourceSettings
  ) throws(Unacceptable) -> Record {
    var call = Call()
    var key: String
    if let path = settings.key, !path.isEmpty {
      let id = try identifier(in: body, at: path, settings)
      call.id = id
      key = RecordIdentity.key([id])
    } else {
      // Also what moves by itself counts here: an event that differs from another in nothing but its id is another event.
      key = Hex.encode(
        body.withCanonicalBytes(without: settings.ignoreChanges.map { JSONKey($0) } + [RecordIdentity.fetchedMark]) {
          SHA256.hash($0, count: 16)
        })
    }
    let identity = RecordIdentity(key: key, time: nil, content: body, settings: settings)
    return Record(of: raw, settings: settings, kind: .cdr, call: call, body: body, identity: identity)
  }

  private static func identifier(
    in body: JSONView, at path: [String], _ settings: SourceSettings
  ) throws(Unacceptable) -> String {
    var value: JSONView? = body
    for step in path { value = value.flatMap { self.step($0, step) } }
    let name = path.joined(separator: ".")
    guard let value, value.kind != .null else {
      throw .notARecord(
        "no \(name) in the body: sources.\(settings.name).key says that it identifies a record; send it, or mend key")
    }
    if let text = value.filledText { return text }
    if let flag = value.json.bool { return String(flag) }
    throw .notARecord(
      "\(name) is \(value.string == "" ? "empty" : value.kindInWords): sources.\(settings.name).key needs text or a number "
        + "that identifies a record")
  }

  /// A member of an object by its key, or an element of a list by its position from 0.
  private static func step(_ value: JSONView, _ step: String) -> JSONView? {
    switch value.kind {
    case .object: return value[step]
    case .array:
      let elements = value.elements
      guard let position = JSON.integer(of: step), position >= 0, position < elements.count else { return nil }
      return elements[Int(position)]
    default: return nil
    }
  }
}
