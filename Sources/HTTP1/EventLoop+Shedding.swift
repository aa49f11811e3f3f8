import CEpoll
import Glibc
import HTTPTypes
import Telemetry

/// Making room. What is full is given to the newcomer, and taken from the connection that waits longest for its peer:
/// first from strangers, none of whose requests was answered with a 2xx, the oldest first, then from the others. So a
/// flood of connections that say nothing, or dribble, mostly displaces itself, and an honest sender, whose request comes
/// within moments of its connection, is in the handler before its turn comes. A connection with a request in the handler
/// is never shed. An address that has all its connections makes room for a further one among its own.
extension EventLoop {
  /// Slots looked at for the longest wait among connections that are no strangers, and strangers looked at for one of an
  /// address.
  private static let sample = 64

  /// Closes one connection; `network`: one of these addresses. What has come on it is read before, so that a request which
  /// has arrived is served instead; then the next is looked at. False where none was found.
  func shedOne(of network: UInt64? = nil) -> Bool {
    for _ in 0..<16 {
      guard let connection = nextToShed(of: network) else { return false }
      if connection.state.wantsRead {
        read(connection)
        guard connections[connection.identity] != nil else { return true }
        guard connection.state.waitsForPeer else { continue }
      }
      shed(connection)
      return true
    }
    return false
  }

  /// Closes connections that wait until the buffers are within their limit again, or none is left that does.
  func freeBuffers() {
    warn(.buffers)
    while buffers.isExceeded, let connection = nextToShed() { shed(connection) }
  }

  private func nextToShed(of network: UInt64? = nil) -> Connection? {
    let stranger = strangers.first(ofNext: Self.sample) { slot in
      network == nil || connections[slot: slot]?.network == network
    }
    if let stranger { return connections[slot: stranger] }
    return connections.longestWaiting(ofNext: Self.sample, network: network)
  }

  private func shed(_ connection: Connection) {
    // A sender in the middle of a request is told, as well as that goes without waiting for it.
    if connection.state.isInsideRequest, connection.state.output.isEmpty { sendRefusal(connection.socket) }
    drop(connection, .shed)
  }

  /// One connection too many, while all others are at work or it has too many of its own.
  func refuse(_ socket: Int32, _ end: ConnectionEnd) {
    shared.counts.count(end)
    // What has come is read, or closing would reset the connection and take the answer back.
    _ = readBuffer.withUnsafeMutableBytes { recv(socket, $0.baseAddress, $0.count, 0) }
    sendRefusal(socket)
    shutdown(socket, Int32(SHUT_WR))
    close(socket)
  }

  private func sendRefusal(_ socket: Int32) {
    _ = send(socket, Self.refusal, Self.refusal.count, Int32(MSG_NOSIGNAL))
  }

  /// Made once: a flood of connections is refused for the price of a few system calls each. Without `Date`, which a 5xx may
  /// do without (RFC 9110 §6.6.1).
  private static let refusal: [UInt8] = {
    let problem = Problem(503, "there are too many connections; come back in a moment")
    let body = problem.response.body
    let head = """
      HTTP/1.1 503 Service Unavailable\r
      content-type: application/problem+json\r
      retry-after: 5\r
      Connection: close\r
      Content-Length: \(body.count)\r
      \r

      """
    return Array(head.utf8) + body
  }()

  /// No descriptor is left and no connection can be shed. One that is not accepted would wake the loop again at once, for
  /// ever: the reserve makes room to accept and close it. False where that did not help.
  func shedWithReserve(_ listener: Listener) -> Bool {
    guard reserve >= 0 else { return false }
    close(reserve)
    let socket = accept4(listener.socket, nil, nil, Int32(SOCK_CLOEXEC.rawValue))
    if socket >= 0 {
      shared.counts.count(.connections)
      close(socket)
    }
    reserve = Self.openReserve()
    return socket >= 0
  }

  /// At most one line of each kind every ten seconds, since each of a flood of connections comes here.
  func warn(_ shortage: Shortage) {
    if now.milliseconds < nextWarning[shortage.rawValue] { return }
    nextWarning[shortage.rawValue] = now.milliseconds + 10_000
    shared.log.warning(
      shortage.event, [LogField("connections", connections.count), LogField("buffered_bytes", buffers.used)])
  }
}

/// What there may be too little of.
enum Shortage: Int, CaseIterable {
  case connections
  case connectionsOfOneAddress
  case descriptors
  case memory
  case buffers

  var event: StaticString {
    switch self {
    case .connections: "connections.full"
    case .connectionsOfOneAddress: "connections.full_for_one_address"
    case .descriptors: "descriptors.exhausted"
    case .memory: "memory.exhausted"
    case .buffers: "buffers.full"
    }
  }
}
