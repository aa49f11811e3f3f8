import DurableQueue
import RelayCore

/// What forwarding asks of the durable queue. The queue is its conformer; tests of the sending loop have another one.
package protocol DueQueue: AnyObject, Sendable {
  /// Room in memory for this many more fresh deliveries; negative takes some back.
  func grant(destination: String, room: Int)
  /// Turns due deliveries into `sending` and reads them, the longest due first.
  func claim(
    destination: String, limit: Int, byteLimit: Int, reply: @escaping @Sendable (Result<Claim, CommitFailure>) -> Void)
  /// Writes what became of deliveries in the next group commit.
  func settle(_ settlements: [Settlement])
  /// Afterwards exactly these destinations, with these reasons, are held by the rule file and its secrets.
  func synchronizeRuleHolds(_ held: RuleHolds)
  /// `until`: when a limit ends, or a breaker's next probe comes.
  func hold(_ destination: String, _ kind: Hold.Kind, reason: String, until: Instant?)
  func release(_ destination: String, _ kind: Hold.Kind)
  /// What was sent of the quota of a day by now.
  func use(_ quota: QuotaUse, of destination: String)
  /// As one of the call that was placed through the relay, where it is one.
  func marked(_ record: Record) -> Record
}

extension DurableQueue: DueQueue {
  package func marked(_ record: Record) -> Record {
    callMark(of: record).map(record.marked) ?? record
  }
}
