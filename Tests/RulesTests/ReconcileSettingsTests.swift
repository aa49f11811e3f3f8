import RelayCore
import Testing

@testable import Rules

@Suite struct ReconcileSettingsTests {
  private static func source(
    _ reconcile: String, api: String = #""api": {"secret": "x", "app_id": 1},"#
  ) throws -> Source? {
    let text = #"{"sources": {"s": {"provider": "telecmi", "auth": "none", \#(api) "reconcile": \#(reconcile)}}}"#
    return try RuleFile.parse(Array(text.utf8), path: "rules.json", secrets: SecretsResolver(environment: [:]))
      .source(named: "s")
  }

  @Test func itHasDefaults() throws {
    let settings = try #require(try Self.source("{}")?.reconcile)
    #expect(settings.every == 6 * 3_600_000)
    #expect(settings.lookBack == 48 * 3_600_000)
    #expect(settings.settle == 60 * 60_000)
    #expect(!settings.backfills, "nothing goes anywhere before somebody looked")
  }

  @Test func itIsRead() throws {
    let text = #"{"every_hours": 0.5, "look_back_hours": 24, "settle_minutes": 0, "backfill": true}"#
    let settings = try #require(try Self.source(text)?.reconcile)
    #expect(settings.every == 1_800_000)
    #expect(settings.lookBack == 86_400_000)
    #expect(settings.settle == 0)
    #expect(settings.backfills)
    #expect(try Self.source(#"{"enabled": false}"#)?.reconcile == nil)
  }

  @Test(arguments: [
    (
      "true",
      #"sources.s.reconcile: expected an object such as {"every_hours": 6, "look_back_hours": 48, "backfill": true}, found true"#
    ),
    (#"{"look_back_hours": 0.5}"#, "sources.s.reconcile.look_back_hours: expected a number from 1 to 2160, found 0.5"),
    (#"{"settle_minutes": -1}"#, "sources.s.reconcile.settle_minutes: expected a number from 0 to 1440, found -1"),
    (#"{"backfill": 1}"#, "sources.s.reconcile.backfill: expected true or false, found 1"),
  ]) func whatIsWrongIsSaid(reconcile: String, problem: String) {
    let error = #expect(throws: RuleFileError.self) { try Self.source(reconcile) }
    #expect(error?.problems.map(\.description) == ["rules.json: " + problem])
  }

  @Test func thereMustBeAnAPIThatHasLists() {
    let without = #expect(throws: RuleFileError.self) { try Self.source("{}", api: "") }
    #expect(
      without?.problems.map(\.description)
        == [#"rules.json: sources.s.reconcile: needs "api" beside it: what to ask, and with which secret"#])
    let piopiy = #""api": {"secret": "x", "app_id": 1, "product": "piopiy"},"#
    let error = #expect(throws: RuleFileError.self) { try Self.source("{}", api: piopiy) }
    #expect(
      error?.problems.map(\.description) == [
        "rules.json: sources.s.reconcile: PIOPIY documents no list of calls by date, so there is nothing to compare with"
      ])
  }
}
