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

  /// What connections are counted under: an IPv4 address, or the first 64 bits of an IPv6 one, since a single site has all
  /// the addresses of such a network (RFC 6177). 0 for a peer without either.
  static func network(_ storage: sockaddr_storage) -> UInt64 {
    var storage = storage
    let family = Int32(storage.ss_family)
    return withUnsafeBytes(of: &storage) { bytes in
      func number(_ offset: Int) -> UInt64 {
        UInt64(UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
      }
      switch family {
      case AF_INET: return number(4)
      case AF_INET6:
        let isMapped = number(8) == 0 && number(12) == 0 && number(16) == 0xFFFF
        return isMapped ? number(20) : number(8) << 32 | number(12)
      default: return 0
      }
    }
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
