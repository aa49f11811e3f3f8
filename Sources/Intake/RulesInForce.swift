import Rules
import Synchronization

/// What one request is received by, from its first look to its commit: one version of the rules and all that follows from it.
/// A class, since every request holds it.
final class Ruling: Sendable {
  let rules: RuleFile
  /// In the database.
  let version: Int64
  let counts: IntakeCounts
  let refusedRequests: RefusedRequests

  init(rules: RuleFile, version: Int64, counts: IntakeCounts, refusedRequests: RefusedRequests) {
    self.rules = rules
    self.version = version
    self.counts = counts
    self.refusedRequests = refusedRequests
  }
}

/// The rules in force, exchanged as a whole while requests come in. The lock is held for a few nanoseconds a request.
final class RulesInForce: Sendable {
  private let ruling: Mutex<Ruling>

  init(_ ruling: Ruling) {
    self.ruling = Mutex(ruling)
  }

  var now: Ruling { ruling.withLock { $0 } }

  func use(_ make: (Ruling) -> Ruling) {
    ruling.withLock { $0 = make($0) }
  }
}
