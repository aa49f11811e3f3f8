import Digests
import RelayCore

/// How a destination knows who sends: `auth` of a destination.
enum DestinationAuth: Sendable, Equatable {
  /// A field that holds the secret: `bearer`, `basic` and `header`.
  case header(RequestTemplate.Header)
  /// An access token that is fetched, and fetched again.
  case oauth2(OAuth2)

  /// The field that it sets, in lower case.
  var headerName: String {
    switch self {
    case .header(let header): header.name
    case .oauth2: "authorization"
    }
  }

  var header: RequestTemplate.Header? {
    if case .header(let header) = self { header } else { nil }
  }

  var oauth2: OAuth2? {
    if case .oauth2(let oauth2) = self { oauth2 } else { nil }
  }
}

extension DestinationAuth {
  static let keys = ["bearer", "basic", "header", "oauth2"]

  /// nil after a problem, and where it is switched off.
  init?(reading node: Node, allowsPrivate: Bool) {
    let what = "an object with \(NearestName.list(Self.keys, "or"))"
    guard let reader = ObjectReader(node, keys: Self.keys, what: what, showsFound: false) else { return nil }
    let written = Self.keys.filter { reader[$0] != nil }
    guard written.count < 2 else {
      node.problem("holds \(NearestName.list(written)); a request carries one of them, remove the other")
      return nil
    }
    guard reader.isEnabled else { return nil }
    guard let key = written.first, let value = reader[key] else {
      node.problem("says nothing; expected one of \(NearestName.list(Self.keys))")
      return nil
    }
    let auth: Self? =
      switch key {
      case "bearer": Template(fixed: value, behind: "Bearer ").map { .header(.init(name: "authorization", value: $0)) }
      case "basic": Self.basic(value)
      case "header": Self.header(value)
      default: OAuth2(reading: value, allowsPrivate: allowsPrivate).map { .oauth2($0) }
      }
    guard let auth else { return nil }
    self = auth
  }

  /// RFC 7617 §2: the base64 of `user:password`, both in UTF-8.
  private static func basic(_ node: Node) -> Self? {
    let missing = "missing; basic takes user and password"
    guard let reader = ObjectReader(node, keys: ["user", "password"], showsFound: false) else { return nil }
    let user = reader.required("user", missing)?.text()
    if let user, user.text.utf8.contains(UInt8(ascii: ":")) {
      reader["user"]?.problem("a user name of basic authentication holds no colon (RFC 7617 §2)")
    }
    guard let password = reader.required("password", missing)?.text(isSecret: true), let user, reader.isEnabled else {
      return nil
    }
    let credentials = Base64.encode(Array("\(user.text):\(password.text)".utf8))
    let value = Template(
      segments: [
        .literal("Basic "),
        .secret(Secret(credentials), isUnresolved: user.isUnresolved || password.isUnresolved),
      ], place: node.path.text)
    return .header(.init(name: "authorization", value: value))
  }

  private static func header(_ node: Node) -> Self? {
    let missing = "missing; header takes name and value"
    guard let reader = ObjectReader(node, keys: ["name", "value"], showsFound: false) else { return nil }
    let name = reader.required("name", missing)?.text("the name of a header")?.text.lowercased()
    if let name, !isHeaderName(name) {
      reader["name"]?.expected("the name of a header")
      return nil
    }
    if let name, RequestTemplate.ownHeaders.contains(name) {
      reader["name"]?.problem("is set by the relay itself; expected another header")
      return nil
    }
    let value = reader.required("value", missing).flatMap { Template(fixed: $0) }
    guard let name, let value, reader.isEnabled else { return nil }
    return .header(.init(name: name, value: value))
  }
}

extension Template {
  /// The text of a field without placeholders. People see none of its secrets, and nothing of it where it holds no `${…}`:
  /// then it was written out. nil after a problem.
  init?(fixed node: Node, behind prefix: String = "") {
    guard let text = node.text(isSecret: true), let raw = node.json.string,
      let segments = Self.literals(raw[...], node)
    else { return nil }
    guard text.isUnresolved || isHeaderText(text.text) else {
      node.problem("holds a line break or another control character")
      return nil
    }
    let shown =
      text.holdsSecret
      ? segments
      : segments.map { segment in
        if case .literal(let literal) = segment { .secret(Secret(literal), isUnresolved: false) } else { segment }
      }
    self.init(segments: (prefix.isEmpty ? [] : [.literal(prefix)]) + shown, place: node.path.text)
  }
}
