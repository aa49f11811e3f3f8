import HTTPTypes
import RelayCore

/// An HTTP proxy on the way to destinations. It is asked for a tunnel (CONNECT, RFC 9110 §9.3.6) to https, and to pass on
/// requests to http.
package struct ProxySettings: Sendable, Hashable {
  /// `http://proxy.example.com:3128`, without user and password.
  package let url: String
  package let user: Secret?
  package let password: Secret?
}

extension ProxySettings {
  /// What stands in `proxy`.
  enum Choice: Equatable {
    /// `"none"`.
    case direct
    case through(ProxySettings)

    var proxy: ProxySettings? {
      if case .through(let proxy) = self { proxy } else { nil }
    }
  }

  private static let what = #"a proxy such as http://proxy.example.com:3128, or "none""#

  /// nil after a problem was noted.
  static func choice(_ node: Node) -> Choice? {
    if node.json == .string("none") { return .direct }
    guard let text = node.text(what), let raw = node.json.string, let parts = node.references(in: raw)
    else { return nil }
    // The whole address in one secret, as in ${PROXY}: then it is read like one that is written out.
    let isWhole = parts.count == 1
    if isWhole, text.isUnresolved { return .through(ProxySettings(url: text.text, user: nil, password: nil)) }
    let characters = parts.flatMap { part -> [Character] in
      let isFixed: Bool = if case .literal = part { true } else { isWhole }
      let value = node.loading.isUnresolved ? part.written : node.loading.resolve(part, at: node.path) ?? ""
      return value.utf8.map { Character(byte: $0, isFixed: isFixed) }
    }
    do throws(URLTemplate.Malformed) {
      let proxy = try ProxySettings(characters[...])
      if !text.holdsSecret, proxy.password != nil { node.loading.noteWrittenSecret(at: node.path) }
      return .through(proxy)
    } catch {
      node.problem(error.message)
      return nil
    }
  }

  /// A byte of the address; of a secret nothing is taken as `:`, `@` or `%`.
  private struct Character {
    let byte: UInt8
    let isFixed: Bool

    static func ~= (text: Unicode.Scalar, character: Self) -> Bool {
      character.isFixed && character.byte == UInt8(ascii: text)
    }
  }

  private init(_ text: ArraySlice<Character>) throws(URLTemplate.Malformed) {
    let scheme = Array("http://".utf8)
    guard text.prefix(scheme.count).map(\.byte) == scheme else {
      throw URLTemplate.Malformed(message: "expected \(Self.what), found one of another kind")
    }
    var authority = text.dropFirst(scheme.count)
    if case "/"? = authority.last { authority.removeLast() }
    var userInfo: ArraySlice<Character>?
    if let at = authority.lastIndex(where: { "@" ~= $0 }) {
      userInfo = authority[..<at]
      authority = authority[(at + 1)...]
    }
    let (host, port) = try URLTemplate.hostAndPort(Substring(Self.text(authority)))
    guard let port else { throw URLTemplate.Malformed(message: "expected a port behind the proxy's host, as in :3128") }
    url = "http://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    let colon = userInfo?.firstIndex { ":" ~= $0 }
    user = try userInfo.map { info throws(URLTemplate.Malformed) in
      Secret(try Self.decoded(info[..<(colon ?? info.endIndex)]))
    }
    password = try colon.map { colon throws(URLTemplate.Malformed) in
      Secret(try Self.decoded(userInfo?[(colon + 1)...] ?? []))
    }
  }

  private static func text(_ characters: ArraySlice<Character>) -> String {
    String(decoding: characters.map(\.byte), as: UTF8.self)
  }

  /// RFC 3986 §2.1, of what is written out; secrets stand as they are.
  private static func decoded(_ characters: ArraySlice<Character>) throws(URLTemplate.Malformed) -> String {
    var bytes: [UInt8] = []
    var rest = characters
    while let first = rest.popFirst() {
      guard "%" ~= first else {
        bytes.append(first.byte)
        continue
      }
      guard let high = rest.popFirst().flatMap({ PercentEncoding.hexDigit($0.byte) }),
        let low = rest.popFirst().flatMap({ PercentEncoding.hexDigit($0.byte) })
      else { throw URLTemplate.Malformed(message: "expected two hex digits behind % in the user or password") }
      bytes.append(high << 4 | low)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
