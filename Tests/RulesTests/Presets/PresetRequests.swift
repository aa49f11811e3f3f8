import Foundation
import HTTPTypes
import Providers
import RelayCore
import Testing

@testable import Rules

/// The requests of a destination for the providers' documented records, as text.
struct PresetRequests {
  let destination: Destination
  let warnings: [String]

  /// - Parameter keys: of the destination, beside `"preset"`.
  init(_ preset: String, _ keys: String, beside sections: String = "") throws {
    let rules = try parseRules(
      """
      {"relay": {"time_zone": "Europe/Paris"}, \(sections) "destinations": {"crm": {"preset": "\(preset)", \(keys)}},
       "rules": [{"name": "calls", "send_to": ["crm"]}]}
      """, makeResolver(["T": "t0ps3cret"]))
    destination = try #require(rules.destination(named: "crm"))
    warnings = rules.warnings.map(\.description)
  }

  /// `telecmi/incoming-answered`, from `Tests/ProgramTests/Samples`.
  static func input(_ sample: String, _ change: (JSON) -> JSON = { $0 }) throws -> RenderInput {
    let folder = #filePath.replacing("RulesTests/Presets/PresetRequests.swift", with: "ProgramTests/Samples/")
    let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: folder + sample + ".json")))
    let raw = RawRecord(
      body: change(try JSONParser.parse(bytes)).bytes, contentType: "application/json", headers: HTTPHeaders(),
      query: FormFields())
    let provider = sample.hasPrefix("telecmi") ? Provider.telecmi : .callr
    let record = try Decoder.decode(
      raw, settings: SourceSettings(name: "here", provider: provider, key: nil, appIDs: [], ignoreChanges: []))
    return RenderInput(
      record: raw, reading: record, recordID: Identifier(42),
      receivedAt: Instant(milliseconds: 1_759_309_400_000), revision: 0, deliveryID: Identifier(77), attempt: 1,
      rule: "calls")
  }

  func lookup(_ input: RenderInput) throws -> String {
    Self.text(try #require(try destination.renderLookup(input)))
  }

  func request(_ input: RenderInput, lookup: JSON? = nil, captured: JSON? = nil) throws -> String {
    var input = input
    input.lookup = lookup
    input.captured = captured
    return Self.text(try destination.render(input))
  }

  /// Request line, fields, an empty line, the body.
  private static func text(_ request: RenderedRequest) -> String {
    var lines = ["\(request.method) \(request.url)"]
    if let type = request.contentType, !request.body.isEmpty { lines.append("content-type: \(type)") }
    lines += request.headers.map { "\($0.name): \($0.value)" }
    if !request.body.isEmpty { lines += ["", String(decoding: request.body, as: UTF8.self)] }
    return lines.joined(separator: "\n")
  }

  /// What an answer of this status with this JSON body means; nil where its status decides.
  func meaning(_ status: Int64, _ body: String, headers: JSONObject = [:]) throws -> AnswerRule.Meaning? {
    let answer = JSON.object([
      "status": .integer(status), "headers": .object(headers), "body": try JSONParser.parse(body),
    ])
    return destination.answers.first { $0.matches(answer) }?.meaning
  }
}
