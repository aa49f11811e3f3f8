import Glibc

/// Why an address can't be listened on.
package struct ListenError: Error, Equatable, CustomStringConvertible {
  /// Begins with the address, so that the caller can put the name of its option before it.
  package let description: String

  init(_ description: String) {
    self.description = description
  }

  init(_ what: String, _ code: Int32) {
    description = "\(what): \(Self.reason(code))"
  }

  private static func reason(_ code: Int32) -> String {
    switch code {
    case EADDRINUSE: "address already in use: another program listens there; stop it or choose another port"
    case EADDRNOTAVAIL: "this machine has no such address; choose one of its own, or 0.0.0.0 for all of them"
    case EACCES: "not permitted; ports below 1024 need the capability CAP_NET_BIND_SERVICE"
    case EMFILE, ENFILE: "too many files are open; raise the limit (ulimit -n)"
    default: String(cString: strerror(code))
    }
  }
}
