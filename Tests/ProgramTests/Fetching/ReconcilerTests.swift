import Dispatch
import DurableQueue
import Foundation
import RelayCore
import Rules
import Simulator
import Telemetry
import TestSupport
import Testing

@testable import cdrelay

/// A relay that compares by itself.
@Suite(.serialized) struct ReconcilerTests {
  private static let settings = #""reconcile": {"every_hours": 6, "look_back_hours": 80, "backfill": BACKFILL},"#

  private static func fixture(backfills: Bool, secret: String? = nil) throws -> SimulatedProviderFixture {
    try SimulatedProviderFixture(
      .telecmi, calls: 200, secret: secret,
      more: settings.replacingOccurrences(of: "BACKFILL", with: backfills ? "true" : "false"))
  }

  /// Runs until something is kept of the source.
  private static func run(_ fixture: SimulatedProviderFixture) throws -> (KeptReconciliation, Reconciler) {
    let time = ManualTime(SimulatedProviderFixture.later)
    let reconciler = Reconciler(
      path: fixture.database, rules: try fixture.file, version: 1, time: time, log: .silent)
    reconciler.start()
    time.advance(seconds: 31)
    defer { reconciler.stop() }
    let visitor = try QueueVisitor(path: fixture.database)
    let end = Date().addingTimeInterval(60)
    let pause = DispatchSemaphore(value: 0)
    while Date() < end {
      if let kept = try visitor.reconciliations().first { return (kept, reconciler) }
      // Nothing in this process can signal a change of the file: look again a little later.
      _ = pause.wait(timeout: .now() + 0.05)
    }
    return (try #require(try visitor.reconciliations().first), reconciler)
  }

  private static func status(_ fixture: SimulatedProviderFixture, _ more: String = "") -> CalledCommand {
    CalledCommand(
      "status \(more)", ["--rules", fixture.rules, "--database", fixture.database],
      now: SimulatedProviderFixture.later + 60_000)
  }

  @Test func whatIsMissingIsFetchedAndShown() throws {
    let fixture = try Self.fixture(backfills: true)
    let (kept, reconciler) = try Self.run(fixture)
    let missing = fixture.missing.count
    #expect(kept.failure == nil)
    let status = try #require(ReconciliationStatus(kept))
    #expect(status.missing == missing)
    #expect(status.stored == missing)
    #expect(status.provider == 200)
    #expect(status.report["calls"]?.array?.count == min(20, missing))
    #expect(status.report["calls"]?.array?[0].object?["from"] == nil, "no numbers")
    #expect(try fixture.integer("SELECT count(*) FROM record WHERE credential = 'backfill'") == Int64(missing))
    #expect(try fixture.text("SELECT user || ' ' || command FROM action") == "cdrelay reconcile telecmi")
    #expect(
      Self.status(fixture).output.contains(
        "telecmi: compared 29 s ago: 200 calls at the provider, \(missing) missing, \(missing) fetched, 0 extra, "
      ))
    let json = Self.status(fixture, "--json").json[0]
    #expect(json["sources"]?["telecmi"]?["reconcile"]?["report"]?["missing"] == .integer(Int64(missing)))
    #expect(!Self.status(fixture, "--problems").output.contains("missing"))
    var page = MetricsPage()
    reconciler.write(to: &page)
    #expect(page.text.contains(#"cdrelay_reconcile_missing{source="telecmi"} 0"#))
    #expect(page.text.contains(#"cdrelay_reconcile_stored_total{source="telecmi"} \#(missing)"#))
    #expect(page.text.contains(#"cdrelay_reconcile_failing{source="telecmi"} 0"#))
    #expect(page.text.contains(#"cdrelay_api_requests_total{source="telecmi",result="answered"}"#))
  }

  @Test func whatIsMissingAndNotFetchedIsAProblem() throws {
    let fixture = try Self.fixture(backfills: false)
    _ = try Self.run(fixture)
    #expect(try fixture.integer("SELECT count(*) FROM record WHERE credential = 'backfill'") == 0)
    let problems = Self.status(fixture, "--problems --json").json
    #expect(problems.map { $0["problem"] }.contains(.string("calls_missing")))
    #expect(
      Self.status(fixture, "--problems").output.contains(
        "telecmi: \(fixture.missing.count) calls are missing that the provider has, from "))
  }

  @Test func anAPIThatRefusesUsIsAProblem() throws {
    let fixture = try Self.fixture(backfills: true, secret: "a-wrong-one")
    let (kept, reconciler) = try Self.run(fixture)
    #expect(kept.comparedAt == nil)
    #expect(kept.failure?.hasPrefix("telecmi: the provider refused our credentials") == true)
    #expect(Self.status(fixture, "--problems --json").json.map { $0["problem"] }.contains(.string("api_failing")))
    #expect(Self.status(fixture).output.contains("telecmi: failed 29 s ago: "))
    var page = MetricsPage()
    reconciler.write(to: &page)
    #expect(page.text.contains(#"cdrelay_reconcile_failing{source="telecmi"} 1"#))
  }

  @Test func itIsDueAgainWhenTheRulesSay() {
    let start = Instant(milliseconds: 1_000_000_000)
    var settings = ReconcileSettings()
    settings.every = 3_600_000
    func next(_ kept: KeptReconciliation?) -> Int64 {
      ReconcileSchedule.next(settings, kept, startedAt: start) - start
    }
    #expect(next(nil) == 30_000)
    #expect(next(KeptReconciliation(source: "s", comparedAt: start + -10_000_000)) == 30_000, "a start waits a little")
    #expect(next(KeptReconciliation(source: "s", comparedAt: start + -600_000)) == 3_000_000)
    #expect(
      next(KeptReconciliation(source: "s", comparedAt: start + -600_000, failedAt: start, failure: "x")) == 900_000)
    settings.every = 60_000
    #expect(next(KeptReconciliation(source: "s", failedAt: start, failure: "x")) == 60_000)
  }
}
