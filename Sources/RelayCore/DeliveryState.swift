/// The life of a delivery: one record for one destination.
///
/// ```
///  route               due                   accepted
/// --------> [waiting] -----> [sending] ----------------> [delivered]
///              ^  ^             |   |                         |
///              |  | retry(at)   |   | dead(reason)            |
///              |  '-------------'   '-------> [dead]          |
///              |   postponed, interrupted       |             |
///              '------------- replay -----------'-------------'
/// ```
///
/// A person may also cancel what waits and close what is dead; both end in `cancelled`, with a reason.
package enum DeliveryState: String, Sendable, CaseIterable {
  /// Has a time of its next attempt, and is sent once that has come and its destination takes something.
  /// Moved on by the forwarder, or by a person who cancels it.
  case waiting
  /// In the forwarder's memory, queued or on the wire. A start of the relay turns it back to `waiting`.
  case sending
  /// The destination accepted it. Final until a person replays it.
  case delivered
  /// Given up, with the reason in `dead_letter`. Kept until a person replays or closes it.
  case dead
  /// A person decided that it is not to be sent, with a reason.
  case cancelled
}
