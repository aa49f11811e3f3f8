import HTTPTypes
import Providers
import RelayCore
import Rules

/// What of a request is kept with its record: everything but credentials and what belonged to the connection.
struct KeptParts {
  private let headers: HTTPHeaders
  private let query: FormFields

  init(of unverified: UnverifiedRequest) {
    headers = unverified.request.headers.filter { !Self.isLeftOut($0) }
    var query = unverified.query
    if !query.fields.isEmpty, unverified.source.auth.takesToken { query.fields.removeAll { $0.name == "token" } }
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

  /// Credentials, and what belonged to the connection. By length first: most names are compared with one of these, not
  /// with all.
  private static func isLeftOut(_ name: String) -> Bool {
    switch name.utf8.count {
    case 2: name == "te"
    case 4: name == "host"
    case 6: name == "cookie" || name == "expect"
    case 7: name == "trailer" || name == "upgrade"
    case 10: name == "connection" || name == "keep-alive"
    case 13: name == "authorization"
    case 14: name == "content-length"
    case 15: name == "x-webhook-token"
    case 17: name == "transfer-encoding"
    case 19: name == "proxy-authorization"
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
