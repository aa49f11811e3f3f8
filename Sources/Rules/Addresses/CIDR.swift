/// A block of addresses in CIDR notation (RFC 4632 §3.1): `10.1.0.0/16`, `2001:db8::/32`. IPv4 blocks hold IPv4-mapped
/// IPv6 addresses too; no IPv6 block holds an IPv4 address.
package struct CIDR: Sendable, Hashable, CustomStringConvertible {
  /// The first address of the block.
  package let network: IPAddress
  /// Leading bits that an address must share with `network`: 0 to 32, or 0 to 128.
  package let prefixLength: Int
  /// As written.
  package let description: String

  /// An address alone is the block of that one address. Bits behind the prefix are ignored. nil for anything else.
  package init?(_ text: String) {
    let halves = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let address = IPAddress(halves[0]), !halves[0].contains("%") else { return nil }
    var length = address.bytes.count * 8
    if halves.count == 2 {
      guard let written = Self.number(halves[1]) else { return nil }
      // The prefix of a mapped block counts the 96 bits before the IPv4 address.
      let isMapped = address.isIPv4 && halves[0].contains(":")
      guard !isMapped || written >= 96, written - (isMapped ? 96 : 0) <= length else { return nil }
      length = written - (isMapped ? 96 : 0)
    }
    var bytes = address.bytes
    for index in bytes.indices { bytes[index] &= Self.mask(of: index, length) }
    guard let network = IPAddress(bytes: bytes) else { return nil }
    self.network = network
    prefixLength = length
    description = text
  }

  package func contains(_ address: IPAddress) -> Bool {
    guard address.bytes.count == network.bytes.count else { return false }
    for index in 0..<(prefixLength + 7) / 8
    where (address.bytes[index] ^ network.bytes[index]) & Self.mask(of: index, prefixLength) != 0 { return false }
    return true
  }

  /// False also for what is no address.
  package func contains(_ text: String) -> Bool {
    IPAddress(text).map(contains) ?? false
  }

  private static func mask(of index: Int, _ length: Int) -> UInt8 {
    let bits = min(8, max(0, length - index * 8))
    return bits == 0 ? 0 : 0xFF << UInt8(8 - bits)
  }

  private static func number(_ text: Substring) -> Int? {
    guard (1...3).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return Int(text)
  }
}
