import Foundation

/// The project's own files, read as text.
enum Tree {
  struct Line {
    let number: Int
    let text: String
    var isComment: Bool { text.drop { $0 == " " }.hasPrefix("//") }
  }

  struct File {
    let path: String
    let target: String
    let lines: [Line]

    var imports: [String] {
      lines.compactMap { line in
        line.text.firstMatch(of: /^(?:@\w+(?:\([^)]*\))?\s+)*import (?:\w+ )?(\w+)/).map { String($0.1) }
      }
    }
  }

  /// The folder that holds Package.swift.
  static let root = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 }

  static func swiftFiles(under folder: String) throws -> [File] {
    let base = root + "/" + folder
    let names = try FileManager.default.subpathsOfDirectory(atPath: base).filter { $0.hasSuffix(".swift") }
    return try names.map { name in
      let text = try String(contentsOfFile: base + "/" + name, encoding: .utf8)
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      return File(
        path: folder + "/" + name,
        target: String(name.split(separator: "/")[0]),
        lines: lines.enumerated().map { Line(number: $0.offset + 1, text: String($0.element)) }
      )
    }
  }
}
