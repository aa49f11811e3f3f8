import RelayCore

/// An export's file: RFC 4180, lines ended by CRLF, fields quoted where they must be. The separator is not documented; a comma
/// is what "CSV format" says.
enum CallrCSV {
  static func file(_ calls: some Sequence<SimulatedCall>) -> [UInt8] {
    var bytes = line(SimulatedCall.callrFields)
    for call in calls {
      bytes += line(call.callrValues(hasEnded: true).map(text))
    }
    return bytes
  }

  private static func line(_ fields: [String]) -> [UInt8] {
    Array((fields.map(quoted).joined(separator: ",") + "\r\n").utf8)
  }

  private static func text(_ value: JSON) -> String {
    value.string ?? value.text
  }

  /// RFC 4180 §2: with quotes around it where it holds one, a comma or a line break; quotes inside are doubled.
  private static func quoted(_ field: String) -> String {
    guard field.utf8.contains(where: { [0x22, 0x2C, 0x0D, 0x0A].contains($0) }) else { return field }
    return "\"" + field.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }
}
