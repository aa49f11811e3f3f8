import HTTPTypes
import Rules

/// A request that names a source of ours. Nothing in it is believed yet: only `Authenticator` makes a `VerifiedRequest` of it.
/// A class, since it is handed from hand to hand with all that the request holds.
final class UnverifiedRequest {
  let source: Source
  let request: HTTPRequest
  /// What stands behind the source's name in the path.
  let pathToken: String?
  let query: FormFields
  /// False where a percent-encoding of the query is broken; what is broken stands in `query` as it was written.
  let isQueryReadable: Bool
  /// The sender's address: of the connection, or what a trusted proxy said.
  let sender: String

  /// Throws 404 where no such source is configured, 405 and 501 for methods that bring no record.
  init(_ request: HTTPRequest, rules: RuleFile) throws(Problem) {
    guard let path = HookPath(request.path) else {
      throw Problem(404, "no such path; records are posted to /hooks/{source}")
    }
    guard let source = rules.source(named: path.source) else {
      throw Problem(404, "no source of this name is configured")
    }
    try Self.checkMethod(request.method)
    self.source = source
    if let text = request.query {
      let query = FormFields(parsing: text)
      self.query = query ?? FormFields(keeping: text)
      isQueryReadable = query != nil
    } else {
      query = FormFields()
      isQueryReadable = true
    }
    pathToken = path.token
    sender = SenderAddress.of(request, trustedProxies: rules.relay.trustedProxies)
    // Its last use here: it is moved, not copied.
    self.request = request
  }

  /// 405 for methods of RFC 9110 §9 that bring no record here, 501 for those that are none of its (RFC 9110 §15.6.2).
  private static func checkMethod(_ method: String) throws(Problem) {
    switch method {
    case "POST", "GET": return
    case "HEAD", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH":
      throw Problem(
        405, "records come by POST, or by GET with the record as the query", headers: [.init("allow", "GET, POST")])
    default:
      throw Problem(501, "this method is not known here; records come by POST or GET")
    }
  }
}
