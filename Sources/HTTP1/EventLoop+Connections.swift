import CEpoll
import Glibc
import HTTPTypes

extension EventLoop {
  /// Something happened to a connection's socket.
  func ready(_ connection: Connection, _ events: UInt32) {
    // Both directions are shut or the connection was reset: nobody is left to answer.
    if events & (EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0 { return drop(connection) }
    if events & EPOLLOUT.rawValue != 0 {
      connection.isWriteBlocked = false
      queueForWriting(connection)
    }
    if events & EPOLLIN.rawValue != 0, connection.state.wantsRead { read(connection) }
  }

  /// Once an event: where there is more, epoll tells again, and others had their turn.
  func read(_ connection: Connection) {
    let count = readBuffer.withUnsafeMutableBytes { recv(connection.socket, $0.baseAddress, $0.count, 0) }
    if count > 0 {
      connection.state.received(readBuffer.span.extracting(..<count))
    } else if count == 0 {
      connection.state.peerHasFinished()
    } else if errno == EAGAIN || errno == EINTR {
      return
    } else {
      return drop(connection)
    }
    advance(connection)
  }

  /// Does what the state says until it waits.
  func advance(_ connection: Connection) {
    while true {
      switch connection.state.next(now: now) {
      case .handle(let request, let ticket): hand(request, ticket, of: connection.identity)
      case .weigh(let body): weigh(body, of: connection)
      case .write:
        // Counted before the peer can know of it.
        if let end = connection.state.takeEnd() { count(end, of: connection) }
        // What is queued is written before the loop sleeps, and comes back here.
        if !connection.isWriteBlocked { return queueForWriting(connection) }
        return keepBooks(of: connection)
      case .pull: pull(connection)
      case .halfClose: shutdown(connection.socket, Int32(SHUT_WR))
      case .close: return drop(connection)
      case .wait: return keepBooks(of: connection)
      }
    }
  }

  /// What the loop knows of a connection, brought up to date with its state.
  private func keepBooks(of connection: Connection) {
    let standing = connection.state.standing()
    count(bytes: standing.bufferedBytes, of: connection)
    if standing.isStranger != connection.isInLine { setInLine(connection, standing.isStranger) }
    watch(deadline: standing.deadline, of: connection)
    show(interest: connection, wantsRead: standing.wantsRead)
  }

  private func count(bytes: Int, of connection: Connection) {
    if bytes == connection.countedBytes { return }
    buffers.change(by: bytes - connection.countedBytes)
    connection.countedBytes = bytes
  }

  private func setInLine(_ connection: Connection, _ isInLine: Bool) {
    connection.isInLine = isInLine
    if isInLine { strangers.append(connection.identity.slot) } else { strangers.remove(connection.identity.slot) }
  }

  private func count(_ end: ConnectionEnd, of connection: Connection) {
    connection.isEndCounted = true
    shared.counts.count(end)
  }

  private func weigh(_ body: LargeBody, of connection: Connection) {
    count(bytes: connection.state.bufferedBytes, of: connection)
    if body.isBeginning, let problem = shared.gate.overload() {
      connection.state.refuseBody(problem, .overload, now: now)
    } else if buffers.hasRoom(for: body) {
      connection.state.largeBodyMayGoOn()
    } else {
      let problem = Problem(
        503, "too many large bodies are on their way; come back in a moment", headers: [.init("retry-after", "1")])
      connection.state.refuseBody(problem, .bufferedBytes, now: now)
    }
  }

  private func hand(_ request: HTTPRequest, _ ticket: UInt32, of connection: ConnectionTable.Identity) {
    countRequest()
    shared.handler.handle(request) { [mailbox] response in
      mailbox.post(Mailbox.Answer(connection: connection, ticket: ticket, response: response))
    }
  }

  func write(_ connection: Connection) {
    connection.isQueuedForWriting = false
    // It may have been dropped since it was queued.
    guard connections[connection.identity] != nil, !connection.state.output.isEmpty else { return }
    let count = connection.state.output.withUnsafeBytes {
      send(connection.socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
    if count >= 0 {
      connection.state.wrote(count, now: now)
      // What a socket did not take at once it takes after EPOLLOUT.
      connection.isWriteBlocked = !connection.state.output.isEmpty
    } else if errno == EAGAIN || errno == EINTR {
      connection.isWriteBlocked = true
    } else {
      return drop(connection)
    }
    advance(connection)
  }

  /// Tells epoll what is waited for, where that has changed.
  private func show(interest connection: Connection, wantsRead: Bool) {
    var interest: UInt32 = wantsRead ? EPOLLIN.rawValue : 0
    if connection.isWriteBlocked { interest |= EPOLLOUT.rawValue }
    if interest == connection.interest { return }
    connection.interest = interest
    var event = epoll_event(events: interest, data: epoll_data_t(u64: connection.identity.raw))
    epoll_ctl(epoll, EPOLL_CTL_MOD, connection.socket, &event)
  }

  /// `end` where the state does not know why.
  func drop(_ connection: Connection, _ end: ConnectionEnd = .peer) {
    let end = connection.state.takeEnd() ?? end
    endStream(of: connection)
    if !connection.isEndCounted { count(end, of: connection) }
    if connection.isInLine { setInLine(connection, false) }
    buffers.change(by: -connection.countedBytes)
    connections.remove(connection)
    // Closing takes the socket out of epoll.
    close(connection.socket)
    shared.addresses.closed(connection.network)
    shared.connectionClosed()
    // The loop may sleep from now on.
    if connections.count == 0 { publishCounts() }
  }
}
