import Rules

/// Settings that a running relay can't change: its sockets, threads and memory are made with them.
enum RestartNeeds {
  /// Those of `new` that act from the next start on only, by their keys.
  static func between(_ started: RuleFile, _ new: RuleFile) -> [String] {
    let (a, b) = (started.relay, new.relay)
    let changes = [
      ("relay.database", a.database != b.database),
      ("relay.body_limit_bytes", a.bodyLimitBytes != b.bodyLimitBytes),
      ("relay.limits", a.limits != b.limits),
      ("relay.queue.max_waiting_requests", a.queue.maxWaitingRequests != b.queue.maxWaitingRequests),
      ("relay.queue.max_waiting_request_bytes", a.queue.maxWaitingRequestBytes != b.queue.maxWaitingRequestBytes),
      ("relay.queue.answer_within_seconds", a.queue.answerWithinMilliseconds != b.queue.answerWithinMilliseconds),
      ("alerts.least_seconds_between", started.alerts.pause != new.alerts.pause),
    ]
    return changes.filter(\.1).map(\.0)
  }
}
