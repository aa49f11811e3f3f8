import Glibc
import HTTPTypes

/// A socket and what is known of it. Belongs to one event loop.
final class Connection {
  let identity: ConnectionTable.Identity
  let socket: Int32
  var state: ConnectionState
  /// What epoll was asked to tell of.
  var interest: UInt32
  /// Whether the loop has it among those to write to before it sleeps.
  var isQueuedForWriting = false
  /// `PeerAddress.network`: what its connections are counted under.
  let network: UInt64
  /// Its share of the loop's `BufferBudget`.
  var countedBytes = 0
  /// When the `DeadlineWheel` has it looked at, in milliseconds; `Int64.max` for never.
  var isLookedAt = Int64.max
  /// Whether `ConnectionCounts` has its end.
  var isEndCounted = false
  /// Whether it stands in the loop's line of strangers.
  var isInLine = false
  /// Whether the socket took less than it was given: it tells when it takes more.
  var isWriteBlocked = false
  /// Where the answer that is under way in pieces comes from.
  var stream: BodyStream?

  init(
    identity: ConnectionTable.Identity, socket: Int32, state: ConnectionState, interest: UInt32, network: UInt64
  ) {
    self.identity = identity
    self.socket = socket
    self.state = state
    self.network = network
    self.interest = interest
  }
}
