/// As whom and on which way a destination is reached.
struct Connecting {
  var auth: DestinationAuth?
  var tls: TLSSettings?
  var proxy: ProxySettings?

  static let keys = ["auth", "tls", "proxy"]

  /// Notes what is wrong with each of them, and with all together.
  init(
    _ reader: ObjectReader, origin: URLTemplate.Origin?, headers: [RequestTemplate.Header], allowsPrivate: Bool,
    relayProxy: ProxySettings?
  ) {
    auth = reader["auth"].flatMap { DestinationAuth(reading: $0, allowsPrivate: allowsPrivate) }
    tls = reader["tls"].flatMap { TLSSettings(reading: $0) }
    proxy = reader["proxy"].map { ProxySettings.choice($0)?.proxy } ?? relayProxy
    if let name = auth?.headerName, headers.contains(where: { $0.name == name }) {
      reader["auth"]?.problem("sets \(name), which stands in headers too; remove one of them")
    }
    guard let origin else { return }
    if tls != nil, !origin.isTLS, auth?.oauth2 == nil { reader["tls"]?.warning("has no effect: the url is http") }
    guard proxy != nil else { return }
    if !origin.isPrivate, !allowsPrivate {
      (reader["proxy"] ?? reader.node).warning(
        "the proxy looks up \(origin.host) itself, so that nobody sees whether it is a private address; "
          + #"write "allow_private": true if the proxy decides what may be reached"#)
    }
    if origin.isPrivate, reader["proxy"] == nil {
      reader.node.warning(
        #"goes through relay.proxy although its address is private; write "proxy": "none" if it is reached directly"#)
    }
  }
}

extension Destination {
  /// Scheme, host and port of its url; nil where a secret that was not looked up hides them.
  package var originURL: String? {
    request.url.origin.map { $0.text + "/" }
  }

  /// What is out of the ordinary, without secrets: `OAuth 2 by https://id.example.com/token`, `client certificate`,
  /// `through http://proxy.example.com:3128`.
  package var connectingInWords: [String] {
    var words: [String] = []
    if let oauth2 { words.append("OAuth 2 by \(oauth2.url.shown)") }
    if tls?.clientCertificateFile != nil { words.append("client certificate") }
    if tls?.verifies == false { words.append("TLS not verified") }
    if let proxy { words.append("through \(proxy.url)") }
    return words
  }
}
