import CCurl

/// What a person is shown of one connection.
package struct ConnectionSight: Sendable, Equatable {
  package struct Certificate: Sendable, Equatable {
    package let subject: String
    package let issuer: String
    /// As OpenSSL says it: `Jan  1 00:00:00 2030 GMT`.
    package let expires: String
  }

  /// Connected to; the proxy's, where there is one. nil where no connection stood.
  package let address: String?
  package let port: Int
  /// `TLSv1.3 / TLS_AES_256_GCM_SHA384`; nil without TLS.
  package let tls: String?
  /// The server's own.
  package let certificate: Certificate?
  /// Milliseconds from the beginning until the name was known, the connection stood, TLS stood, the answer began, all ended.
  /// 0 for what never came to be.
  package let lookedUp: Double
  package let connected: Double
  package let secured: Double
  package let answered: Double
  package let ended: Double
}

extension Transfer {
  /// Keeps what `sight` shows of the next exchange, which ends once it is connected where nothing is to be sent. The reason why
  /// libcurl does not; nil where it does.
  package func watch(connectsOnly: Bool) -> String? {
    let code = cdrelay_exchange_watch(exchange, connectsOnly)
    return code == 0 ? nil : String(cString: curl_easy_strerror(code))
  }

  /// Of the last exchange, which was watched.
  package var sight: ConnectionSight {
    var sight = cdrelay_sight()
    cdrelay_exchange_look(exchange, &sight)
    func text<T>(_ field: T) -> String? {
      let text = withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      return text.isEmpty ? nil : text
    }
    func milliseconds(_ microseconds: Int) -> Double { Double(max(0, microseconds)) / 1000 }
    let certificate = text(sight.subject).map {
      ConnectionSight.Certificate(subject: $0, issuer: text(sight.issuer) ?? "", expires: text(sight.expires) ?? "")
    }
    return ConnectionSight(
      address: text(sight.address), port: Int(sight.port), tls: text(exchange.pointee.tls), certificate: certificate,
      lookedUp: milliseconds(sight.looked_up_us), connected: milliseconds(sight.connected_us),
      secured: milliseconds(sight.secured_us), answered: milliseconds(sight.answered_us),
      ended: milliseconds(sight.ended_us))
  }
}
