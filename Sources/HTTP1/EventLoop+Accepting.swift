import CEpoll
import Glibc
import HTTPTypes
import Telemetry

extension EventLoop {
  /// EPOLLEXCLUSIVE wakes one loop for a connection, not all.
  func add(_ listener: Listener) {
    if isDraining { return }
    listeners.append(listener)
    watch(listener)
  }

  private func watch(_ listener: Listener) {
    guard let index = listeners.firstIndex(where: { $0 === listener }) else { return }
    watch(
      listener.socket, EPOLLIN.rawValue | EPOLLEXCLUSIVE.rawValue, mark: Self.firstListenerMark + UInt64(index))
  }

  /// Accepts what waits, up to a number that leaves the others their turn.
  func accept(from listener: Listener) {
    for _ in 0..<64 {
      var storage = sockaddr_storage()
      let socket = accept(listener, &storage)
      if socket >= 0 {
        admit(socket, storage)
        continue
      }
      switch errno {
      case EINTR, ECONNABORTED: continue
      case EMFILE, ENFILE:
        if !shedWithReserve(listener) { return rest(listener) }
      case EAGAIN: return
      default: return rest(listener)
      }
    }
  }

  private func accept(_ listener: Listener, _ storage: inout sockaddr_storage) -> Int32 {
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return withUnsafeMutablePointer(to: &storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        accept4(listener.socket, $0, &length, Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue))
      }
    }
  }

  private func admit(_ socket: Int32, _ storage: sockaddr_storage) {
    guard shared.connectionOpened() else { return refuse(socket) }
    let state = ConnectionState(
      limits: shared.limits, peer: PeerAddress.text(storage), now: now.milliseconds)
    let connection = Connection(
      identity: connections.nextIdentity(), socket: socket, state: state, interest: EPOLLIN.rawValue)
    connections.insert(connection)
    watch(socket, connection.interest, mark: connection.identity.raw)
  }

  // MARK: Shedding

  /// One connection too many: it is told so, as well as that goes without waiting for it.
  private func refuse(_ socket: Int32) {
    warn("connections.full")
    let problem = Problem(
      503, "there are too many connections; come back in a moment", headers: [.init("retry-after", "5")])
    var bytes: [UInt8] = []
    ResponseWriter(date: now.date, connection: .closes, isHead: false).write(problem.response, to: &bytes)
    // What has come is read, or closing would reset the connection and take the answer back.
    _ = readBuffer.withUnsafeMutableBytes { recv(socket, $0.baseAddress, $0.count, 0) }
    _ = send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    shutdown(socket, Int32(SHUT_WR))
    close(socket)
  }

  /// No descriptor is left. A connection that is not accepted would wake the loop again at once, for ever: the reserve
  /// makes room to accept and close it. False where that did not help.
  private func shedWithReserve(_ listener: Listener) -> Bool {
    warn("descriptors.exhausted")
    guard reserve >= 0 else { return false }
    close(reserve)
    var storage = sockaddr_storage()
    let socket = accept(listener, &storage)
    if socket >= 0 { close(socket) }
    reserve = Self.openReserve()
    return socket >= 0
  }

  /// At most one line every ten seconds, since each of a flood of connections comes here.
  private func warn(_ name: StaticString) {
    if now.milliseconds < nextShedWarning { return }
    nextShedWarning = now.milliseconds + 10_000
    shared.log.warning(name, [LogField("connections", connections.count)])
  }

  private func rest(_ listener: Listener) {
    epoll_ctl(epoll, EPOLL_CTL_DEL, listener.socket, nil)
    restingListeners.append(listener)
  }

  func wakeListeners() {
    if reserve < 0 { reserve = Self.openReserve() }
    for listener in restingListeners { watch(listener) }
    restingListeners.removeAll()
  }

  // MARK: Draining

  /// Our own sockets' backlog would be reset: those connections are taken first. An inherited socket lives on in the
  /// process that gave it, and so does its backlog.
  func closeListeners() {
    for listener in listeners {
      if !listener.isInherited { accept(from: listener) }
      epoll_ctl(epoll, EPOLL_CTL_DEL, listener.socket, nil)
    }
    listeners = []
    restingListeners = []
  }
}
