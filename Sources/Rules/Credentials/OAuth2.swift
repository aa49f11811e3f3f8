import RelayCore

/// Where and how the access token of a destination is fetched (RFC 6749): with the client's own credentials (§4.4), or with a
/// refresh token (§6).
package struct OAuth2: Sendable, Equatable {
  /// How the client proves itself to the token endpoint (RFC 6749 §2.3.1).
  package enum ClientAuth: String, Sendable, CaseIterable {
    /// `client_id` and `client_secret` in the form: what most CRMs take.
    case body
    /// HTTP Basic, which the RFC asks every server to take.
    case basic
  }

  package let clientID: Secret
  /// nil for a public client, which has a refresh token.
  package let clientSecret: Secret?
  /// nil: the client's own credentials.
  package let refreshToken: Secret?
  /// Space-separated (RFC 6749 §3.3); nil for the server's default.
  package let scope: String?
  /// Which API the token is for, where the server asks: Auth0, some of Keycloak.
  package let audience: String?
  /// Default body.
  package let clientAuth: ClientAuth
  /// What stands before the token in `authorization`. Default `Bearer`; Zoho wants `Zoho-oauthtoken`.
  package let headerPrefix: String
  /// nil: as the destination.
  package let tls: TLSSettings?

  let url: URLTemplate

  /// Equal for settings that lead to the same tokens. Holds secrets.
  package var identity: [String] {
    [tokenURL, clientID.revealed] + [clientSecret?.revealed, refreshToken?.revealed, scope, audience].map { $0 ?? "" }
  }

  /// As it is connected to.
  package var tokenURL: String { url.revealed }
}

extension OAuth2 {
  static let keys = [
    "token_url", "client_id", "client_secret", "refresh_token", "scope", "audience", "client_auth", "header_prefix",
    "tls",
  ]

  /// nil after a problem.
  init?(reading node: Node, allowsPrivate: Bool) {
    guard let reader = ObjectReader(node, keys: Self.keys, showsFound: false) else { return nil }
    let url = reader.required("token_url", "missing; expected the absolute url where tokens are fetched")
      .flatMap { Self.url($0, allowsPrivate) }
    let clientID = reader.required("client_id", "missing; the server knows the client by it")?.text()
    let refreshToken = reader["refresh_token"]?.text(isSecret: true)
    let clientSecret =
      reader["refresh_token"] == nil
      ? reader.required("client_secret", "missing; only a client with a refresh_token may go without")?.text(
        isSecret: true)
      : reader["client_secret"]?.text(isSecret: true)
    let clientAuth = reader["client_auth"]?.word(ClientAuth.self) ?? .body
    if clientAuth == .basic, reader["client_secret"] == nil, reader["refresh_token"] != nil {
      reader["client_auth"]?.problem("basic needs a client_secret")
    }
    let prefix = reader["header_prefix"].map { $0.text() } ?? ResolvedText("Bearer")
    if let prefix, !isHeaderText(prefix.text) {
      reader["header_prefix"]?.problem("holds a line break or another control character")
    }
    let scope = reader["scope"]?.text()?.text
    let audience = reader["audience"]?.text()?.text
    let tls = reader["tls"].flatMap { TLSSettings(reading: $0) }
    let hasSecret = clientSecret != nil || reader["client_secret"] == nil && refreshToken != nil
    guard let url, let clientID, hasSecret, let prefix, reader.isEnabled else { return nil }
    self.init(
      clientID: Secret(clientID.text), clientSecret: clientSecret.map { Secret($0.text) },
      refreshToken: refreshToken.map { Secret($0.text) }, scope: scope, audience: audience, clientAuth: clientAuth,
      headerPrefix: prefix.text, tls: tls, url: url)
  }

  private static func url(_ node: Node, _ allowsPrivate: Bool) -> URLTemplate? {
    guard let url = URLTemplate(reading: node) else { return nil }
    guard url.template.placeholders.isEmpty else {
      node.problem("one token is fetched for all deliveries, so nothing of a record can stand here")
      return nil
    }
    guard let origin = url.origin else { return url }
    if origin.isPrivate, !allowsPrivate { node.problem(URLTemplate.isPrivate(origin.host, beside: "the destination")) }
    if !origin.isTLS, !origin.isPrivate {
      node.warning("is http: anyone on the way can read the client's secret and the token; use https (RFC 6749 §3.2)")
    }
    return url
  }
}
