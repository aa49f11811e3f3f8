import RelayCore

/// How numbers and times are said to people; JSON has them exactly.
enum Phrases {
  /// `1 delivery`, `3,000 deliveries`.
  static func count(_ count: Int, _ one: String, _ many: String) -> String {
    "\(grouped(count)) \(count == 1 ? one : many)"
  }

  /// `3,000`.
  static func grouped(_ number: Int) -> String {
    var digits = String(number)
    var groups: [Substring] = []
    while digits.count > 3, digits.last?.isNumber == true, digits.dropLast(3) != "-" {
      groups.insert(digits.suffix(3), at: 0)
      digits = String(digits.dropLast(3))
    }
    return ([Substring(digits)] + groups).joined(separator: ",")
  }

  /// `10`, `0.5`, `19.417`: with at most three digits behind the point.
  static func decimal(_ number: Double) -> String {
    let thousandths = Int64((min(max(number, 0), 1e12) * 1000).rounded())
    var digits = String(thousandths / 1000)
    let rest = thousandths % 1000
    guard rest > 0 else { return digits }
    digits += "." + String(1000 + rest).dropFirst()
    while digits.last == "0" { digits.removeLast() }
    return digits
  }

  /// `just now`, `3 min ago`, `in 64 s`.
  static func relative(_ instant: Instant, to now: Instant) -> String {
    let distance = instant - now
    if abs(Double(distance)) < 1000 { return "just now" }
    return distance < 0 ? "\(span(now - instant)) ago" : "in \(span(distance))"
  }

  /// `*******0042`: a phone number but for its last four digits.
  static func masked(_ number: String) -> String {
    let shown = number.count > 4 ? 4 : 0
    return String(repeating: "*", count: number.count - shown) + number.suffix(shown)
  }

  /// What a stranger wrote, with all but the last two of every six digits or more hidden: it may hold a phone number, in one
  /// piece or in groups.
  static func maskingDigits(_ text: String) -> String {
    var result: [Unicode.Scalar] = []
    var digits: [Int] = []
    func hide() {
      for place in digits.dropLast(2) where digits.count >= 6 { result[place] = "*" }
      digits = []
    }
    for scalar in text.unicodeScalars {
      if scalar.properties.numericType == .decimal {
        digits.append(result.count)
      } else if !" -()\u{A0}\u{202F}".unicodeScalars.contains(scalar) {
        hide()
      }
      result.append(scalar)
    }
    hide()
    return String(String.UnicodeScalarView(result))
  }

  /// `64 s`, `3 min`, `5 h`, `3 days`, in the largest unit that leaves at least two of it.
  static func span(_ milliseconds: Int64) -> String {
    let seconds = milliseconds / 1000
    return switch seconds {
    case ..<120: "\(seconds) s"
    case ..<7200: "\(seconds / 60) min"
    case ..<172_800: "\(seconds / 3600) h"
    default: "\(seconds / 86_400) days"
    }
  }
}

extension JSON {
  static func text(_ text: String?) -> JSON {
    text.map(JSON.string) ?? .null
  }

  /// RFC 3339, UTC.
  static func instant(_ instant: Instant?) -> JSON {
    text(instant?.rfc3339)
  }

  /// With at most three digits behind the point.
  static func decimal(_ number: Double) -> JSON {
    (try? JSONParser.parse(Phrases.decimal(number))) ?? .null
  }

  static func count(_ count: Int) -> JSON {
    .integer(Int64(count))
  }

  /// A string, since it is beyond 2^53.
  static func id(_ id: Identifier?) -> JSON {
    text(id?.description)
  }
}

extension Output {
  func line(_ object: JSONObject) throws {
    try line(JSON.object(object).text)
  }
}
