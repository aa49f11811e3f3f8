/// Reads one `Forwarded` field (RFC 7239 §4): elements joined by commas, pairs joined by semicolons. More is let pass than
/// the grammar has, where it can be read in one way only: spaces around semicolons, and addresses without quotes.
struct ForwardedField {
  private var rest: Substring.UTF8View

  init(_ text: String) {
    rest = Substring(text).utf8
  }

  /// One for each element; nil where the grammar is broken.
  mutating func hops() -> [ForwardedHop]? {
    var hops: [ForwardedHop] = []
    while true {
      // Empty elements are none (RFC 9110 §5.6.1.2).
      repeat { skipSpaces() } while take(UInt8(ascii: ","))
      if rest.isEmpty { return hops }
      guard let hop = element() else { return nil }
      hops.append(hop)
      if rest.isEmpty { return hops }
      guard take(UInt8(ascii: ",")) else { return nil }
    }
  }

  /// `for=192.0.2.60;proto=http;by=203.0.113.43`, up to the comma behind it.
  private mutating func element() -> ForwardedHop? {
    var hop: ForwardedHop?
    repeat {
      skipSpaces()
      if let name = token() {
        guard take(UInt8(ascii: "=")), let value = value() else { return nil }
        if name.lowercased() == "for" {
          // Twice in an element is forbidden: it could be read in two ways.
          guard hop == nil else { return nil }
          hop = ForwardedHop(node: Substring(value).utf8)
        }
        skipSpaces()
      }
    } while take(UInt8(ascii: ";"))
    return hop ?? .unknown
  }

  private mutating func token() -> String? {
    let token = rest.prefix(while: Self.isTokenByte)
    rest = rest[token.endIndex...]
    return token.isEmpty ? nil : String(Substring(token))
  }

  private mutating func value() -> String? {
    if take(UInt8(ascii: "\"")) { return quoted() }
    let value = rest.prefix { Self.isTokenByte($0) || ":[]".utf8.contains($0) }
    rest = rest[value.endIndex...]
    return value.isEmpty ? nil : String(Substring(value))
  }

  /// Behind the opening quote, up to the closing one (RFC 9110 §5.6.4).
  private mutating func quoted() -> String? {
    var value: [UInt8] = []
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "\"") { return String(decoding: value, as: UTF8.self) }
      guard byte == UInt8(ascii: "\\") else {
        value.append(byte)
        continue
      }
      guard let escaped = rest.popFirst() else { return nil }
      value.append(escaped)
    }
    return nil
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard rest.first == byte else { return false }
    rest.removeFirst()
    return true
  }

  private mutating func skipSpaces() {
    rest = rest.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
  }

  /// RFC 9110 §5.6.2.
  private static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "A")...UInt8(ascii: "Z"):
      true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }
}
