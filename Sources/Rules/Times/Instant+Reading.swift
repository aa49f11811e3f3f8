import RelayCore

extension Instant {
  /// A moment in any way that records write it: RFC 3339 (without a zone it is UTC), or seconds since 1970, as a number or
  /// as text; numbers from 100,000,000,000 are milliseconds (as seconds they would be beyond the year 5000). nil for
  /// anything else.
  init?(reading value: JSON) {
    if let text = value.string, let instant = Instant(rfc3339: text) {
      self = instant
      return
    }
    guard let number = value.numberInside?.double, number.magnitude < 1e15 else { return nil }
    self.init(milliseconds: Int64((number.magnitude >= 1e11 ? number : number * 1000).rounded(.down)))
  }
}

extension JSON {
  /// A number, also one that came as text: digits, perhaps with a sign, a fraction, an exponent or needless zeros before
  /// them. nil for anything else.
  var numberInside: JSONNumber? {
    switch self {
    case .number(let number): number
    case .string(let text): JSONNumber(inside: text)
    default: nil
    }
  }
}

extension JSONNumber {
  init?(inside text: String) {
    var rest = text[...]
    let isNegative = rest.utf8.first == UInt8(ascii: "-")
    if isNegative || rest.utf8.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
    if let digits = Digits(rest) {
      self = .integer(Int64(digits.value) * (isNegative ? -1 : 1))
      return
    }
    guard let first = rest.utf8.first, (0x30...0x39).contains(first), rest.utf8.count <= 100 else { return nil }
    while rest.utf8.count > 1, rest.utf8.first == UInt8(ascii: "0"),
      let second = rest.utf8.dropFirst().first, (0x30...0x39).contains(second)
    {
      rest = rest.dropFirst()
    }
    guard let number = (try? JSONParser.parse((isNegative ? "-" : "") + rest))?.number else { return nil }
    self = number
  }
}
