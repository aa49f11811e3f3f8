import RelayCore

/// `$phone`: a text that is a phone number, in any spelling, of one of these countries, with one of these beginnings.
struct PhoneFilter: Sendable, Equatable {
  /// In international form; empty for any.
  let prefixes: [Digits]
  /// Names; empty for any.
  let countries: [String]
  /// Where numbers without `+` are at home.
  let home: Country?
  /// As it stands in the rule file.
  let written: JSON

  func matches(_ text: String) -> Bool {
    Digits(phoneNumber: text, in: home).map(matches) ?? false
  }

  /// In international form.
  func matches(_ number: Digits) -> Bool {
    if !prefixes.isEmpty, !prefixes.contains(where: number.starts) { return false }
    return countries.isEmpty || Country.of(number).map { countries.contains($0.name) } == true
  }
}

extension PhoneFilter {
  static let keys = ["prefix", "country", "default_country"]

  /// nil after a problem was noted.
  init?(reading node: Node) {
    guard let reader = ObjectReader(node, keys: Self.keys, what: "an object such as {\"country\": \"FR\"}") else {
      return nil
    }
    let prefixes = reader["prefix"].map { $0.oneOrMore().map(Self.prefix) } ?? []
    let countries = reader["country"].map { $0.oneOrMore().map(Country.init(reading:)) } ?? []
    let home = reader["default_country"].map(Country.init(reading:))
    if prefixes.isEmpty, countries.isEmpty {
      node.problem("expected a prefix, a country or both")
      return nil
    }
    guard !prefixes.contains(nil), !countries.contains(nil), home != .some(nil) else { return nil }
    self.init(
      prefixes: prefixes.compactMap { $0 }, countries: countries.compactMap { $0?.name }, home: home ?? nil,
      written: node.json)
  }

  private static func prefix(_ node: Node) -> Digits? {
    let what = "the beginning of a number with + and the country's code, as in \"+33 6\""
    guard let text = node.json.string, text.hasPrefix("+") else {
      node.expected(what)
      return nil
    }
    let digits = text.unicodeScalars.dropFirst().filter { !" -.()/".unicodeScalars.contains($0) }
    guard let prefix = Digits(String(String.UnicodeScalarView(digits))), prefix.count <= 15 else {
      node.expected(what)
      return nil
    }
    return prefix
  }
}

extension Country {
  /// nil after a problem was noted.
  init?(reading node: Node) {
    guard let name = node.json.string, let country = Self.named[name.uppercased()] else {
      node.expected("a country's two letters, as in FR")
      return nil
    }
    self = country
  }
}

extension Node {
  /// The elements of a list, or the value itself.
  func oneOrMore() -> [Node] {
    guard let values = json.array else { return [self] }
    if values.isEmpty { expected("at least one value") }
    return values.enumerated().map { Node(json: $1, path: path.index($0), loading: loading) }
  }
}
