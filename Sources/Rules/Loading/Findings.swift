import RelayCore

/// Gathers what one reading of a rule file finds. Used by that reading alone, on its thread.
final class Findings {
  let file: String
  private(set) var problems: [RuleProblem] = []
  private(set) var warnings: [RuleProblem] = []

  init(file: String) {
    self.file = file
  }

  /// How many there are, to go back to.
  var mark: (problems: Int, warnings: Int) { (problems.count, warnings.count) }

  /// Forgets what was found since.
  func rewind(to mark: (problems: Int, warnings: Int)) {
    problems.removeSubrange(mark.problems...)
    warnings.removeSubrange(mark.warnings...)
  }

  func problem(_ path: RulePath, _ message: String) {
    problems.append(RuleProblem(file: file, path: path.text, message: message))
  }

  func warning(_ path: RulePath, _ message: String) {
    warnings.append(RuleProblem(file: file, path: path.text, message: message))
  }
}

/// A place in the rule file: `rules[2].when.body.custom`.
struct RulePath: Equatable {
  let text: String

  static let top = RulePath(text: "")

  func key(_ key: String) -> RulePath {
    let isPlain =
      !key.isEmpty
      && key.utf8.allSatisfy { byte in
        byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "$") || byte >= 0x80
          || isLetterOrDigit(byte)
      }
    if isPlain { return RulePath(text: text.isEmpty ? key : "\(text).\(key)") }
    return RulePath(text: "\(text)[\(JSON.string(key).text)]")
  }

  func index(_ index: Int) -> RulePath {
    RulePath(text: "\(text)[\(index)]")
  }
}

/// ASCII only.
func isLetterOrDigit(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "a")...UInt8(ascii: "z"):
    true
  default: false
  }
}
