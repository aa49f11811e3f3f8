import RelayCore

/// A field that a dialect knows by name.
protocol FieldName: RawRepresentable, Sendable where RawValue == Int {
  /// Wire name → field, each dialect's own. Raw values are below 64.
  static var named: FieldTable<Self> { get }
}

/// Wire name → field. It is asked for every member of every record, so it hashes eight bytes instead of whole texts.
struct FieldTable<Name: FieldName>: Sendable, ExpressibleByDictionaryLiteral {
  private struct Entry {
    let member: JSONObject.Member
    let name: Name
  }

  /// A power of two, at least twice the number of names: a free place ends every search.
  private static var places: Int { 256 }
  private var entries = [Entry?](repeating: nil, count: Self.places)

  init(dictionaryLiteral elements: (String, Name)...) {
    precondition(elements.count <= Self.places / 2)
    for (key, name) in elements {
      let member = JSONObject.Member(key: key, value: .null)
      var place = Self.place(of: member)
      while entries[place] != nil { place = (place + 1) % Self.places }
      entries[place] = Entry(member: member, name: name)
    }
  }

  subscript(member: JSONObject.Member) -> Name? {
    var place = Self.place(of: member)
    while let entry = entries[place] {
      if entry.member.keyHead == member.keyHead, entry.member.key == member.key { return entry.name }
      place = (place + 1) % Self.places
    }
    return nil
  }

  /// Fibonacci hashing of the head; the length tells `duration` from `durationTotal`.
  private static func place(of member: JSONObject.Member) -> Int {
    Int(((member.keyHead &+ UInt64(member.key.utf8.count)) &* 0x9E37_79B9_7F4A_7C15) >> 56)
  }
}

/// The members of an object that a dialect knows, found in one pass over it.
struct KnownFields<Name: FieldName> {
  private let members: [JSONObject.Member]
  /// Without those that are null.
  private var positions = InlineArray<64, Int32>(repeating: -1)

  init(_ object: JSONObject) {
    members = object.members
    let named = Name.named
    for position in members.indices {
      guard let name = named[members[position]] else { continue }
      if case .null = members[position].value { continue }
      positions[name.rawValue] = Int32(truncatingIfNeeded: position)
    }
  }

  /// nil where the field is missing or null.
  subscript(name: Name) -> JSON? {
    let position = Int(positions[name.rawValue])
    return position < 0 ? nil : members[position].value
  }

  /// The field's text, or a number's digits; nil where it is missing, empty or something else.
  func text(_ name: Name) -> String? {
    self[name]?.filledText
  }

  /// The field's text in lower case: providers' words are compared so.
  func word(_ name: Name) -> String? {
    text(name)?.lowercasedWord
  }

  func has(_ name: Name) -> Bool {
    positions[name.rawValue] >= 0
  }

  func hasAny(of names: Name...) -> Bool {
    names.contains(where: has)
  }
}

extension String {
  /// The same as `lowercased()`, without making another text of one that is in lower case already.
  var lowercasedWord: String {
    var text = self
    let isLower = text.withUTF8 { bytes in
      bytes.allSatisfy { $0 < 0x80 && !(UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
    }
    return isLower ? self : lowercased()
  }
}
