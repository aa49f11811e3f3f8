import Testing

@testable import Rules

@Suite struct RetentionSettingsTests {
  private static let day: Int64 = 86_400_000

  private func read(_ text: String) throws -> RetentionSettings {
    try parseRules(#"{"relay": {"retention": \#(text)}}"#).relay.retention
  }

  @Test func whatIsNotWrittenHasItsDefault() throws {
    let defaults = try parseRules("{}").relay.retention
    #expect(try read("{}") == defaults)
    #expect(defaults.bodies == 90 * Self.day && defaults.quarantine == 90 * Self.day)
    #expect([defaults.delivered, defaults.cancelled, defaults.records] == Array(repeating: 400 * Self.day, count: 3))
    #expect(defaults.dead == RetentionSettings.forever && defaults.unrouted == RetentionSettings.forever)
    #expect(try read(#"{"enabled": false, "bodies_days": 1}"#) == defaults)
  }

  @Test func daysMayBeFractionsAndForever() throws {
    let given = try read(
      #"{"bodies_days": 0.5, "delivered_days": 2, "cancelled_days": 3, "dead_days": 30, "unrouted_days": 7, "#
        + #""records_days": 3, "quarantine_days": "forever"}"#)
    #expect(given.bodies == Self.day / 2 && given.delivered == 2 * Self.day && given.cancelled == 3 * Self.day)
    #expect(given.dead == 30 * Self.day && given.unrouted == 7 * Self.day && given.records == 3 * Self.day)
    #expect(given.quarantine == RetentionSettings.forever)
  }

  @Test func aRecordsRowStaysAsLongAsWhatBelongsToIt() throws {
    #expect(try read(#"{"bodies_days": 500}"#).records == 500 * Self.day)
    #expect(try read(#"{"cancelled_days": "forever"}"#).records == RetentionSettings.forever)
    #expect(try read(#"{"bodies_days": 1, "delivered_days": 1, "cancelled_days": 1}"#).records == 400 * Self.day)
  }

  @Test(arguments: [
    (#"{"bodies_days": 0}"#, #"bodies_days: expected a number from 0.01 to 36500 or "forever", found 0"#),
    (#"{"dead_days": "never"}"#, #"dead_days: expected a number from 0.01 to 36500 or "forever", found "never""#),
    (#"{"records_days": 30}"#, "records_days: expected at least as much as delivered_days, which is 400, found 30"),
    (
      #"{"bodies_days": "forever", "records_days": 9999}"#,
      #"records_days: expected at least as much as bodies_days, which is "forever", found 9999"#
    ),
  ])
  func whatIsWrongIsSaid(text: String, sentence: String) {
    #expect(
      problems(#"{"relay": {"retention": \#(text)}}"#) == ["rules.json: relay.retention.\(sentence)"])
  }
}
