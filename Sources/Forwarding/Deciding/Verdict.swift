import Outgoing
import RelayCore
import Rules

/// What becomes of a delivery after a try, and why; and what the try says of its destination. Pure: the clock, the rules
/// and the jitter are passed in.
package struct Verdict: Sendable, Equatable {
  package enum Outcome: Sendable, Equatable {
    case delivered
    case retry(at: Instant)
    case dead
    /// Not counted: the whole destination takes nothing for now. Due again then.
    case postponed(until: Instant)
    /// Not counted; due at once.
    case interrupted
  }

  /// What a try says of its destination, whatever becomes of the delivery.
  package enum Sign: Sendable, Equatable {
    /// Nothing: nothing was sent, or nobody waited for the answer.
    case none
    case takes
    /// It did not want this record, with this status. Alone that says nothing of the others.
    case refuses(status: Int)
    case refusesCredentials
    case fails
    /// It wants no request before then.
    case wait(until: Instant)
  }

  package let outcome: Outcome
  /// In words, with the status where there was one; nil for what was delivered.
  package let reason: String?
  package let sign: Sign
  /// The answers' filters ask what is in the body of a 2xx, and it can't be read as JSON: an error in it goes unseen.
  package private(set) var leavesBodyUnread = false

  var isDelivered: Bool { if case .delivered = outcome { true } else { false } }

  package init(_ outcome: Outcome, _ reason: String?, _ sign: Sign) {
    self.outcome = outcome
    self.reason = reason
    self.sign = sign
  }

  /// The same where it was the delivery's lookup that failed.
  var ofLookup: Verdict {
    Verdict(outcome, reason.map { "lookup: \($0)" }, sign)
  }

  /// - Parameter jitter: from 0 to 1, which moves the delay from half of its bound to all of it.
  package static func on(
    _ result: SendResult, policy: RetryPolicy, answers: [AnswerRule] = [], standing: Standing, now: Instant,
    jitter: Double
  ) -> Verdict {
    let backoff = Backoff(policy: policy, standing: standing, now: now, jitter: jitter)
    switch result {
    case .answered(let answer):
      return on(answer, policy, answers, backoff)
    case .failed(let words):
      return backoff.verdict(words)
    case .refused(let address):
      return backoff.verdict(
        "\(address) is a loopback, private or reserved address; set allow_private on the destination to send there")
    case .proxyRefused(407):
      return held("the proxy refused the user or password given for it (status 407)", backoff)
    case .proxyRefused(let status):
      return backoff.verdict("the proxy refused the connection (status \(status))")
    case .unrenderable(let words):
      return Verdict(.dead, words, .none)
    case .interrupted:
      return Verdict(.interrupted, "the relay stopped before an answer came", .none)
    }
  }

  private static func on(
    _ answer: Answer, _ policy: RetryPolicy, _ answers: [AnswerRule], _ backoff: Backoff
  ) -> Verdict {
    let found = first(of: answers, on: answer)
    var verdict = on(answer, policy, found.rule, backoff)
    verdict.leavesBodyUnread = found.leavesBodyUnread
    return verdict
  }

  private static func on(
    _ answer: Answer, _ policy: RetryPolicy, _ rule: AnswerRule?, _ backoff: Backoff
  ) -> Verdict {
    let words = "status \(answer.status)"
    if let rule { return on(answer, rule, "\(words): \(rule.words)", backoff) }
    if policy.giveUpOn.contains(answer.status) { return dead(words, answer) }
    if policy.retryOn.contains(answer.status) { return again(words, answer, backoff) }
    switch answer.status {
    case 200...299: return Verdict(.delivered, nil, .takes)
    case 300...399: return dead("\(words): redirects are not followed", answer)
    case 401, 403, 407: return held("\(words): the credentials were refused", backoff)
    case 408, 425, 429, 500...599: return again(words, answer, backoff)
    default: return dead(words, answer)
    }
  }

  private static func first(
    of answers: [AnswerRule], on answer: Answer
  ) -> (rule: AnswerRule?, leavesBodyUnread: Bool) {
    guard !answers.isEmpty else { return (nil, false) }
    let json = answers.contains(where: \.looksAtBody) ? answer.json : nil
    let subject = answer.subject(json)
    let isUnreadable = json == nil && !answer.body.isEmpty && (200...299).contains(answer.status)
    var leavesBodyUnread = false
    for rule in answers {
      if rule.matches(subject) { return (rule, leavesBodyUnread) }
      if isUnreadable, rule.hingesOnJSONBody(of: subject) { leavesBodyUnread = true }
    }
    return (nil, leavesBodyUnread)
  }

  private static func on(_ answer: Answer, _ rule: AnswerRule, _ words: String, _ backoff: Backoff) -> Verdict {
    switch rule.meaning {
    case .delivered: return Verdict(.delivered, nil, .takes)
    case .retry: return again(words, answer, backoff)
    case .dead: return dead(words, answer)
    case .hold: return held(words, backoff)
    case .wait(let wait):
      let until = wait.end(after: backoff.now)
      return Verdict(.postponed(until: until), words, .wait(until: until))
    }
  }

  private static func dead(_ words: String, _ answer: Answer) -> Verdict {
    Verdict(.dead, words, .refuses(status: answer.status))
  }

  private static func held(_ words: String, _ backoff: Backoff) -> Verdict {
    // Due at once: the hold is what it waits for, and all go the moment it ends.
    Verdict(.postponed(until: backoff.now), words, .refusesCredentials)
  }

  private static func again(_ words: String, _ answer: Answer, _ backoff: Backoff) -> Verdict {
    guard let asked = RetryHint.delay(answer, now: backoff.now), asked > 0 else { return backoff.verdict(words) }
    let until = backoff.now + asked
    return backoff.verdict(words, notBefore: until, .wait(until: until))
  }
}
