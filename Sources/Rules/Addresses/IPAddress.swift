/// An IPv4 or IPv6 address. An IPv4-mapped IPv6 address (`::ffff:10.0.0.1`, RFC 4291 §2.5.5.2) is the IPv4 one.
package struct IPAddress: Sendable, Hashable {
  /// 4 or 16 bytes, in network order.
  package let bytes: [UInt8]

  package var isIPv4: Bool { bytes.count == 4 }

  /// 4 or 16 bytes; nil for any other count.
  package init?(bytes: [UInt8]) {
    switch bytes.count {
    case 4: self.bytes = bytes
    case 16: self.bytes = bytes.starts(with: Self.mappedPrefix) ? Array(bytes[12...]) : bytes
    default: return nil
    }
  }

  /// `203.0.113.9` in four decimal parts without leading zeros, or IPv6 as RFC 4291 §2.2 writes it; a zone (`%eth0`) is
  /// left out. nil for anything else.
  package init?(_ text: some StringProtocol) {
    if text.utf8.contains(UInt8(ascii: ":")) {
      guard let bytes = Self.ipv6(Substring(text.prefix { $0 != "%" })) else { return nil }
      self.init(bytes: bytes)
    } else {
      guard let bytes = Self.ipv4(Substring(text)) else { return nil }
      self.init(bytes: bytes)
    }
  }

  static let mappedPrefix: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]

  private static func ipv4(_ text: Substring) -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(4)
    var value = 0
    var digits = 0
    for byte in text.utf8 {
      if byte == UInt8(ascii: ".") {
        guard digits > 0, bytes.count < 3 else { return nil }
        bytes.append(UInt8(value))
        (value, digits) = (0, 0)
        continue
      }
      // No digit stands behind a leading zero.
      guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9"), digits == 0 || value > 0 else { return nil }
      value = value * 10 + Int(byte - UInt8(ascii: "0"))
      digits += 1
      guard value < 256 else { return nil }
    }
    guard digits > 0, bytes.count == 3 else { return nil }
    return bytes + [UInt8(value)]
  }

  /// RFC 4291 §2.2: eight groups of hex, one run of zeros as `::`, the last two groups perhaps as IPv4.
  private static func ipv6(_ text: Substring) -> [UInt8]? {
    var head: [UInt8] = []
    var tail: [UInt8]?
    var rest = text
    if rest.hasPrefix("::") {
      tail = []
      rest = rest.dropFirst(2)
    }
    while !rest.isEmpty {
      let group = rest.prefix { $0 != ":" }
      let isLast = group.endIndex == rest.endIndex
      guard let bytes = isLast && group.contains(".") ? ipv4(group) : hexGroup(group) else { return nil }
      if tail == nil { head += bytes } else { tail? += bytes }
      if isLast { break }
      rest = rest[group.endIndex...].dropFirst()
      if rest.first == ":" {
        guard tail == nil else { return nil }
        tail = []
        rest = rest.dropFirst()
      } else if rest.isEmpty {
        return nil
      }
    }
    guard let tail else { return head.count == 16 ? head : nil }
    guard head.count + tail.count <= 14 else { return nil }
    return head + [UInt8](repeating: 0, count: 16 - head.count - tail.count) + tail
  }

  private static func hexGroup(_ text: Substring) -> [UInt8]? {
    guard (1...4).contains(text.utf8.count), text.utf8.allSatisfy({ isHexDigit($0) }),
      let value = UInt16(text, radix: 16)
    else { return nil }
    return [UInt8(value >> 8), UInt8(value & 0xFF)]
  }

  private static func isHexDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
      UInt8(ascii: "A")...UInt8(ascii: "F"):
      true
    default: false
    }
  }
}

extension IPAddress: CustomStringConvertible {
  /// `203.0.113.9`; IPv6 as RFC 5952 §4 writes it: small hex digits, the longest run of zeros as `::`.
  package var description: String {
    if isIPv4 { return bytes.map(String.init).joined(separator: ".") }
    let groups = stride(from: 0, to: 16, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
    guard let zeros = Self.longestZeros(in: groups) else { return Self.text(groups[...]) }
    return Self.text(groups[..<zeros.lowerBound]) + "::" + Self.text(groups[zeros.upperBound...])
  }

  /// The first of the longest runs of two or more.
  private static func longestZeros(in groups: [UInt16]) -> Range<Int>? {
    var longest: Range<Int>?
    var start = 0
    for index in 0...groups.count where index == groups.count || groups[index] != 0 {
      if index - start > max(1, longest?.count ?? 0) { longest = start..<index }
      start = index + 1
    }
    return longest
  }

  private static func text(_ groups: ArraySlice<UInt16>) -> String {
    groups.map { String($0, radix: 16) }.joined(separator: ":")
  }
}

extension IPAddress {
  /// Whether the address is not one of the public internet: loopback, private, shared (RFC 6598), link-local (which holds
  /// the metadata services of clouds), unspecified, multicast, reserved; and IPv6 that leads to such an IPv4 address.
  package var isPrivate: Bool {
    Self.privateNetworks.contains { $0.contains(self) } || (leadsTo?.isPrivate ?? false)
  }

  /// The IPv4 address that a translator or a tunnel makes of an IPv6 address; nil where there is none.
  private var leadsTo: IPAddress? {
    guard !isIPv4 else { return nil }
    for (network, place) in Self.carriers where network.contains(self) {
      return IPAddress(bytes: Array(bytes[place..<(place + 4)]))
    }
    // Teredo (RFC 4380 §4) holds the client's address with every bit turned.
    return Self.teredo?.contains(self) == true ? IPAddress(bytes: bytes[12...].map { ~$0 }) : nil
  }

  /// Where IPv6 addresses hold an IPv4 address: NAT64 (RFC 6052 §2.1) and 6to4 (RFC 3056 §2).
  private static let carriers: [(CIDR, Int)] = [("64:ff9b::/96", 12), ("2002::/16", 2)].compactMap { text, place in
    CIDR(text).map { ($0, place) }
  }

  private static let teredo = CIDR("2001::/32")

  /// From the IANA registries of special-purpose addresses (RFC 6890), what is not globally reachable; but not the networks
  /// for documentation, which lead nowhere. `::/96` is IPv4-compatible (RFC 4291 §2.5.5.1), `64:ff9b:1::/48` NAT64 of one's
  /// own (RFC 8215).
  private static let privateNetworks: [CIDR] = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3", "::/96", "64:ff9b:1::/48", "100::/64", "fc00::/7", "fe80::/10",
    "fec0::/10", "ff00::/8",
  ].compactMap { CIDR($0) }
}
