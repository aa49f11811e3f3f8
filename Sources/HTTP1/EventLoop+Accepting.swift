import CEpoll
import Glibc

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
      case EAGAIN: return
      case EMFILE, ENFILE:
        warn(.descriptors)
        if !shedOne(), !shedWithReserve(listener) { return rest(listener) }
      case ENOMEM, ENOBUFS:
        warn(.memory)
        return rest(listener)
      // A connection that broke while it waited, or a signal (accept(2)); bounded, whatever else it may be.
      default: continue
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
    let peer = PeerAddress.text(storage)
    let network = PeerAddress.network(storage)
    if let end = noRoom(for: network, peer) { return refuse(socket, end) }
    let state = ConnectionState(limits: shared.limits, peer: peer, now: now.milliseconds)
    let connection = Connection(
      identity: connections.nextIdentity(), socket: socket, state: state, interest: EPOLLIN.rawValue, network: network)
    connections.insert(connection)
    watch(socket, connection.interest, mark: connection.identity.raw)
    connection.isInLine = true
    strangers.append(connection.identity.slot)
    watchDeadline(of: connection)
  }

  /// Counts a connection more; where that can't be, says why.
  private func noRoom(for network: UInt64, _ peer: String) -> ConnectionEnd? {
    let ofAddress = shared.addresses.opened(network)
    if ofAddress > shared.connectionsPerAddress, !shared.gate.isProxy(peer) {
      warn(.connectionsOfOneAddress)
      if !shedOne(of: network) {
        shared.addresses.closed(network)
        return .connectionsPerAddress
      }
    }
    if shared.connectionOpened() { return nil }
    warn(.connections)
    if shedOne(), shared.connectionOpened() { return nil }
    shared.addresses.closed(network)
    return .connections
  }

  /// Until the next tick, so that what can't be accepted now does not wake the loop again and again.
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
      if !listener.isInherited { acceptBacklog(of: listener) }
      epoll_ctl(epoll, EPOLL_CTL_DEL, listener.socket, nil)
    }
    listeners = []
    restingListeners = []
  }

  private func acceptBacklog(of listener: Listener) {
    for _ in 0..<Listener.backlog {
      var storage = sockaddr_storage()
      let socket = accept(listener, &storage)
      if socket < 0 { return }
      admit(socket, storage)
    }
  }
}
