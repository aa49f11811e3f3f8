import HTTPTypes
import RelayCore
import TestSupport
import Testing

@testable import Rules

/// A value of the record, whatever stands in it, stays one value where it lands.
@Suite struct EscapingTests {
  @Test func hostileValuesStayOneValue() throws {
    var random = SeededRandom(seed: .random(in: 0...UInt64.max))
    let destination = try #require(
      try parseRules(
        ruleFile(
          destination: """
            {"url": "https://x.example/a/{{body.v}}/b?q={{body.v}}&r=1", "headers": {"x-v": "<{{body.v}}>"},
             "body": {"lone": "{{body.v}}", "within": "<{{body.v}}>", "last": 1}}
            """)
      ).destination(named: "crm"))
    let form = try #require(
      try parseRules(
        ruleFile(
          destination:
            #"{"url": "https://x.example", "content_type": "form", "body": {"v": "{{body.v}}", "o": {"k": "<{{body.v}}>"}, "last": 1}}"#
        )
      ).destination(named: "crm"))
    var sent = 0
    for round in 0..<500 {
      let value = Self.hostile(&random)
      let words: Comment = "seed \(random.seed), round \(round): \(value.debugDescription)"
      let input = try makeInput(body: JSON.object(["v": .string(value)]).text)
      let fields = try #require(FormFields(parsing: String(decoding: form.render(input).body, as: UTF8.self)), words)
      #expect(fields.fields.map(\.name) == ["v", "o[k]", "last"], words)
      #expect(
        fields.fields.map(\.value).map { Array($0.utf8) } == [value, "<\(value)>", "1"].map { Array($0.utf8) }, words)
      let request: RenderedRequest
      do throws(TemplateError) { request = try destination.render(input) } catch {
        #expect(!isHeaderText(value) || value == "." || value == "..", words)
        continue
      }
      sent += 1
      try checkURL(request.url, value, words)
      #expect(request.headers.map(\.value) == ["<\(value)>"] && isHeaderText(value), words)
      let body = try JSONParser.parse(request.body)
      #expect(body.object?.members.map(\.key) == ["lone", "within", "last"], words)
      #expect(body["lone"]?.string.map { Array($0.utf8) } == Array(value.utf8), words)
      #expect(body["within"]?.string.map { Array($0.utf8) } == Array("<\(value)>".utf8), words)
    }
    #expect(sent > 50, "seed \(random.seed): \(sent) of 500 were sent, which tests little")
  }

  private func checkURL(_ url: String, _ value: String, _ words: Comment) throws {
    let halves = url.split(separator: "?", omittingEmptySubsequences: false)
    try #require(halves.count == 2, words)
    let segments = halves[0].split(separator: "/", omittingEmptySubsequences: false)
    #expect(segments.count == 6 && segments[3] == "a" && segments[5] == "b" && !url.contains("#"), words)
    #expect(PercentEncoding.decode(segments[4]) == Array(value.utf8), words)
    let query = try #require(FormFields(parsing: String(halves[1])), words)
    #expect(query.fields.map(\.name) == ["q", "r"], words)
    #expect(query["q"].map { Array($0.utf8) } == Array(value.utf8) && query["r"] == "1", words)
  }

  private static let pieces = [
    "/", "..", ".", "?", "&", "=", "#", "%", "%2F", "%00", "+", " ", "\"", "\\", "'", "<", "{{call.id}}", "${T}", ";",
    ":", "@",
    "a", "é", "👨‍👩‍👧", "\u{2028}", "\u{FEFF}", "\r\n", "\u{0}", "\u{7F}", "\t", "]", "[", "//", "null", "1e9",
  ]

  private static func hostile(_ random: inout SeededRandom) -> String {
    let mayBreakLines = Int.random(in: 0..<4, using: &random) == 0
    let pieces = mayBreakLines ? pieces : pieces.filter(isHeaderText)
    return (0..<Int.random(in: 1...6, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
  }
}
