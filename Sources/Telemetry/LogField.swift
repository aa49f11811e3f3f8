/// A name and a value of a log line.
package struct LogField: Sendable {
  package let name: String
  package let value: String
  private let isNumber: Bool

  package init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
    isNumber = false
  }

  package init(_ name: String, _ value: some BinaryInteger) {
    self.name = name
    self.value = String(value)
    isNumber = true
  }

  var logfmt: String {
    let isPlain =
      !value.isEmpty
      && value.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "=") }
    return isPlain ? "\(name)=\(value)" : "\(name)=\(quoted)"
  }

  var json: String {
    isNumber ? "\"\(name)\":\(value)" : "\"\(name)\":\(quoted)"
  }

  /// A JSON string (RFC 8259 §7); control characters can't break a line.
  private var quoted: String {
    var out = "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F:
        let hex = String(scalar.value, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }
}
