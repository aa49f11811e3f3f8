import Testing

@testable import Rules

@Suite struct KeepRefusedTests {
  private func source(_ keepRefused: String, auth: String = #"{"token": "a-token-of-24-characters"}"#) -> String {
    #"{"sources": {"s": {"provider": "generic", "auth": \#(auth), "keep_refused": \#(keepRefused)}}}"#
  }

  private func read(_ text: String) throws -> KeepRefused? {
    try parseRules(source(text)).sources[0].keepRefused
  }

  @Test func itIsOffUnlessWrittenAndAllOfItHasADefault() throws {
    let without = #"{"sources": {"s": {"provider": "generic", "auth": {"token": "a-token-of-24-characters"}}}}"#
    #expect(try parseRules(without).sources[0].keepRefused == nil)
    let defaults = try #require(try read("{}"))
    #expect(defaults.count == 1000 && defaults.span == 7 * 86_400_000 && defaults.bytes == 67_108_864)
    #expect(try read(#"{"enabled": false, "count": 5}"#) == nil)
    let given = try #require(try read(#"{"count": 5, "days": 0.5, "bytes": 65536, "note": "small"}"#))
    #expect(given.count == 5 && given.span == 43_200_000 && given.bytes == 65_536)
  }

  @Test(arguments: [
    ("true", #"sources.s.keep_refused: expected an object such as {"count": 1000, "days": 7}, found true"#),
    (#"{"count": 0}"#, "sources.s.keep_refused.count: expected an integer from 1 to 100000, found 0"),
    (#"{"days": 0}"#, "sources.s.keep_refused.days: expected a number from 0.01 to 365, found 0"),
    (#"{"bytes": 1000}"#, "sources.s.keep_refused.bytes: expected an integer from 65536 to 10737418240, found 1000"),
    (#"{"hours": 3}"#, "sources.s.keep_refused.hours: unknown key; known are count, days, bytes, enabled and note"),
  ])
  func whatIsWrongIsSaid(text: String, sentence: String) {
    #expect(problems(source(text)) == ["rules.json: \(sentence)"])
  }

  @Test func aSourceThatRefusesNobodyIsWarnedOf() throws {
    let file = try parseRules(source("{}", auth: #""none""#))
    #expect(
      file.warnings.map(\.description)
        == [#"rules.json: sources.s.keep_refused: keeps nothing: "auth": "none" refuses nobody"#])
  }
}
