import HTTPTypes
import Outgoing
import RelayCore

/// What the answer of a provider's API means.
package enum APIVerdict<Content> {
  case content(Content)
  /// The credentials are refused: no other try helps.
  case credentialsRefused(String)
  /// Worth another try, after so many milliseconds where the answer says so.
  case again(String, after: Int64? = nil)
  case failed(String)

  func map<Other>(_ change: (Content) -> Other) -> APIVerdict<Other> {
    switch self {
    case .content(let content): .content(change(content))
    case .credentialsRefused(let words): .credentialsRefused(words)
    case .again(let words, let after): .again(words, after: after)
    case .failed(let words): .failed(words)
    }
  }
}

/// Why an API gave nothing, as a person reads it. Holds no secret and no number of a caller.
package enum APIFailure: Error, Equatable, CustomStringConvertible {
  /// Nobody wants the answer any more.
  case stopped
  case credentialsRefused(String)
  case failed(String)

  package var description: String {
    switch self {
    case .stopped: "stopped"
    case .credentialsRefused(let sentence), .failed(let sentence): sentence
    }
  }
}

/// The provider's words in an error: one line, short, without what may be somebody's number.
enum ProviderWords {
  private static let longest = 120
  /// A run of as many digits may be a phone number.
  private static let numberLength = 6

  static func shown(_ text: String) -> String {
    var out = ""
    var digits = ""
    func endDigits() {
      out += digits.count >= numberLength ? "…" : digits
      digits = ""
    }
    for character in text.prefix(4 * longest) {
      if character.isASCII, character.isNumber {
        digits.append(character)
      } else {
        endDigits()
        out.append(character.isNewline || character.unicodeScalars.allSatisfy { $0.value < 0x20 } ? " " : character)
      }
    }
    endDigits()
    return out.count <= longest ? out : out.prefix(longest - 1) + "…"
  }
}
