import Glibc

/// The text of a peer's address, without its port.
enum PeerAddress {
  /// An IPv4 peer of an IPv6 socket (`::ffff:203.0.113.9`) is written as what it is: `203.0.113.9`.
  static func text(_ storage: sockaddr_storage) -> String {
    var storage = storage
    let family = Int32(storage.ss_family)
    let text = withUnsafeBytes(of: &storage) { bytes -> String? in
      guard let base = bytes.baseAddress else { return nil }
      // The address begins at byte 4 of sockaddr_in and at byte 8 of sockaddr_in6.
      return Self.text(base + (family == AF_INET ? 4 : 8), family: family)
    }
    guard let text else { return "" }
    return text.hasPrefix("::ffff:") && text.contains(".") ? String(text.dropFirst(7)) : text
  }

  private static func text(_ address: UnsafeRawPointer, family: Int32) -> String? {
    guard family == AF_INET || family == AF_INET6 else { return nil }
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { buffer in
      guard let base = buffer.baseAddress, let text = inet_ntop(family, address, base, socklen_t(buffer.count)) else {
        return nil
      }
      return String(cString: text)
    }
  }
}
