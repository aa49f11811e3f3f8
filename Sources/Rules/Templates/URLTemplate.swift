import RelayCore

/// A destination's `url`: scheme, host and port are fixed, path and query may hold placeholders.
struct URLTemplate: Sendable, Equatable {
  let template: Template
  /// nil where a secret that was not looked up stands in it.
  let origin: Origin?

  struct Origin: Sendable, Equatable {
    let isTLS: Bool
    /// In lower case, IPv6 without brackets.
    let host: String
    let port: Int?

    /// `https://crm.example.com:8443`.
    var text: String {
      let host = host.contains(":") ? "[\(host)]" : host
      return "\(isTLS ? "https" : "http")://\(host)\(port.map { ":\($0)" } ?? "")"
    }

    /// Whether the host is written as a loopback, private or link-local address. What a name resolves to is seen only when
    /// it is connected to.
    var isPrivate: Bool {
      let name = host.hasSuffix(".") ? String(host.dropLast()) : host
      return name == "localhost" || name.hasSuffix(".localhost") || IPAddress(name)?.isPrivate == true
    }
  }

  /// With secrets hidden and placeholders as written.
  var shown: String {
    template.segments.map { segment in
      switch segment {
      case .literal(let text): text
      case .secret(_, let isUnresolved): isUnresolved ? segment.text : Secret.mask
      case .placeholder(let placeholder): "{{\(placeholder.pathText)}}"
      }
    }.joined()
  }

  /// As it is connected to, where it holds no placeholder.
  var revealed: String { template.segments.map(\.text).joined() }

  /// nil after a problem was noted.
  init?(reading node: Node) {
    guard let text = node.json.string else {
      node.expected("an absolute http or https url", showsFound: false)
      return nil
    }
    guard let template = Template(reading: text, at: node) else { return nil }
    self.template = template
    if template.placeholders.contains(where: { $0.filters.contains(.urlEncode) }) {
      node.warning("url_encode is not needed in a url, where all values are encoded: they would be twice")
    }
    let fixed = template.segments.prefix { if case .placeholder = $0 { false } else { true } }
    let isWhole = fixed.count == template.segments.count
    do throws(Malformed) {
      try Self.checkCharacters(template)
      origin = try Self.origin(of: fixed.map(\.text).joined(), isWhole: isWhole, fixed.contains(where: \.isUnresolved))
    } catch {
      node.problem(error.message)
      return nil
    }
  }

  struct Malformed: Error {
    let message: String
  }

  /// The host of a url without placeholders where it is a private one; nil where it is none, is malformed or holds a secret.
  static func privateHost(of text: String) -> String? {
    guard !text.contains("${"), let origin = try? Self.origin(of: text, isWhole: true, false), origin.isPrivate else {
      return nil
    }
    return origin.host
  }

  static func isPrivate(_ host: String, beside place: String) -> String {
    "\(host) is a loopback, private or link-local address; write \"allow_private\": true beside \(place) if that is meant"
  }

  private static func checkCharacters(_ template: Template) throws(Malformed) {
    for segment in template.segments where !segment.isUnresolved {
      for byte in segment.text.utf8 {
        if byte == UInt8(ascii: "#") { throw Malformed(message: "a url that is sent has no part behind #; remove it") }
        guard byte > 0x20, byte < 0x7F, !"\"<>\\^`{|}".utf8.contains(byte) else {
          throw Malformed(
            message: "holds a character that has to be percent-encoded, such as a space or an accented letter")
        }
      }
    }
  }

  static func origin(of text: String, isWhole: Bool, _ isUnresolved: Bool) throws(Malformed) -> Origin? {
    guard let schemeEnd = text.firstIndex(of: ":"), text[schemeEnd...].hasPrefix("://") else {
      if isUnresolved { return nil }
      throw Malformed(message: "expected an absolute http or https url, found none with \"://\"")
    }
    let scheme = text[..<schemeEnd].lowercased()
    guard scheme == "http" || scheme == "https" || isUnresolved else {
      throw Malformed(message: "expected an http or https url, found one of another kind")
    }
    let rest = text[schemeEnd...].dropFirst(3)
    let authority = rest.prefix { $0 != "/" && $0 != "?" }
    if isUnresolved, authority.isEmpty || authority.contains("$") { return nil }
    guard isWhole || authority.endIndex < rest.endIndex else {
      throw Malformed(message: "a placeholder may stand in the path and the query only; write the host out")
    }
    guard !authority.contains("@") else {
      throw Malformed(message: "holds a user or password before @; send them in headers.authorization")
    }
    let (host, port) = try hostAndPort(authority)
    return Origin(isTLS: scheme == "https", host: host, port: port)
  }

  static func hostAndPort(_ authority: Substring) throws(Malformed) -> (String, Int?) {
    var host = authority
    var portText: Substring?
    if authority.hasPrefix("[") {
      guard let end = authority.firstIndex(of: "]"), let address = IPAddress(authority[..<end].dropFirst()) else {
        throw Malformed(message: "expected an IPv6 address between [ and ]")
      }
      let behind = authority[end...].dropFirst()
      guard behind.isEmpty || behind.hasPrefix(":"), !address.isIPv4 || authority.contains(":") else {
        throw Malformed(message: "expected a port behind the address")
      }
      host = authority[..<end].dropFirst()
      portText = behind.isEmpty ? nil : behind.dropFirst()
    } else if let colon = authority.firstIndex(of: ":") {
      host = authority[..<colon]
      portText = authority[colon...].dropFirst()
    }
    guard !host.isEmpty else { throw Malformed(message: "expected a host behind \"://\"") }
    try checkHost(host)
    guard let portText, !portText.isEmpty else { return (host.lowercased(), nil) }
    guard portText.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = Int(portText),
      (1...65_535).contains(port)
    else { throw Malformed(message: "expected a port from 1 to 65535 behind the host") }
    return (host.lowercased(), port)
  }

  /// A host that ends in a number is an address (WHATWG URL, "ends in a number"): `127.1`, `0x7f000001` and `2130706433`
  /// reach loopback too, so only the usual form is taken.
  private static func checkHost(_ host: Substring) throws(Malformed) {
    if host.contains(":") { return }
    let isPlain = host.utf8.allSatisfy { isLetterOrDigit($0) || "-._".utf8.contains($0) }
    guard isPlain, !host.hasPrefix("."), !host.contains("..") else {
      throw Malformed(message: "expected a host name or an address behind \"://\"")
    }
    let last = host.split(separator: ".").last ?? ""
    let isNumber = last.utf8.allSatisfy { (0x30...0x39).contains($0) } || last.lowercased().hasPrefix("0x")
    if isNumber, IPAddress(host) == nil {
      throw Malformed(message: "expected an IPv4 address in four decimal parts, as in 192.0.2.1")
    }
  }
}

extension Template.Segment {
  /// What stands in the url; a placeholder is nothing here.
  fileprivate var text: String {
    switch self {
    case .literal(let text): text
    case .secret(let secret, _): secret.revealed
    case .placeholder: ""
    }
  }

  fileprivate var isUnresolved: Bool {
    if case .secret(_, isUnresolved: true) = self { true } else { false }
  }
}
