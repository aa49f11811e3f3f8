import CEpoll
import Glibc
import HTTPTypes

/// Answers that come in pieces: from their `BodyStream` into the connection's output, whenever that is empty.
extension EventLoop {
  /// - Parameter isTaken: whether its answer was the connection's; the giver of another is told to stop.
  func begin(_ stream: BodyStream, of connection: Connection, isTaken: Bool) {
    if isTaken, connection.state.isStreaming {
      connection.stream = stream
    } else {
      stream.abandon()
    }
  }

  /// Takes what there is. It is written when epoll says that the socket takes it, not at once: a giver and a client that are
  /// both fast would keep the loop to themselves.
  func pull(_ connection: Connection) {
    let (mailbox, identity) = (mailbox, connection.identity)
    let piece =
      connection.stream?.take { mailbox.post(.more(identity)) } ?? BodyStream.Piece(bytes: [], end: .brokenOff)
    connection.state.streamed(piece, now: now)
    if piece.end != nil { connection.stream = nil }
    if !connection.state.output.isEmpty { connection.isWriteBlocked = true }
  }

  func more(of identity: ConnectionTable.Identity) {
    guard let connection = connections[identity] else { return }
    connection.state.streamHasMore()
    advance(connection)
  }

  /// The connection goes: the giver is told, and the client where it could take what it got for all.
  func endStream(of connection: Connection) {
    connection.stream?.abandon()
    connection.stream = nil
    guard connection.state.mustReset else { return }
    var reset = linger(l_onoff: 1, l_linger: 0)
    setsockopt(connection.socket, SOL_SOCKET, SO_LINGER, &reset, socklen_t(MemoryLayout<linger>.size))
  }
}
