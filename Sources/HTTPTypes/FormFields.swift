/// `name=value&…` of a query or an `application/x-www-form-urlencoded` body, decoded, in the order sent.
package struct FormFields: Sendable, Equatable {
  package struct Field: Sendable, Equatable {
    package let name: String
    package let value: String
    package init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  package var fields: [Field]

  package init(_ fields: [Field] = []) {
    self.fields = fields
  }

  /// nil where a percent-encoding is broken or the decoded bytes are not UTF-8.
  package init?(parsing text: String) {
    fields = []
    for pair in text.utf8.split(separator: UInt8(ascii: "&")) {
      let halves = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = Self.decoded(Substring(halves[0])),
        let value = halves.count == 2 ? Self.decoded(Substring(halves[1])) : ""
      else { return nil }
      fields.append(Field(name: name, value: value))
    }
  }

  /// For a text that can't be parsed: what is broken stays as it was written, the rest is decoded.
  package init(keeping text: String) {
    fields = text.split(separator: "&").map { pair in
      let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let parts = halves.map { Self.decoded($0) ?? String($0) }
      return Field(name: parts[0], value: parts.count == 2 ? parts[1] : "")
    }
  }

  /// The value of the last field of this name.
  package subscript(name: String) -> String? {
    fields.last { $0.name == name }?.value
  }

  private static func decoded(_ text: Substring) -> String? {
    PercentEncoding.decode(text, plusIsSpace: true).flatMap { String(validating: $0, as: UTF8.self) }
  }
}
