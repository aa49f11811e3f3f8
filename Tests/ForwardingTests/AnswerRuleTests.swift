import HTTPTypes
import Outgoing
import RelayCore
import Rules
import Testing

@testable import Forwarding

@Suite("Answers of destinations")
struct AnswerRuleTests {
  let now = Instant(milliseconds: 1_759_309_200_000)  // 2025-10-01T09:00:00Z

  private func destination(_ more: String) throws -> Destination {
    let text = """
      {"destinations": {"crm": {"url": "https://crm.example.com/", \(more)}},
       "rules": [{"name": "all", "send_to": ["crm"]}]}
      """
    let resolver = SecretsResolver(mode: .resolved, environment: [:]) { _ in
      .failure(SecretsResolver.FileError(reason: "No such file or directory"))
    }
    return try RuleFile.parse(Array(text.utf8), path: "rules.json", secrets: resolver).destinations[0]
  }

  private func verdict(
    _ destination: Destination, _ status: Int, _ body: String = "", _ headers: [(String, String)] = []
  ) -> Verdict {
    Verdict.on(
      .answered(Answer(status: status, headers: HTTPHeaders(headers), body: Array(body.utf8))),
      policy: destination.retry, answers: destination.answers,
      standing: Standing(attempts: 0, clockStartedAt: now, held: 0), now: now, jitter: 1)
  }

  @Test("An error inside a 200 is a failure: TeleCMI's and Zoho's way")
  func errorInside200() throws {
    let crm = try destination(
      #""answers": [{"when": {"status": 200, "body": {"code": {"$gte": 400}}}, "then": "retry", "note": "an error inside a 200"}]"#
    )
    #expect(verdict(crm, 200, #"{"code": 200}"#) == Verdict(.delivered, nil, .takes))
    #expect(
      verdict(crm, 200, #"{"code": 502}"#)
        == Verdict(.retry(at: now + 2000), "status 200: an error inside a 200", .fails))
    #expect(verdict(crm, 200, "<html>").outcome == .delivered)
    #expect(verdict(crm, 200, #"{"code": "502"}"#).outcome == .delivered)
  }

  @Test("A byte order mark is passed over, before JSON and before text")
  func byteOrderMark() throws {
    let crm = try destination(
      #""answers": [{"when": {"body": {"code": 502}}, "then": "retry"}, {"when": {"body": {"$startsWith": "ERR"}}, "then": "dead"}]"#
    )
    #expect(verdict(crm, 200, "\u{FEFF}" + #"{"code": 502}"#).sign == .fails)
    #expect(verdict(crm, 200, "\u{FEFF}ERR 7").outcome == .dead)
  }

  @Test(
    "A body that answers ask about and that can't be read is noticed, where it could have mattered",
    arguments: [
      (#"{"status": 200, "body": {"code": 502}}"#, 200, "<html>", true),
      (#"{"status": 200, "body": {"code": 502}}"#, 200, #"{"code": 502"#, true),
      (#"{"body": [{"code": 502}]}"#, 200, "busy", true), (#"{"body": 0}"#, 200, "zero", true),
      (#"{"$or": [{"status": 403}, {"body": {"code": {"$exist": true}}}]}"#, 204, "x", true),
      (#"{"$not": {"body": {"code": 0}}, "status": 500}"#, 200, "x", false),
      // It would not have matched anyway, or nothing is unread.
      (#"{"status": 403, "body": {"code": 502}}"#, 200, "<html>", false),
      (#"{"headers": {"x-a": "b"}, "body": {"code": 502}}"#, 200, "<html>", false),
      (#"{"status": 200, "body": {"code": 502}}"#, 200, "", false),
      (#"{"status": 200, "body": {"code": 502}}"#, 200, #"{"code": 200}"#, false),
      // Text is what it asks for.
      (#"{"status": 200, "body": {"$regex": "^ERR"}}"#, 200, "OK", false),
      (#"{"status": 200, "body": {"$in": ["NO", "BUSY"]}}"#, 200, "OK", false),
      (#"{"status": 200}"#, 200, "OK", false),
      // The status says it.
      (#"{"body": {"code": 502}}"#, 500, "<html>", false),
    ] as [(String, Int, String, Bool)])
  func unread(when: String, status: Int, body: String, expected: Bool) throws {
    let crm = try destination(#""answers": [{"when": \#(when), "then": "retry"}]"#)
    #expect(verdict(crm, status, body).leavesBodyUnread == expected)
  }

  @Test("More of a body is kept only where it is looked at")
  func looksAtBody() throws {
    for (when, expected) in [
      (#"{"status": 200}"#, false), (#"{"headers": {"body": "x"}}"#, false), (#"{"body": {"code": 5}}"#, true),
      (#"{"$or": [{"status": 200}, {"$not": {"body": "x"}}]}"#, true),
    ] {
      let crm = try destination(#""answers": [{"when": \#(when), "then": "retry"}]"#)
      #expect(crm.answers[0].looksAtBody == expected, "\(when)")
    }
  }

  @Test("Salesforce's 403 with REQUEST_LIMIT_EXCEEDED waits, any other 403 is refused credentials")
  func salesforce() throws {
    let crm = try destination(
      #""answers": [{"when": {"status": 403, "body": {"errorCode": "REQUEST_LIMIT_EXCEEDED"}}, "then": "wait", "wait_seconds": 900}]"#
    )
    let limit = #"[{"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}]"#
    #expect(
      verdict(crm, 403, limit)
        == Verdict(
          .postponed(until: now + 900_000), "status 403: wait by destinations.crm.answers[0]",
          .wait(until: now + 900_000)))
    let other = #"[{"message": "no", "errorCode": "INSUFFICIENT_ACCESS"}]"#
    #expect(verdict(crm, 403, other).sign == .refusesCredentials)
  }

  @Test("HubSpot's daily quota waits until midnight of the account's zone")
  func hubspot() throws {
    let crm = try destination(
      #""answers": [{"when": {"status": 429, "body": {"policyName": "DAILY"}}, "then": "wait", "wait_until": "00:00", "time_zone": "America/New_York"}]"#
    )
    // 09:00 in UTC is 05:00 there: 19 hours.
    #expect(verdict(crm, 429, #"{"policyName": "DAILY"}"#).sign == .wait(until: now + 19 * 3_600_000))
    #expect(verdict(crm, 429, #"{"policyName": "SECONDLY"}"#) == Verdict(.retry(at: now + 2000), "status 429", .fails))
  }

  @Test("The first that matches counts; headers are found whatever their case; the body may be text")
  func first() throws {
    let crm = try destination(
      #"""
      "answers": [
        {"when": {"headers": {"X-Result": "ok"}}, "then": "delivered"},
        {"when": {"body": {"$regex": "^busy"}}, "then": "retry"},
        {"when": {"status": {"$in": [200, 500]}}, "then": "dead"},
        {"when": {"status": 418}, "then": "hold"}]
      """#)
    #expect(verdict(crm, 500, "busy now", [("X-Result", "ok")]).outcome == .delivered)
    #expect(verdict(crm, 200, "busy now").sign == .fails)
    #expect(
      verdict(crm, 500, "no")
        == Verdict(.dead, "status 500: dead by destinations.crm.answers[2]", .refuses(status: 500)))
    #expect(verdict(crm, 418).sign == .refusesCredentials)
    #expect(verdict(crm, 404).outcome == .dead)
  }

  @Test("retry_on and give_up_on go before what a status means otherwise")
  func statuses() throws {
    let crm = try destination(#""retry": {"retry_on": [404, "3xx"], "give_up_on": [501, 503]}"#)
    #expect(verdict(crm, 404).sign == .fails)
    #expect(verdict(crm, 302).sign == .fails)
    #expect(verdict(crm, 503) == Verdict(.dead, "status 503", .refuses(status: 503)))
    #expect(verdict(crm, 500).sign == .fails)
    #expect(verdict(crm, 400).outcome == .dead)
  }

  @Test(
    "Hints of vendors count where no Retry-After does",
    arguments: [
      ("x-ratelimit-reset", "30", 30_000), ("x-ratelimit-reset", "1759309260", 60_000),
      ("x-ratelimit-reset", "1759309260000", 60_000), ("ratelimit-reset", "5", 5000),
      ("x-rate-limit-reset", "7", 7000), ("x-ratelimit-reset", "99999999", 86_400_000),
      ("x-ratelimit-reset", "Wed, 01 Oct 2025 09:05:00 GMT", 300_000),
    ])
  func hints(name: String, value: String, expected: Int64) throws {
    let crm = try destination(#""max_in_flight": 1"#)
    #expect(verdict(crm, 429, "", [(name, value)]).sign == .wait(until: now + expected))
    #expect(verdict(crm, 429, "", [("retry-after", "9"), (name, value)]).sign == .wait(until: now + 9000))
    #expect(
      verdict(crm, 429, "", [("retry-after", "soon"), ("retry-after", "8"), (name, value)]).sign
        == .wait(until: now + 8000))
    #expect(verdict(crm, 429, "", [(name, "junk"), (name, value)]).sign == .wait(until: now + expected))
  }

  @Test("A hint that is past or junk is none", arguments: ["0", "1759309100", "-5", "soon", ""])
  func noHint(value: String) throws {
    let crm = try destination(#""max_in_flight": 1"#)
    #expect(verdict(crm, 429, "", [("x-ratelimit-reset", value)]).sign == .fails)
  }
}
