import Digests

extension Destination {
  /// What a request to it, or what fetches its access token, may show to the other side and nobody else may see: every
  /// `${…}` of urls, headers, `auth` and body, the keys that sign, and the like. Access tokens come on top.
  package var sentSecrets: [Secret] {
    let headers = requests.flatMap(\.headers)
    var secrets = requests.flatMap(\.templates).flatMap(\.secrets) + headers.compactMap(\.writtenSecret)
    secrets += headers.flatMap { $0.name == "authorization" ? $0.value.secrets : [] }.compactMap(\.basicPassword)
    secrets += signingKeys.flatMap { key in
      [Base64.encode(key.bytes), String(decoding: key.bytes, as: UTF8.self)].map(Secret.init)
    }
    secrets += [oauth2?.clientSecret, oauth2?.refreshToken, proxy?.password].compactMap { $0 }
    if let user = proxy?.user, let password = proxy?.password {
      secrets.append(Secret(Base64.encode(Array("\(user.revealed):\(password.revealed)".utf8))))
    }
    return secrets
  }
}

extension Template {
  fileprivate var secrets: [Secret] {
    segments.compactMap { if case .secret(let secret, isUnresolved: false) = $0 { secret } else { nil } }
  }
}

extension RequestTemplate.Header {
  /// Of a header that by its name holds a secret, where that was written into the rule file: what stands behind `Bearer`.
  fileprivate var writtenSecret: Secret? {
    guard RequestTemplate.holdsSecrets(name), value.isWrittenOut else { return nil }
    let text = value.segments.map { if case .literal(let text) = $0 { text } else { "" } }.joined()
    return text.split(separator: " ").last.map { Secret(String($0)) }
  }
}

extension Secret {
  /// Of the credentials of basic authentication, which some servers take apart before they show them.
  fileprivate var basicPassword: Secret? {
    guard let text = Base64.decode(revealed).map({ String(decoding: $0, as: UTF8.self) }),
      let colon = text.firstIndex(of: ":")
    else { return nil }
    return Secret(String(text[colon...].dropFirst()))
  }
}
