import Glibc

/// A socket that accepts connections; shared by all loops, closed with the last of them.
final class Listener: Sendable {
  let socket: Int32
  /// The bound port.
  let port: Int
  /// Whether the socket was handed to us: then its backlog is our successor's.
  let isInherited: Bool

  init(_ address: ListenAddress) throws(ListenError) {
    socket = try address.withSocketAddress { (pointer, length) throws(ListenError) in
      let socket = Glibc.socket(
        Int32(pointer.pointee.sa_family), Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue),
        0)
      if socket < 0 { throw ListenError(address.text, errno) }
      Self.set(socket, SOL_SOCKET, SO_REUSEADDR)
      guard bind(socket, pointer, length) == 0, Glibc.listen(socket, Self.backlog) == 0 else {
        let code = errno
        close(socket)
        throw ListenError(address.text, code)
      }
      return socket
    }
    isInherited = false
    port = Self.boundPort(socket)
    Self.set(socket, Int32(IPPROTO_TCP), TCP_NODELAY)
  }

  /// Takes over a socket that listens already, such as one of a service manager (sd_listen_fds(3)).
  init(inherited descriptor: Int32) throws(ListenError) {
    var listens: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    guard getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) == 0, listens == 1 else {
      throw ListenError("file descriptor \(descriptor): expected a listening socket")
    }
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    socket = descriptor
    isInherited = true
    port = Self.boundPort(descriptor)
    Self.set(socket, Int32(IPPROTO_TCP), TCP_NODELAY)
  }

  deinit {
    close(socket)
  }

  /// Connections that may wait to be accepted; the kernel lowers it to net.core.somaxconn, 4,096 by default.
  private static let backlog: Int32 = 4096

  /// TCP_NODELAY, too, is passed on to accepted connections (tcp(7)): no system call for each of them.
  private static func set(_ socket: Int32, _ level: Int32, _ option: Int32) {
    var on: Int32 = 1
    setsockopt(socket, level, option, &on, socklen_t(MemoryLayout<Int32>.size))
  }

  private static func boundPort(_ socket: Int32) -> Int {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return withUnsafeMutableBytes(of: &storage) { bytes in
      guard let base = bytes.baseAddress, getsockname(socket, base.assumingMemoryBound(to: sockaddr.self), &length) == 0
      else { return 0 }
      // The port stands at the same place in sockaddr_in and sockaddr_in6, in network order.
      return Int(UInt16(bigEndian: base.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
    }
  }
}
