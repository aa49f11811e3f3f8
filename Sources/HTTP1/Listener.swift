import Glibc

/// A socket with its address: a server that is told to listen there accepts the connections that wait in its backlog. Until
/// then they are refused, unless the socket was handed to us. Shared by all loops, closed with the last of them.
package final class Listener: Sendable {
  let socket: Int32
  /// Without a port; an IPv6 one in brackets.
  private let host: String
  /// The bound port.
  package let port: Int
  /// Whether the socket was handed to us: then its backlog is our successor's.
  package let isInherited: Bool

  /// `127.0.0.1:8080`, with the bound port.
  package var address: String { "\(host):\(port)" }

  /// `127.0.0.1:8080`, `[::1]:8080`, `0.0.0.0:8080` or `localhost:8080`. Port 0 lets the kernel choose. The error's
  /// description begins with the address.
  package convenience init(address: String) throws {
    try self.init(ListenAddress(address))
  }

  init(_ address: ListenAddress) throws(ListenError) {
    socket = try address.withSocketAddress { (pointer, length) throws(ListenError) in
      let socket = Glibc.socket(
        Int32(pointer.pointee.sa_family), Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue),
        0)
      if socket < 0 { throw ListenError(address.text, errno) }
      Self.set(socket, SOL_SOCKET, SO_REUSEADDR)
      guard bind(socket, pointer, length) == 0 else {
        let code = errno
        close(socket)
        throw ListenError(address.text, code)
      }
      return socket
    }
    isInherited = false
    host = String(address.text.prefix(upTo: address.text.lastIndex(of: ":") ?? address.text.endIndex))
    port = Self.bound(socket).port
    prepareForAccepting()
  }

  /// Takes over a socket that listens already, such as one of a service manager (sd_listen_fds(3)), and closes it in the
  /// end, which leaves the giver's own open.
  package init(inherited descriptor: Int32) throws(ListenError) {
    guard Self.get(descriptor, SO_ACCEPTCONN) == 1, Self.get(descriptor, SO_TYPE) == Int32(SOCK_STREAM.rawValue),
      [AF_INET, AF_INET6].contains(Self.get(descriptor, SO_DOMAIN))
    else {
      throw ListenError("file descriptor \(descriptor): expected a listening TCP socket")
    }
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    socket = descriptor
    isInherited = true
    (host, port) = Self.bound(descriptor)
    prepareForAccepting()
  }

  deinit {
    close(socket)
  }

  /// From now on connections are taken. One that was handed to us listens already.
  func open() throws(ListenError) {
    guard isInherited || Glibc.listen(socket, Self.backlog) == 0 else { throw ListenError(address, errno) }
  }

  /// Connections that may wait to be accepted; the kernel lowers it to net.core.somaxconn, 4,096 by default.
  static let backlog: Int32 = 4096

  /// What the kernel keeps of answers for a peer that does not read, in bytes; it doubles the number (socket(7)). Without
  /// it a connection could take 4 MiB (net.ipv4.tcp_wmem).
  private static let sendBuffer: Int32 = 131_072

  /// Both options are passed on to accepted connections: no system call for each of them.
  private func prepareForAccepting() {
    Self.set(socket, Int32(IPPROTO_TCP), TCP_NODELAY)
    Self.set(socket, SOL_SOCKET, SO_SNDBUF, to: Self.sendBuffer)
  }

  private static func set(_ socket: Int32, _ level: Int32, _ option: Int32, to value: Int32 = 1) {
    var value = value
    setsockopt(socket, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
  }

  private static func get(_ socket: Int32, _ option: Int32) -> Int32? {
    var value: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    return getsockopt(socket, SOL_SOCKET, option, &value, &length) == 0 ? value : nil
  }

  private static func bound(_ socket: Int32) -> (host: String, port: Int) {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    withUnsafeMutablePointer(to: &storage) {
      _ = $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &length) }
    }
    let text = PeerAddress.text(storage)
    // The port stands at the same place in sockaddr_in and sockaddr_in6, in network order.
    let port = withUnsafeBytes(of: &storage) { $0.loadUnaligned(fromByteOffset: 2, as: UInt16.self) }
    return (text.contains(":") ? "[\(text)]" : text, Int(UInt16(bigEndian: port)))
  }
}
