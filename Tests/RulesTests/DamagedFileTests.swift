import Foundation
import RelayCore
import TestSupport
import Testing

@testable import Rules

@Suite struct DamagedFileTests {
  /// Whatever stands in the file, reading it ends with a rule file or with problems, and matching ends with an answer.
  @Test func damagedFilesAreReadOrRefused() throws {
    let path = #filePath.replacing("Tests/RulesTests/DamagedFileTests.swift", with: "rules.example.json")
    let good = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    let pieces = [
      "{", "}", "[", "]", "\"", ",", ":", "null", "true", "-1", "1e999", "\"\"", "[]", "{}", "{{", "}}", "${", "|", "$",
      "\\", "é", "\0",
    ].map { Array($0.utf8) }
    let record = try makeRecord(body: #"{"custom": {"crm": "true"}}"#) { $0.role = .call }
    var random = SeededRandom(seed: .random(in: 0...UInt64.max))
    var refused = 0
    for round in 0..<400 {
      var bytes = good
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let start = Int.random(in: 0..<bytes.count, using: &random)
        let end = min(bytes.count, start + Int.random(in: 0...8, using: &random))
        bytes.replaceSubrange(start..<end, with: pieces.randomElement(using: &random) ?? [])
      }
      do throws(RuleFileError) {
        let file = try RuleFile.parse(bytes, path: "rules.json", secrets: makeResolver(mode: .unresolved))
        #expect(file.explain(record).count == file.rules.count, "seed \(random.seed), round \(round)")
      } catch {
        refused += 1
        #expect(!error.problems.isEmpty, "seed \(random.seed), round \(round)")
      }
    }
    #expect(refused > 100, "seed \(random.seed)")
  }

  /// Every value of the example replaced by one of another kind: never accepted in silence as something else, never a trap.
  @Test func valuesOfTheWrongKindAreProblems() throws {
    let kinds: [JSON] = [.null, .bool(true), .integer(-7), .string("\u{1}"), .array([.null]), .object(["?": .null])]
    let path = #filePath.replacing("Tests/RulesTests/DamagedFileTests.swift", with: "rules.example.json")
    let good = try JSONParser.parse(Array(try Data(contentsOf: URL(fileURLWithPath: path))))
    for section in ["relay", "tables", "sources", "destinations", "rules", "tests"] {
      for kind in kinds {
        var file = good.object ?? JSONObject()
        file[section] = kind
        let found = problems(JSON.object(file).text, makeResolver(mode: .unresolved))
        #expect(!found.isEmpty, "\(section) as \(kind.text)")
      }
    }
  }
}
