import HTTPTypes
import Outgoing
import RelayCore
import Rules
import Testing
import TestSupport

@testable import Forwarding

@Suite("What becomes of a delivery")
struct VerdictTests {
  let now = Instant(milliseconds: 1_759_309_200_000)  // 2025-10-01T09:00:00Z
  let policy = RetryPolicy()

  private func verdict(
    _ result: SendResult, attempts: Int = 0, age: Int64 = 0, held: Int64 = 0, jitter: Double = 1,
    policy: RetryPolicy = RetryPolicy()
  ) -> Verdict {
    Verdict.on(
      result, policy: policy, standing: Standing(attempts: attempts, clockStartedAt: now + -age, held: held),
      now: now, jitter: jitter)
  }

  private func answer(_ status: Int, retryAfter: String? = nil) -> SendResult {
    .answered(Answer(status: status, headers: HTTPHeaders(retryAfter.map { [("retry-after", $0)] } ?? [])))
  }

  @Test("2xx is delivered", arguments: [200, 201, 202, 204, 299])
  func delivered(status: Int) {
    #expect(verdict(answer(status)) == Verdict(.delivered, nil, .takes))
  }

  @Test("What may pass is tried again", arguments: [408, 425, 429, 500, 502, 503, 504, 599])
  func retried(status: Int) {
    #expect(verdict(answer(status)) == Verdict(.retry(at: now + 2000), "status \(status)", .fails))
  }

  @Test("Refused credentials hold the destination", arguments: [401, 403, 407])
  func held(status: Int) {
    #expect(
      verdict(answer(status))
        == Verdict(.postponed(until: now), "status \(status): the credentials were refused", .refusesCredentials))
  }

  @Test("Everything else is dead at once", arguments: [101, 400, 404, 409, 410, 413, 422, 451, 600])
  func dead(status: Int) {
    #expect(verdict(answer(status)) == Verdict(.dead, "status \(status)", .refuses(status: status)))
  }

  @Test("Redirects are dead and say so", arguments: [301, 302, 304, 307, 308])
  func redirect(status: Int) {
    #expect(
      verdict(answer(status))
        == Verdict(.dead, "status \(status): redirects are not followed", .refuses(status: status)))
  }

  @Test("No answer is tried again, no record that fits is not")
  func withoutAnswer() {
    #expect(verdict(.failed("connection refused")) == Verdict(.retry(at: now + 2000), "connection refused", .fails))
    #expect(
      verdict(.refused(address: "10.0.0.1"))
        == Verdict(
          .retry(at: now + 2000),
          "10.0.0.1 is a loopback, private or reserved address; set allow_private on the destination to send there",
          .fails))
    #expect(verdict(.unrenderable("destinations.crm.body.id: missing")).outcome == .dead)
    #expect(verdict(.interrupted).outcome == .interrupted)
  }

  @Test("Delays double up to the limit, and jitter never takes more than half")
  func backoff() {
    var bounds: [Int64] = []
    for attempt in 1...16 {
      let longest = Backoff.delay(afterAttempt: attempt, policy, 1)
      let shortest = Backoff.delay(afterAttempt: attempt, policy, 0)
      #expect(shortest == longest / 2)
      #expect((shortest...longest).contains(Backoff.delay(afterAttempt: attempt, policy, 0.3)))
      bounds.append(longest)
    }
    #expect(bounds.prefix(4) == [2000, 4000, 8000, 16_000])
    #expect(bounds == bounds.sorted())
    #expect(bounds.last == 3_600_000)
    #expect(Backoff.delay(afterAttempt: 1, policy, .nan) <= 2000)
  }

  @Test("Retry-After is honoured where it asks for more than the backoff")
  func retryAfter() {
    #expect(verdict(answer(429, retryAfter: "120")).outcome == .retry(at: now + 120_000))
    #expect(verdict(answer(503, retryAfter: "Wed, 01 Oct 2025 09:05:00 GMT")).outcome == .retry(at: now + 300_000))
    #expect(verdict(answer(503, retryAfter: "1")).outcome == .retry(at: now + 2000))
    #expect(verdict(answer(503, retryAfter: "soon")).outcome == .retry(at: now + 2000))
    #expect(verdict(answer(503, retryAfter: "99999999999999999999")).outcome == .retry(at: now + 86_400_000))
  }

  @Test("It gives up when its time is over, and not before a last attempt at the end of it")
  func givesUpByTime() {
    var policy = RetryPolicy()
    policy.giveUpAfterMilliseconds = 3_600_000
    #expect(verdict(answer(503), attempts: 12, age: 3_599_000, policy: policy).outcome == .retry(at: now + 1000))
    #expect(
      verdict(answer(503), attempts: 12, age: 3_600_000, policy: policy)
        == Verdict(.dead, "status 503; gave up after 1 hour and 13 attempts", .fails))
    #expect(
      verdict(answer(503), attempts: 0, age: 7_200_000, held: 3_600_001, policy: policy).outcome
        == .retry(at: now + 1))
    policy.giveUpAfterMilliseconds = nil
    #expect(verdict(answer(503), attempts: 1000, age: .max / 2, policy: policy).outcome == .retry(at: now + 3_600_000))
  }

  @Test("It gives up after max_attempts where that is set")
  func givesUpByCount() {
    var policy = RetryPolicy()
    policy.maxAttempts = 3
    #expect(verdict(answer(500), attempts: 1, policy: policy).outcome == .retry(at: now + 4000))
    #expect(
      verdict(answer(500), attempts: 2, policy: policy)
        == Verdict(.dead, "status 500; gave up after 3 attempts", .fails))
  }
}

@Suite("Retry-After")
struct RetryAfterTests {
  let now = Instant(milliseconds: 784_111_777_000)  // Sun, 06 Nov 1994 08:49:37 GMT

  @Test(
    "Seconds and the three forms of dates",
    arguments: [
      ("0", 0), ("5", 5000), (" 5 ", 5000), ("1.2", 2000), ("86401", 86_400_000),
      ("Sun, 06 Nov 1994 08:49:47 GMT", 10_000), ("Sunday, 06-Nov-94 08:49:47 GMT", 10_000),
      ("Sun Nov  6 08:49:47 1994", 10_000), ("Sun, 06 Nov 1994 08:49:00 GMT", 0),
      ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400_000),
    ])
  func reads(value: String, expected: Int64) {
    #expect(RetryAfter.delay(value, now: now) == expected)
  }

  @Test(
    "Anything else is nothing",
    arguments: [
      "", " ", "-1", "+5", "5s", "1e3", "1.", "0x10", "tomorrow", "Sun, 31 Feb 1994 08:49:37 GMT",
      "Sun, 06 Nov 1994 25:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 PST", "06 Nov 1994", "５",
    ])
  func refuses(value: String) {
    #expect(RetryAfter.delay(value, now: now) == nil)
  }
}
