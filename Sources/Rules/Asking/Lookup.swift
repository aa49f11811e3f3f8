import RelayCore

/// A destination's `lookup`: a request that is made before the delivery, and one value of its answer, `{{lookup}}`: the CRM's
/// contact of a phone number.
package struct Lookup: Sendable, Equatable {
  /// What becomes of a delivery where the answer holds no value, or nothing could be asked.
  package enum IfNone: String, Sendable, CaseIterable {
    /// It goes; `{{lookup}}` is missing.
    case send
    /// A person decides. A replay asks again.
    case deadLetter = "dead_letter"
  }

  let request: RequestTemplate
  package let value: AnswerPath
  /// Default send.
  package let ifNone: IfNone
  /// For which an answer is used again; one without a value for `longestMiss` at most. Default an hour.
  package let cacheMilliseconds: Int64

  /// Milliseconds after which it is asked again for what was not there: somebody may have made the contact since.
  package static let longestMiss: Int64 = 60_000

  /// Why a delivery whose destination says `"if_none": "dead_letter"` is one where nothing was asked.
  package static let notMadeInWords = "a value that it requires is missing, and if_none is dead_letter"

  /// Seen by a person: secrets hidden, placeholders as written.
  package var shownURL: String { request.url.shown }
}

extension Lookup {
  static let keys = RequestTemplate.keys + ["value", "if_none", "cache_seconds"]

  /// nil after a problem that leaves no usable one, and where it is switched off.
  init?(reading node: Node, privacy: RequestTemplate.Privacy) {
    let loading = node.loading
    loading.offers = Loading.Offers(isLookup: true)
    guard let reader = ObjectReader(node, keys: Self.keys) else { return nil }
    let request = RequestTemplate(reader, method: .get, privacy: privacy)
    if let request, request.method != .get, request.body == nil {
      reader.node.problem("a \(request.method.rawValue) request that asks for something needs a body")
    }
    let value = reader.required("value", "missing; expected a path into the answer such as \"results.0.id\"")
      .flatMap(AnswerPath.init)
    let ifNone = reader["if_none"]?.word(IfNone.self) ?? .send
    let cache = reader["cache_seconds"]?.seconds(0...86_400) ?? 3_600_000
    guard let request, let value, reader.isEnabled else { return nil }
    self.init(request: request, value: value, ifNone: ifNone, cacheMilliseconds: cache)
  }

  func adding(_ header: RequestTemplate.Header?) -> Lookup {
    Lookup(request: request.adding(header), value: value, ifNone: ifNone, cacheMilliseconds: cacheMilliseconds)
  }
}
