import RelayCore

/// A field that a dialect knows by name.
protocol FieldName: RawRepresentable, Sendable where RawValue == Int {
  /// Wire name → field, each dialect's own. Raw values are below 64.
  static var named: FieldTable<Self> { get }
}

/// Wire name → field.
struct FieldTable<Name: FieldName>: Sendable, ExpressibleByDictionaryLiteral {
  fileprivate let keys: KeyTable

  init(dictionaryLiteral elements: (String, Name)...) {
    keys = KeyTable(elements.map { ($0, $1.rawValue) })
  }
}

/// Some of a dialect's fields.
struct FieldSet<Name: FieldName>: ExpressibleByArrayLiteral {
  fileprivate var bits: UInt64 = 0

  @inline(__always)
  init(arrayLiteral names: Name...) {
    for name in names { bits |= 1 << UInt64(name.rawValue) }
  }
}

/// The members of an object that a dialect knows, found in one pass over it.
struct KnownFields<Name: FieldName>: Sendable {
  private let document: JSONDocument
  private let places: KnownPlaces

  init(_ object: JSONView) {
    document = object.document
    places = KnownPlaces(of: Name.named.keys, in: object)
  }

  /// Where in the document the values stand of those of these fields that are there.
  func places(of names: [Name]) -> [Int] {
    var found: [Int] = []
    found.reserveCapacity(names.count)
    for name in names { if let place = places[name.rawValue] { found.append(place) } }
    return found
  }

  /// What a document, this one with some texts opened, has in the field; nil where that says nothing.
  func value(_ name: Name, in document: JSONDocument) -> JSONView? {
    guard let place = places[name.rawValue] else { return nil }
    let value = document.view(at: place)
    return value.isEmptyString ? nil : value
  }

  /// nil where the field is missing or null.
  subscript(name: Name) -> JSONView? {
    guard let place = places[name.rawValue] else { return nil }
    return document.view(at: place)
  }

  /// The field's text, or a number's digits; nil where it is missing, empty or something else.
  func text(_ name: Name) -> String? {
    guard let place = places[name.rawValue] else { return nil }
    return document.filledText(at: place)
  }

  /// The field's text in lower case: providers' words are compared so.
  func word(_ name: Name) -> String? {
    text(name)?.lowercasedWord
  }

  func has(_ name: Name) -> Bool {
    places.present & (1 << UInt64(name.rawValue)) != 0
  }

  func hasAny(of names: FieldSet<Name>) -> Bool {
    places.present & names.bits != 0
  }
}

extension String {
  /// The same as `lowercased()`, without making another text of one that is in lower case already.
  var lowercasedWord: String {
    let bytes = utf8.span
    for index in bytes.indices {
      let byte = bytes[index]
      if byte >= 0x80 || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) { return lowercased() }
    }
    return self
  }
}
