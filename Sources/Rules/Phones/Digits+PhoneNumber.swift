extension Digits {
  /// A phone number in international form (E.164), without the `+`; nil where the text is none.
  ///
  /// - Parameter country: numbers without `+` are read as one does there. What is no number of that country, and all
  ///   numbers where it is nil, are taken for international: so TeleCMI sends them.
  init?(phoneNumber text: String, in country: Country?) {
    guard let (digits, hasPlus) = Self.dialled(text) else { return nil }
    let number: Digits?
    if hasPlus {
      number = Self.tidied(digits)
    } else if let foreign = Self.foreign(digits, from: country) {
      number = Self.tidied(foreign)
    } else {
      number = country.flatMap { Self.national(digits, $0) } ?? Self.bare(digits)
    }
    guard let number else { return nil }
    self = number
  }

  /// E.164 has 15 at most; seven are the fewest of any country.
  private static let lengths = 7...15

  /// The digits of a text that holds nothing else but punctuation, and whether a `+` stands before them.
  private static func dialled(_ text: String) -> (Digits, hasPlus: Bool)? {
    var value: UInt64 = 0
    var count = 0
    var hasPlus = false
    for scalar in text.unicodeScalars {
      switch scalar {
      case "0"..."9":
        guard count < limit else { return nil }
        value = value * 10 + UInt64(scalar.value - 0x30)
        count += 1
      case "+":
        guard count == 0, !hasPlus else { return nil }
        hasPlus = true
      case " ", "-", ".", "(", ")", "/", "\u{A0}", "\u{202F}": break
      default: return nil
      }
    }
    return count == 0 ? nil : (Digits(value: value, count: count), hasPlus)
  }

  private static func foreign(_ digits: Digits, from country: Country?) -> Digits? {
    let exit = country?.exit ?? Digits(value: 0, count: 2)
    return digits.starts(with: exit) && digits.count > exit.count ? digits.dropFirst(exit.count) : nil
  }

  private static func national(_ digits: Digits, _ country: Country) -> Digits? {
    if let trunk = country.trunk, digits.starts(with: trunk), country.isPossible(digits.dropFirst(trunk.count)) {
      return country.code.followed(by: digits.dropFirst(trunk.count))
    }
    let isPossible = country.isPossible(digits)
    if digits.starts(with: country.code), country.isPossible(digits.dropFirst(country.code.count)),
      country.dropsZero || !isPossible
    {
      return digits
    }
    return isPossible && !(country.dropsZero && digits.starts(with: Digits(value: 0, count: 1)))
      ? country.code.followed(by: digits) : nil
  }

  /// Digits alone, with the code of some country and as many behind it as it has.
  private static func bare(_ digits: Digits) -> Digits? {
    guard let country = Country.of(digits), country.isPossible(digits.dropFirst(country.code.count)) else { return nil }
    return tidied(digits)
  }

  /// Without the 0 of +33 (0)6 39 98 00 42.
  private static func tidied(_ number: Digits) -> Digits? {
    guard lengths.contains(number.count), number.prefix(1).value != 0 else { return nil }
    guard let country = Country.of(number), country.dropsZero else { return number }
    let national = number.dropFirst(country.code.count)
    guard national.starts(with: Digits(value: 0, count: 1)) else { return number }
    return country.code.followed(by: national.dropFirst(1))
  }
}
