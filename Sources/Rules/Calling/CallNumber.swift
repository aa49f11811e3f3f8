import RelayCore

/// A phone number as it is handed to a provider's call API: international (E.164), without the `+`.
package struct CallNumber: Sendable, Hashable {
  package let digits: String
  private let value: Digits

  /// nil for what is no plain international number: one in a national spelling, with no country's code before it, or with
  /// fewer or more digits than its country has. So no other spelling of a number gets past a prefix: what is looked at is
  /// what is sent.
  package init?(international text: String) {
    guard let number = Digits(phoneNumber: text, in: nil), let country = Country.of(number),
      country.isPossible(number.dropFirst(country.code.count))
    else { return nil }
    value = number
    digits = number.text
  }

  /// The same where it is one, else any digits that can be sent as a JSON number: for a client that may call anything.
  package init?(any text: String) {
    if let number = CallNumber(international: text) {
      self = number
      return
    }
    let plain = text.unicodeScalars.filter { !" -.()/+\u{A0}\u{202F}".unicodeScalars.contains($0) }
    guard let number = Digits(String(String.UnicodeScalarView(plain))), (2...15).contains(number.count),
      number.prefix(1).value != 0
    else { return nil }
    value = number
    digits = number.text
  }

  func starts(with prefix: CallPrefix) -> Bool {
    value.starts(with: prefix.value)
  }
}

/// What the numbers begin with that a client may call: `+33`, `+3318`.
package struct CallPrefix: Sendable, Hashable, CustomStringConvertible {
  fileprivate let value: Digits

  /// nil for anything but `+` and 1 to 15 digits, the first of which is no 0.
  package init?(_ text: String) {
    guard text.hasPrefix("+"), let digits = Digits(text.dropFirst()), digits.count <= 15, digits.prefix(1).value != 0
    else { return nil }
    value = digits
  }

  package var description: String { "+\(value.text)" }
}
