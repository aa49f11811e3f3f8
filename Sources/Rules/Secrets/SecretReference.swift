/// What a text of the rule file is made of, before secrets are looked up.
enum SecretReference: Equatable {
  case literal(String)
  /// `${NAME}`
  case variable(String)
  /// `${file:/path}`
  case file(String)

  struct Malformed: Error, Equatable {
    let message: String
  }

  /// As a person writes it.
  var written: String {
    switch self {
    case .literal(let text): text
    case .variable(let name): "${\(name)}"
    case .file(let path): "${file:\(path)}"
    }
  }

  /// `$${` is a literal `${`; any other `$` stands for itself.
  static func parse(_ text: String) throws(Malformed) -> [SecretReference] {
    var parts: [SecretReference] = []
    var literal = ""
    var rest = text[...]
    while let dollar = rest.firstIndex(of: "$") {
      literal += rest[..<dollar]
      rest = rest[dollar...]
      if rest.hasPrefix("$${") {
        literal += "${"
        rest = rest.dropFirst(3)
      } else if rest.hasPrefix("${") {
        guard let end = rest.firstIndex(of: "}") else {
          throw Malformed(message: "\"${\" has no \"}\"; write $${ for the two characters themselves")
        }
        if !literal.isEmpty { parts.append(.literal(literal)) }
        literal = ""
        parts.append(try reference(rest[..<end].dropFirst(2)))
        rest = rest[end...].dropFirst()
      } else {
        literal += "$"
        rest = rest.dropFirst()
      }
    }
    literal += rest
    if !literal.isEmpty { parts.append(.literal(literal)) }
    return parts
  }

  private static func reference(_ text: Substring) throws(Malformed) -> SecretReference {
    if text.hasPrefix("file:") {
      let path = text.dropFirst(5)
      guard path.hasPrefix("/") else {
        throw Malformed(message: "expected an absolute path in ${file:…}, as in ${file:/run/secrets/crm}")
      }
      return .file(String(path))
    }
    guard isName(text) else {
      throw Malformed(
        message: "expected a name of letters, digits and _ between \"${\" and \"}\", or file:/path; "
          + "write $${ for the two characters themselves")
    }
    return .variable(String(text))
  }

  /// What the shell takes as the name of a variable.
  static func isName(_ text: some StringProtocol) -> Bool {
    guard let first = text.utf8.first, !(0x30...0x39).contains(first) else { return false }
    return text.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "_") }
  }
}
