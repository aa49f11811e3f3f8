import HTTPTypes
import RelayCore
import Rules
import Telemetry
import TestSupport
import Testing

@testable import Intake

/// Rules that change while requests come in.
@Suite struct ChangingRulesTests {
  private func rules(
    _ sources: String, to destination: String = "crm", environment: [String: String] = [:]
  ) throws -> RuleFile {
    let text = """
      {"sources": \(sources), "destinations": {"\(destination)": {"url": "https://crm.example.com/calls"}},
       "rules": [{"name": "to \(destination)", "send_to": ["\(destination)"]}]}
      """
    return try RuleFile.parse(
      Array(text.utf8), path: "rules.json", secrets: SecretsResolver(mode: .lenient, environment: environment))
  }

  private static let open = #"{"telecmi": {"provider": "telecmi", "auth": "none"}}"#

  @Test func theNextRequestGoesByTheNewRulesAlone() throws {
    let fixture = try IntakeFixture(sources: Self.open)
    let new = try rules(
      #"{"telecmi": {"provider": "telecmi", "auth": "none"}, "other": {"provider": "telecmi", "auth": "none"}}"#,
      to: "archive")
    #expect(fixture.post("/hooks/telecmi", missedCall(id: "1")).status == 200)
    #expect(fixture.post("/hooks/other", missedCall(id: "2")).status == 404)
    fixture.intake.use(new, version: try fixture.queue.registerRules(text: new.text))
    #expect(fixture.post("/hooks/telecmi", missedCall(id: "3")).status == 200)
    #expect(fixture.post("/hooks/other", missedCall(id: "4")).status == 200)
    #expect(
      try fixture.text(
        "SELECT group_concat(v || d, ' ') FROM (SELECT rules_version AS v, destination AS d FROM delivery "
          + "JOIN record ON record.id = delivery.record ORDER BY delivery.id)") == "1crm 2archive 2archive")
    var page = MetricsPage()
    fixture.intake.write(to: &page)
    // Counts go on, also of what was counted before.
    #expect(page.text.contains(#"cdrelay_records_total{source="telecmi",outcome="accepted"} 2"#))
    #expect(page.text.contains(#"cdrelay_records_total{source="other",outcome="accepted"} 1"#))
    #expect(page.text.contains("cdrelay_unknown_source_requests_total 1"))
  }

  @Test func aSourceWithoutItsSecretAnswers503AndTheOthersGoOn() throws {
    let fixture = try IntakeFixture(sources: Self.open)
    let sources = """
      {"telecmi": {"provider": "telecmi", "auth": "none"},
       "locked": {"provider": "telecmi", "auth": {"any_of": [{"token": "${GONE}"}, {"allow_from": ["203.0.113.9/32"]}]}}}
      """
    let new = try rules(sources)
    fixture.intake.use(new, version: try fixture.queue.registerRules(text: new.text))
    for token in ["${GONE}", "x", ""] {
      let answer = fixture.post("/hooks/locked", missedCall(), headers: [("x-webhook-token", token)])
      #expect(answer.status == 503)
      #expect(answer.headers["retry-after"] == "60")
      #expect(answer.member("detail") == "this source can't be authenticated now: a secret of it is missing")
    }
    #expect(fixture.post("/hooks/telecmi", missedCall()).status == 200)
    #expect(try fixture.integer("SELECT count(*) FROM record") == 1)
    let mended = try rules(sources, environment: ["GONE": "a-token-that-is-back"])
    fixture.intake.use(mended, version: try fixture.queue.registerRules(text: mended.text))
    #expect(
      fixture.post(
        "/hooks/locked", missedCall(id: "2"), headers: [("x-webhook-token", "a-token-that-is-back")], peer: "10.0.0.1"
      ).status == 200)
  }
}
