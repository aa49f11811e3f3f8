import DurableQueue
import HTTPTypes
import Telemetry
import TestSupport
import Testing

/// What senders are told while the queue is past a limit.
@Suite struct OverloadTests {
  private let sources = #"{"telecmi": {"provider": "telecmi", "auth": {"token": "secret-token"}}}"#

  private func full() throws -> IntakeFixture {
    var settings = DurableQueue.Settings()
    settings.freeBytes = { _ in 20 << 20 }
    return try IntakeFixture(sources: sources, settings: settings)
  }

  @Test func aSenderIsToldWhichLimitWhatToDoAndWhenToComeAgain() throws {
    let fixture = try full()
    let answer = fixture.post("/hooks/telecmi/secret-token", missedCall())
    #expect(answer.status == 503)
    #expect(answer.headers["retry-after"] == "30")
    #expect(answer.headers["content-type"] == "application/problem+json")
    #expect(answer.text.contains("relay.queue.reserve_bytes") && answer.text.contains("make room"))
    #expect(!answer.text.contains("secret-token") && !answer.text.contains(fixture.folder.path))
    #expect(fixture.intake.refusal?.status == 503)
  }

  /// Whatever would be refused with 4xx when there is room: the sender may be right, and nothing can be kept.
  @Test func nothingIsAnswered4xxThatCouldNotBeKept() throws {
    let fixture = try full()
    for body in ["{broken", "[]", ""] {
      #expect(fixture.post("/hooks/telecmi/secret-token", body).status == 503)
    }
    let large = HTTPRequest(method: "POST", path: "/hooks/telecmi/secret-token", body: .tooLarge(declared: 5_000_000))
    #expect(fixture.send(large).status == 503)
    #expect(fixture.post("/hooks/nobody", missedCall()).status == 404)
  }

  @Test func requestsAreCountedBySourceAndOutcome() throws {
    let fixture = try IntakeFixture(sources: sources)
    for _ in 0..<3 { _ = fixture.post("/hooks/telecmi/secret-token", missedCall()) }
    _ = fixture.post("/hooks/telecmi/secret-token", "{broken")
    _ = fixture.post("/hooks/telecmi/wrong", missedCall())
    _ = fixture.post("/hooks/nobody", missedCall())
    var page = MetricsPage()
    fixture.intake.write(to: &page)
    for (outcome, count) in [("accepted", 1), ("duplicate", 2), ("quarantined", 1), ("refused", 1), ("unavailable", 0)]
    {
      let line = #"cdrelay_records_total{source="telecmi",outcome="\#(outcome)"} \#(count)"#
      #expect(page.text.contains(line + "\n"), "\(line) is missing in\n\(page.text)")
    }
    #expect(page.text.contains("cdrelay_unknown_source_requests_total 1\n"))
  }
}
