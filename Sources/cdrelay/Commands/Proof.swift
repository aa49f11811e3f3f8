import Digests
import DurableQueue
import RelayCore

/// What was found of a call as a JSON file that shows a change: `{"content": …, "sha256": "…"}`. The content is one line,
/// with sorted keys and without spaces, as `jq -cS .content` prints it; the hash is of that line with its newline.
struct Proof {
  let bytes: [UInt8]
  let hash: String

  init(content: JSONObject) {
    let line = JSON.object(content).sorted.bytes + [UInt8(ascii: "\n")]
    hash = Hex.encode(SHA256.hash(line))
    bytes = Array("{\"content\":\n".utf8) + line + Array(",\"sha256\":\"\(hash)\"}\n".utf8)
  }
}

extension JSON {
  /// The keys of every object in the order of their code points.
  fileprivate var sorted: JSON {
    switch self {
    case .array(let elements): .array(elements.map(\.sorted))
    case .object(let object):
      .object(
        JSONObject(
          object.members.sorted { $0.key.unicodeScalars.lexicographicallyPrecedes($1.key.unicodeScalars) }
            .map { JSONObject.Member(key: $0.key, value: $0.value.sorted) }))
    default: self
    }
  }
}

extension CallStory {
  /// The story with bodies and answers byte for byte, and the rules that routed its records.
  func evidence(_ visit: Visit, _ invocation: Invocation) throws -> JSONObject {
    var object = json
    object["format"] = .string("cdrelay proof 1")
    object["program"] = .string("cdrelay \(Program.version)")
    object["made_at"] = .instant(invocation.now)
    object["made_by"] = .string(invocation.surroundings.user)
    object["records"] = .array(records.map { .object($0.evidence) })
    object["quarantine"] = try evidence(quarantined, .quarantine, visit.visitor)
    object["refused"] = try evidence(refused, .refused, visit.visitor)
    let versions = Set(records.map(\.row.rulesVersion)).sorted()
    object["rules"] = .array(try versions.compactMap { try visit.visitor.rules(version: $0)?.evidence })
    return object
  }

  private func evidence(
    _ rows: [KeptRequestRow], _ table: KeptRequestTable, _ visitor: QueueVisitor
  ) throws -> JSON {
    .array(
      try rows.map { row in
        var object = row.json
        try visitor.raw(ofRequest: row.id, in: table)?.add(to: &object)
        return .object(object)
      })
  }
}

extension CallStory.Part {
  fileprivate var evidence: JSONObject {
    var object = json
    object["deliveries"] = .array(
      deliveries.map { delivery, attempts in
        var object = delivery.json
        object["attempt_list"] = .array(attempts.map { .object($0.evidence) })
        return .object(object)
      })
    raw?.add(to: &object)
    return object
  }
}

extension AttemptRow {
  fileprivate var evidence: JSONObject {
    var object = json
    object["response"] = nil
    object["response_base64"] = .text(response.map(Base64.encode))
    return object
  }
}

extension RawRecord {
  fileprivate func add(to object: inout JSONObject) {
    object["content_type"] = .text(contentType)
    object["headers"] = .array(headers.fields.map { .array([.string($0.name), .string($0.value)]) })
    object["query"] = .array(query.fields.map { .array([.string($0.name), .string($0.value)]) })
    object["body_base64"] = .string(Base64.encode(body))
  }
}

extension StoredRules {
  fileprivate var evidence: JSON {
    .object([
      "version": .integer(version), "loaded_at": .instant(loadedAt), "sha256": .string(Hex.encode(hash)),
      "text": .string(text),
    ])
  }
}
