import Digests
import HTTPTypes
import Outgoing
import Rules

/// Asks a token endpoint for an access token (RFC 6749 §4.4.2, §6).
enum TokenRequest {
  /// Bytes kept of a token endpoint's answer: tokens with many claims, and three of them in one answer, are long.
  static let keptOfAnswer = 65_536

  /// - Parameter refreshToken: nil asks with the client's own credentials.
  static func make(_ oauth2: OAuth2, refreshToken: Secret?, userAgent: String) -> OutgoingRequest {
    var fields: [(String, String)] = [
      ("grant_type", refreshToken == nil ? "client_credentials" : "refresh_token")
    ]
    if let refreshToken { fields.append(("refresh_token", refreshToken.revealed)) }
    if let scope = oauth2.scope { fields.append(("scope", scope)) }
    if let audience = oauth2.audience { fields.append(("audience", audience)) }
    var headers = HTTPHeaders([
      ("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json"), ("user-agent", userAgent),
    ])
    let secret = oauth2.clientSecret?.revealed
    if oauth2.clientAuth == .basic, let secret {
      // RFC 6749 §2.3.1: both are form-encoded before they are joined.
      let user = PercentEncoding.encode(oauth2.clientID.revealed)
      let credentials = Base64.encode(Array("\(user):\(PercentEncoding.encode(secret))".utf8))
      headers.append("authorization", "Basic \(credentials)")
    } else {
      fields.append(("client_id", oauth2.clientID.revealed))
      if let secret { fields.append(("client_secret", secret)) }
    }
    let form = fields.map { "\($0)=\(PercentEncoding.encode($1))" }.joined(separator: "&")
    return OutgoingRequest(method: "POST", url: oauth2.tokenURL, headers: headers, body: Array(form.utf8))
  }
}
