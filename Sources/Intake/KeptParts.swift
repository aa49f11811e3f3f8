import HTTPTypes
import Providers
import RelayCore
import Rules

/// What of a request is kept with its record: everything but credentials and what belonged to the connection.
struct KeptParts {
  private let headers: HTTPHeaders
  private let query: FormFields

  init(of unverified: UnverifiedRequest) {
    var headers = HTTPHeaders()
    headers.reserveCapacity(unverified.request.headers.fields.count)
    for field in unverified.request.headers.fields where !Self.isLeftOut(field.name) {
      headers.append(lowercasedName: field.name, field.value)
    }
    self.headers = headers
    var query = unverified.query
    if unverified.source.auth.takesToken { query.fields.removeAll { $0.name == "token" } }
    self.query = query
  }

  func raw(body: [UInt8]) -> RawRecord {
    RawRecord(body: body, contentType: headers["content-type"], headers: headers, query: query)
  }

  /// A record that came by GET: its query as a JSON object.
  func rawOfQuery(provider: Provider) -> RawRecord {
    let body = query.fields.isEmpty ? [] : QueryRecord.body(from: query, provider: provider).bytes
    return RawRecord(body: body, contentType: "application/json", headers: headers, query: query)
  }

  private static func isLeftOut(_ name: String) -> Bool {
    switch name {
    case "authorization", "proxy-authorization", "cookie", "x-webhook-token",
      "host", "connection", "keep-alive", "content-length", "transfer-encoding", "te", "trailer", "upgrade", "expect":
      true
    default: false
    }
  }
}

extension SourceAuth {
  /// Whether a `token` of the query is a credential, and therefore no part of the record.
  fileprivate var takesToken: Bool {
    switch self {
    case .none: false
    case .anyOf(let requirements): requirements.contains { !$0.tokens.isEmpty }
    }
  }
}
