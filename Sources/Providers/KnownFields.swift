import RelayCore

/// A field that a dialect knows by name.
protocol FieldName: RawRepresentable, Sendable where RawValue == Int {
  /// Wire name → field. Raw values are below 64.
  static var named: [String: Self] { get }
}

/// The members of an object that a dialect knows, found in one pass over it.
struct KnownFields<Name: FieldName> {
  let object: JSONObject
  private var positions = InlineArray<64, Int32>(repeating: -1)

  init(_ object: JSONObject) {
    self.object = object
    let named = Name.named
    for (position, member) in object.members.enumerated() {
      guard let name = named[member.key] else { continue }
      positions[name.rawValue] = Int32(truncatingIfNeeded: position)
    }
  }

  /// nil where the field is missing or null.
  subscript(name: Name) -> JSON? {
    let position = Int(positions[name.rawValue])
    guard position >= 0 else { return nil }
    let value = object.members[position].value
    if case .null = value { return nil }
    return value
  }

  /// The field's text, or a number's digits; nil where it is missing, empty or something else.
  func text(_ name: Name) -> String? {
    self[name]?.filledText
  }

  func has(_ name: Name) -> Bool {
    self[name] != nil
  }

  func hasAny(of names: Name...) -> Bool {
    names.contains(where: has)
  }
}
