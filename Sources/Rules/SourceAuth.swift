import RelayCore

/// How a source proves that a request is its own.
package enum SourceAuth: Sendable, Equatable {
  /// `"none"`: anyone who knows the address may post.
  case none
  /// One of these is enough; never empty.
  case anyOf([Requirement])

  /// What is required together; at least one of its parts is present.
  package struct Requirement: Sendable, Equatable {
    /// Any one of them; empty where no token is asked for.
    package var tokens: [Secret] = []
    package var basic: Basic?
    package var hmac: HMACRequirement?
    /// Empty: from everywhere.
    package var allowFrom: [CIDR] = []

    package init() {}
  }

  package struct Basic: Sendable, Equatable {
    package var user: String
    /// One or two.
    package var passwords: [Secret]

    package init(user: String, passwords: [Secret]) {
      self.user = user
      self.passwords = passwords
    }
  }

  /// A keyed hash over the body as sent.
  package struct HMACRequirement: Sendable, Equatable {
    package enum Algorithm: String, Sendable, CaseIterable {
      case sha256, sha512
    }

    package enum Encoding: String, Sendable, CaseIterable {
      case base64, hex
    }

    /// One or two.
    package var secrets: [Secret]
    /// In lower case, as `HTTPHeaders` keeps names.
    package var header: String
    /// Default sha256.
    package var algorithm: Algorithm
    /// Default base64.
    package var encoding: Encoding

    package init(secrets: [Secret], header: String, algorithm: Algorithm = .sha256, encoding: Encoding = .base64) {
      self.secrets = secrets
      self.header = header
      self.algorithm = algorithm
      self.encoding = encoding
    }
  }
}

extension SourceAuth {
  static let missing = """
    missing; write "none" if anyone who knows the address may post, else what is required: token, basic, hmac or allow_from
    """

  static let keys = ["token", "basic", "hmac", "allow_from"]

  init?(reading node: Node, provider: Provider?) {
    if node.json == .string("none") {
      self = .none
      return
    }
    let what = #""none" or an object with token, basic, hmac, allow_from or any_of"#
    guard let object = node.json.object else {
      node.expected(what, showsFound: false)
      return nil
    }
    guard object["any_of"] != nil else {
      guard let requirement = Requirement(reading: node, keys: Self.keys + ["any_of"], provider: provider) else {
        return nil
      }
      self = .anyOf([requirement])
      return
    }
    guard let reader = ObjectReader(node, keys: Self.keys + ["any_of"]), let alternatives = reader["any_of"] else {
      return nil
    }
    for key in Self.keys where object[key] != nil {
      reader[key]?.problem("stands beside any_of; move it into each element of any_of that needs it")
    }
    guard let nodes = alternatives.elements("a list of objects", showsFound: false) else { return nil }
    if nodes.isEmpty { alternatives.expected("at least one object with token, basic, hmac or allow_from") }
    let requirements = nodes.compactMap { element -> Requirement? in
      let isDisabled = element.json["enabled"] == .bool(false)
      let requirement = Requirement(reading: element, keys: Self.keys, provider: provider, isChecked: !isDisabled)
      return isDisabled ? nil : requirement
    }
    if requirements.isEmpty, nodes.contains(where: { $0.json["enabled"] == .bool(false) }) {
      alternatives.problem("nothing is enabled here; \(Self.missing.dropFirst("missing; ".count))")
    }
    guard !requirements.isEmpty, reader.isEnabled else {
      if !reader.isEnabled { node.problem(Self.disabled) }
      return nil
    }
    self = .anyOf(requirements)
  }

  /// Characters below which a token is warned of: 16 random hex digits are 64 bits.
  private static let shortestToken = 16

  static func warnOfShort(_ tokens: [Secret], _ node: Node) {
    guard !node.loading.isUnresolved, tokens.contains(where: { $0.bytes.count < shortestToken }) else { return }
    node.warning(
      "shorter than \(shortestToken) characters, which can be guessed; `openssl rand -hex 16` makes a better one")
  }

  fileprivate static let disabled = #"can't be switched off with enabled; write "auth": "none" instead"#
}

extension SourceAuth.Requirement {
  fileprivate init?(reading node: Node, keys: [String], provider: Provider?, isChecked: Bool = true) {
    let before = node.loading.findings.problems.count
    guard let reader = ObjectReader(node, keys: keys, showsFound: false) else { return nil }
    if isChecked, !reader.isEnabled {
      node.problem(SourceAuth.disabled)
      return nil
    }
    self.init()
    if let token = reader["token"] {
      tokens = token.secrets() ?? []
      SourceAuth.warnOfShort(tokens, token)
    }
    basic = reader["basic"].flatMap(SourceAuth.Basic.init)
    hmac = reader["hmac"].flatMap { SourceAuth.HMACRequirement(reading: $0, provider: provider) }
    if let blocks = reader["allow_from"] { allowFrom = blocks.addressBlocks() ?? [] }
    guard node.loading.findings.problems.count == before else { return nil }
    if tokens.isEmpty, basic == nil, hmac == nil, allowFrom.isEmpty {
      if isChecked { node.problem("requires nothing; \(SourceAuth.missing.dropFirst("missing; ".count))") }
      return nil
    }
  }
}

extension SourceAuth.Basic {
  fileprivate init?(_ node: Node) {
    guard let reader = ObjectReader(node, keys: ["user", "password"], showsFound: false) else { return nil }
    let user = reader.required("user", "missing; basic takes user and password")?.text()?.text
    if let user, user.utf8.contains(UInt8(ascii: ":")) {
      reader["user"]?.problem("a user name of basic authentication holds no colon (RFC 7617 §2)")
    }
    let passwords = reader.required("password", "missing; basic takes user and password")?.secrets()
    guard let user, let passwords, reader.isEnabled else { return nil }
    self.init(user: user, passwords: passwords)
  }
}

extension SourceAuth.HMACRequirement {
  static let keys = ["secret", "header", "algorithm", "encoding"]

  fileprivate init?(reading node: Node, provider: Provider?) {
    guard let reader = ObjectReader(node, keys: Self.keys, showsFound: false) else { return nil }
    let secrets = reader.required("secret", "missing; hmac takes secret, header, algorithm and encoding")?.secrets()
    let algorithm = reader["algorithm"]?.word(Algorithm.self) ?? .sha256
    let encoding = reader["encoding"]?.word(Encoding.self) ?? .base64
    var header = provider == .callr ? "x-callr-hmacsignature" : nil
    if let written = reader["header"] {
      header = written.text("the name of a header")?.text.lowercased()
      if let name = header, !isHeaderName(name) {
        written.expected("the name of a header")
        header = nil
      }
    } else if header == nil, provider != nil {
      _ = reader.required("header", "missing; only callr has a default, name the header that carries the signature")
    }
    guard let secrets, let header, reader.isEnabled else { return nil }
    self.init(secrets: secrets, header: header, algorithm: algorithm, encoding: encoding)
  }
}

/// A token (RFC 9110 §5.6.2).
func isHeaderName(_ text: String) -> Bool {
  !text.isEmpty && text.utf8.allSatisfy { isLetterOrDigit($0) || "!#$%&'*+-.^_`|~".utf8.contains($0) }
}
