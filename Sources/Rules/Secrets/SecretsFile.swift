/// `NAME=value` lines, as shells and systemd's EnvironmentFile read them: blank lines and lines that begin with `#` are
/// left out, `export ` may stand in front, the value may be in single quotes (taken as it is) or double quotes (where `\"`,
/// `\\`, `\n` and `\$` are escapes). Without quotes ` #` begins a comment.
struct SecretsFile {
  private(set) var values: [String: String] = [:]
  /// Lines that are none of these, from 1.
  private(set) var brokenLines: [Int] = []

  init(_ text: String) {
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (index, line) in lines.enumerated() {
      let line = line.trimmed
      if line.isEmpty || line.hasPrefix("#") { continue }
      guard let (name, value) = Self.assignment(line) else {
        brokenLines.append(index + 1)
        continue
      }
      values[name] = value
    }
  }

  private static func assignment(_ line: Substring) -> (String, String)? {
    let line = line.hasPrefix("export ") ? line.dropFirst(7).trimmed : line
    guard let equals = line.firstIndex(of: "=") else { return nil }
    let name = line[..<equals].trimmed
    guard SecretReference.isName(name), let value = value(line[equals...].dropFirst().trimmed) else { return nil }
    return (String(name), value)
  }

  private static func value(_ text: Substring) -> String? {
    switch text.first {
    case "'":
      let rest = text.dropFirst()
      guard let end = rest.firstIndex(of: "'"), isComment(rest[end...].dropFirst()) else { return nil }
      return String(rest[..<end])
    case "\"":
      return doubleQuoted(text.dropFirst())
    default:
      let comment = text.indices.first {
        text[$0] == "#" && ($0 == text.startIndex || text[text.index(before: $0)].isWhitespace)
      }
      return String(text[..<(comment ?? text.endIndex)].trimmed)
    }
  }

  private static func doubleQuoted(_ text: Substring) -> String? {
    var value = ""
    var rest = text
    while let character = rest.popFirst() {
      switch character {
      case "\"": return isComment(rest) ? value : nil
      case "\\":
        guard let escaped = rest.popFirst() else { return nil }
        switch escaped {
        case "n": value += "\n"
        case "\"", "\\", "$", "`": value.append(escaped)
        default: value += "\\" + String(escaped)
        }
      default: value.append(character)
      }
    }
    return nil
  }

  private static func isComment(_ text: Substring) -> Bool {
    let text = text.trimmed
    return text.isEmpty || text.hasPrefix("#")
  }
}

extension Substring {
  /// Without white space at both ends.
  var trimmed: Substring {
    var text = self
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return text
  }
}
