import RelayCore

/// One configured downstream URL with its own limits, retries and credentials.
package struct Destination: Sendable, Equatable {
  package enum Method: String, Sendable, CaseIterable {
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"
    /// Sends no body.
    case get = "GET"
  }

  /// What happens to a changed version of a record.
  package enum RevisionPolicy: String, Sendable, CaseIterable {
    case send, skip
  }

  /// How a body is written.
  enum ContentType: String, Sendable, CaseIterable {
    case json, form

    var header: String {
      switch self {
      case .json: "application/json"
      case .form: "application/x-www-form-urlencoded"
      }
    }
  }

  /// In which order deliveries go.
  package enum Order: String, Sendable, CaseIterable {
    /// Each as soon as it can.
    case any
    /// Those of one call in the order of their receipt, each once the one before it is settled.
    case perCall = "per_call"
  }

  package let name: String
  /// Of a delivery that updates nothing.
  package var method: Method { request.method }
  /// Seen by a person: secrets hidden, placeholders as written.
  package var shownURL: String { request.url.shown }
  /// `"paused": true`: takes nothing, its deliveries wait.
  package let isPaused: Bool
  /// False: gets no new deliveries, and those it has wait.
  package let isEnabled: Bool
  package let note: String?
  /// Of a whole attempt. Default 15 s.
  package let timeoutMilliseconds: Int64
  /// Until the connection stands. Default 5 s.
  package let connectTimeoutMilliseconds: Int64
  /// Deliveries being sent at a time, 1 to 1000. Default 8.
  package let maxInFlight: Int
  /// nil, the default, for no limit.
  package let ratePerSecond: Double?
  /// From midnight to midnight in `timeZone`; nil, the default, for no limit.
  package let ratePerDay: Int?
  /// IANA name: that of the `relay` section, or UTC.
  package let timeZone: String
  package let retry: RetryPolicy
  /// What answers mean beyond their status; the first that matches counts. Default none.
  package let answers: [AnswerRule]
  /// May be on loopback or private addresses. Default false.
  package let allowsPrivate: Bool
  /// Default send.
  package let onRevision: RevisionPolicy
  /// Default any; per_call where there is `capture`.
  package let order: Order
  /// One, or two during rotation; empty where requests are not signed.
  package let signingKeys: [SigningKey]
  /// nil where no access token is to be fetched.
  package let oauth2: OAuth2?
  /// nil: the system's CAs, no client certificate.
  package let tls: TLSSettings?
  /// nil: connected to directly.
  package let proxy: ProxySettings?

  /// POST unless it says something else.
  let request: RequestTemplate
  /// Made before a delivery whose request uses `{{lookup}}`; nil, the default, for none.
  package let lookup: Lookup?
  /// What is kept of answers, and the request that uses it; nil, the default, for none.
  package let capture: Capture?
  /// What is taken out of every record before anything is made of it. Default nothing.
  let dropped: DroppedFields

  /// Held by the rule file: paused, switched off, or without a secret.
  package var isHeld: Bool { isPaused || !isEnabled || !missingSecrets.isEmpty }

  /// What a lenient reading did not find: then secrets stand in it as written, and nothing may be sent.
  package var missingSecrets: [RuleProblem] = []

  /// Whether a request can only be rendered from the record as read, not from its bytes alone.
  package let needsRecord: Bool
  /// Whether `{{lookup}}` stands in `request`, and in the update of `capture`.
  let usesLookup: Bool
  let updateUsesLookup: Bool

  /// All that it may send for a record.
  var requests: [RequestTemplate] { [lookup?.request, request, capture?.update].compactMap { $0 } }
}
