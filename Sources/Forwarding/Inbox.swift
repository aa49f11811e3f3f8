import DurableQueue

/// What other threads have told the sending loop since its last turn.
struct Inbox {
  var taken: [DueDelivery] = []
  var claims: [(destination: String, result: Result<Claim, CommitFailure>)] = []
  var becameDue: Set<String> = []
  /// The newest word on what is held; nil where none came.
  var holds: [String: HoldState]?
  /// The newest rules; nil where none came.
  var settings: Forwarder.Settings?
  /// The newest word on commits; nil where none came.
  var commitsFail: Bool?
  /// Set once: stop, and wait this long for what is in flight.
  var stopBy: ContinuousClock.Instant?
}
