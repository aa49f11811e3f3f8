/// How long and how often a destination is tried again.
package struct RetryPolicy: Sendable, Equatable {
  /// Upper bound of the delay behind the first attempt. Default 2 s.
  package var firstDelayMilliseconds: Int64 = 2000
  /// Upper bound of every delay. Default one hour.
  package var maxDelayMilliseconds: Int64 = 3_600_000
  /// Time since the delivery began to wait, less the time its destination was held. Default 168 hours; nil for "never".
  package var giveUpAfterMilliseconds: Int64? = 168 * 3_600_000
  /// 1 to 100; nil, the default, for no limit.
  package var maxAttempts: Int?
  /// Statuses that are tried again, and that are given up at once, before what they mean otherwise. Default none.
  package var retryOn = StatusSet()
  package var giveUpOn = StatusSet()
  /// So many different records refused in a row with the same 4xx hold the destination. Default 20; nil for "never".
  package var holdAfter: Int? = 20
  /// So many failures in a row open the circuit breaker. Default 10; nil for "never".
  package var breakerAfter: Int? = 10

  package init() {}

  /// The upper bound of the delay behind the attempt of this number (from 1): doubled each time, up to the limit. Half of
  /// it is fixed, the other half jitter.
  package func delayBound(afterAttempt attempt: Int) -> Int64 {
    var bound = firstDelayMilliseconds
    for _ in 1..<max(1, min(attempt, 64)) where bound < maxDelayMilliseconds { bound *= 2 }
    return min(bound, maxDelayMilliseconds)
  }
}

extension RetryPolicy {
  static let keys = [
    "first_delay_seconds", "max_delay_seconds", "give_up_after_hours", "max_attempts", "retry_on", "give_up_on",
    "hold_after", "breaker_after",
  ]

  init(reading node: Node) {
    self.init()
    guard let reader = ObjectReader(node, keys: Self.keys) else { return }
    var policy = RetryPolicy()
    if let first = reader["first_delay_seconds"]?.seconds(0.1...86_400) { policy.firstDelayMilliseconds = first }
    if let longest = reader["max_delay_seconds"] {
      policy.maxDelayMilliseconds = longest.seconds(0.1...86_400) ?? policy.maxDelayMilliseconds
      if policy.maxDelayMilliseconds < policy.firstDelayMilliseconds {
        let first = Node.text(Double(policy.firstDelayMilliseconds) / 1000)
        longest.expected("at least first_delay_seconds, which is \(first)")
      }
    } else {
      policy.maxDelayMilliseconds = max(policy.maxDelayMilliseconds, policy.firstDelayMilliseconds)
    }
    if let hours = reader["give_up_after_hours"] {
      if hours.json == .string("never") {
        policy.giveUpAfterMilliseconds = nil
      } else if let number = hours.json.number?.double, (0.01...87_600).contains(number) {
        policy.giveUpAfterMilliseconds = Int64((number * 3_600_000).rounded())
      } else {
        hours.expected(#"a number from 0.01 to 87600 or "never""#)
      }
    }
    policy.maxAttempts = reader["max_attempts"]?.integer(1...100).map(Int.init)
    policy.retryOn = reader["retry_on"].map(StatusSet.init) ?? policy.retryOn
    policy.giveUpOn = reader["give_up_on"].map(StatusSet.init) ?? policy.giveUpOn
    policy.holdAfter = Self.count(reader["hold_after"], otherwise: policy.holdAfter)
    policy.breakerAfter = Self.count(reader["breaker_after"], otherwise: policy.breakerAfter)
    if reader.isEnabled { self = policy }
  }

  private static func count(_ node: Node?, otherwise: Int?) -> Int? {
    guard let node else { return otherwise }
    if node.json == .string("never") { return nil }
    guard let count = node.json.integer, (1...10_000).contains(count) else {
      node.expected("an integer from 1 to 10000 or \"never\"")
      return otherwise
    }
    return Int(count)
  }
}
