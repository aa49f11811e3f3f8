import Foundation
import RelayCore
import TestSupport
import Testing

@testable import Rules

/// The JSON Schema before a validator that others wrote: the `jsonschema` package of PyPI.
@Suite("JSON Schema of the rule file")
struct SchemaAgreementTests {
  private struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// Reads `{"schema", "files"}` and prints for each file what is wrong with it, else an empty text, as a list.
  private static let validator = """
    import json, sys
    from jsonschema import Draft202012Validator
    given = json.load(sys.stdin)
    Draft202012Validator.check_schema(given["schema"])
    validator = Draft202012Validator(given["schema"])
    def judge(text):
        error = next(validator.iter_errors(json.loads(text)), None)
        return "" if error is None else f"{error.json_path}: {error.message[:300]}"
    json.dump([judge(text) for text in given["files"]], sys.stdout)
    """

  @Test func ourValidatorSaysWhatIsWrong() {
    for item in SchemaCase.all {
      #expect(problems(item.text) == item.problems.map { "rules.json: \($0)" }, "\(item.text)")
    }
    #expect(SchemaCase.all.count >= 60)
  }

  @Test func anotherValidatorAgrees() throws {
    let cases = SchemaCase.all
    let judgements = try judge(cases.map(\.text) + [try example()])
    for (item, judgement) in zip(cases, judgements) {
      let isGood = item.problems.isEmpty || item.beyondSchema != nil
      #expect(judgement.isEmpty == isGood, "\(item.text)\n\(judgement)")
    }
    #expect(judgements.last == "")
  }

  @Test func itIsOneDocumentThatPointsToItself() throws {
    let schema = try JSONParser.parse(RuleFileSchema.text)
    let definitions = try #require(schema["$defs"]?.object)
    var unused = Set(definitions.members.map(\.key))
    for reference in references(in: schema) {
      let name = try #require(reference.split(separator: "/").last.map(String.init))
      #expect(reference == "#/$defs/\(name)" && definitions[name] != nil, "\(reference)")
      unused.remove(name)
    }
    #expect(unused.isEmpty)
  }

  private func references(in json: JSON) -> [String] {
    switch json {
    case .object(let object):
      object.members.flatMap { member in
        if member.key == "$ref", let text = member.value.string { [text] } else { references(in: member.value) }
      }
    case .array(let elements): elements.flatMap(references)
    default: []
    }
  }

  private func example() throws -> String {
    try String(
      contentsOfFile: #filePath.replacing(
        "Tests/RulesTests/Schema/SchemaAgreementTests.swift", with: "rules.example.json"),
      encoding: .utf8)
  }

  private func judge(_ files: [String]) throws -> [String] {
    let python = #filePath.replacing(
      "Tests/RulesTests/Schema/SchemaAgreementTests.swift", with: ".build/python/bin/python")
    guard FileManager.default.isExecutableFile(atPath: python) else {
      throw Failure(description: "no \(python): run README's second command, which installs it")
    }
    let given = JSON.object([
      "schema": try JSONParser.parse(RuleFileSchema.text), "files": .array(files.map(JSON.string)),
    ])
    let process = Process()
    process.executableURL = URL(fileURLWithPath: python)
    process.arguments = ["-c", Self.validator]
    // By way of a file: a validator that is not there ends before it reads, and a closed pipe ends the tests.
    let folder = try TemporaryFolder()
    let input = folder.file("files.json")
    try Data(given.bytes).write(to: URL(fileURLWithPath: input))
    let (output, errors) = (Pipe(), Pipe())
    process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: input))
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard let judgements = try? JSONParser.parse(text).array, judgements.count == files.count else {
      let told = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      throw Failure(description: "the validator failed: \(told)")
    }
    return judgements.map { $0.string ?? "" }
  }
}
