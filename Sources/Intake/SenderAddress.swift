import HTTPTypes
import Rules

/// Who sent a request when it came through proxies.
enum SenderAddress {
  /// The address of the connection; where that is a trusted proxy, the last address of `X-Forwarded-For` that is not one.
  /// What stands further left was written by the sender and proves nothing.
  static func of(_ request: HTTPRequest, trustedProxies: [CIDR]) -> String {
    guard !trustedProxies.isEmpty, isTrusted(request.peer, trustedProxies) else { return request.peer }
    let hops = request.headers.values("x-forwarded-for")
      .flatMap { $0.utf8.split(separator: UInt8(ascii: ",")) }
      .map { String(Substring($0.drop { $0 == UInt8(ascii: " ") }.prefix { $0 != UInt8(ascii: " ") })) }
    var sender = request.peer
    for hop in hops.reversed() {
      guard hop.utf8.count <= longestAddress, IPAddress(hop) != nil else { break }
      sender = hop
      if !isTrusted(hop, trustedProxies) { break }
    }
    return sender
  }

  /// Bytes of an IPv6 address with a zone, and more.
  private static let longestAddress = 100

  private static func isTrusted(_ address: String, _ proxies: [CIDR]) -> Bool {
    proxies.contains { $0.contains(address) }
  }
}
