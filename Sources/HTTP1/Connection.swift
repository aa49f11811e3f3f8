import Glibc

/// A socket and what is known of it. Belongs to one event loop.
final class Connection {
  let identity: ConnectionTable.Identity
  let socket: Int32
  var state: ConnectionState
  /// What epoll was asked to tell of.
  var interest: UInt32
  /// Whether the loop has it among those to write to before it sleeps.
  var isQueuedForWriting = false
  /// Whether the socket took less than it was given: it tells when it takes more.
  var isWriteBlocked = false

  init(identity: ConnectionTable.Identity, socket: Int32, state: ConnectionState, interest: UInt32) {
    self.identity = identity
    self.socket = socket
    self.state = state
    self.interest = interest
  }
}
