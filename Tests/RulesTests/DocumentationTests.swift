import Foundation
import Testing

@testable import Rules

@Suite struct DocumentationTests {
  @Test func theReadmeExplainsEveryOperatorAndFilter() throws {
    let path = #filePath.replacing("Tests/RulesTests/DocumentationTests.swift", with: "README.md")
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    let explained = lines.filter { $0.hasPrefix("| `") }.compactMap { $0.split(separator: "|").first }
    for name in FilterOperator.allCases.map(\.rawValue) + TemplateFilter.names + Destination.keys + Lookup.keys
      + Capture.keys
    {
      #expect(explained.contains { $0.contains("`\(name)`") }, "\(name)")
    }
  }
}
