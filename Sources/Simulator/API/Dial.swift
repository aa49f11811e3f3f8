import RelayCore

/// A call that the API placed.
package struct Dial: Sendable, Equatable {
  package let at: Instant
  /// The endpoint that was asked.
  package let path: String
  /// What was asked, without secret or token.
  package let request: JSONObject
  package let requestID: String

  var key: String { path + " " + JSON.object(request).text }
}

/// What was dialled, and how often for the same request: a request counts as the same one where all that was asked is
/// the same, an id of the caller's in `extra_params` included.
package struct DialBook: Sendable {
  package private(set) var dials: [Dial] = []
  private var countByKey: [String: Int] = [:]

  /// The oldest are not shown any more beyond it; they still count. 100,000.
  private static let mostKept = 100_000

  mutating func add(_ dial: Dial) {
    countByKey[dial.key, default: 0] += 1
    if dials.count == Self.mostKept { dials.removeFirst(Self.mostKept / 2) }
    dials.append(dial)
  }

  /// Requests that were dialled more than once.
  package var twice: Int { countByKey.values.count { $0 > 1 } }
  package var count: Int { countByKey.values.reduce(0, +) }

  /// `GET /simulator/dials`: each request with its dials, in the order of the first.
  var json: JSON {
    var order: [String] = []
    var grouped: [String: [Dial]] = [:]
    for dial in dials {
      if grouped[dial.key] == nil { order.append(dial.key) }
      grouped[dial.key, default: []].append(dial)
    }
    let requests = order.compactMap { key -> JSON? in
      guard let dials = grouped[key], let first = dials.first else { return nil }
      return .object([
        "path": .string(first.path), "request": .object(first.request),
        "dials": .integer(Int64(countByKey[key] ?? dials.count)),
        "request_ids": .array(dials.map { .string($0.requestID) }), "at": .string(first.at.rfc3339),
      ])
    }
    return .object([
      "dials": .integer(Int64(count)), "dialled_twice": .integer(Int64(twice)), "requests": .array(requests),
    ])
  }
}
