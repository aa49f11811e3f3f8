import HTTPTypes
import Rules

/// Who sent a request that came through proxies: what they say, and nothing that the sender says.
enum SenderAddress {
  /// The address of the connection. Where that is a trusted proxy, the first one from the right in `X-Forwarded-For` or
  /// `Forwarded` (RFC 7239) that is not: what stands further left was written by the sender and proves nothing.
  ///
  /// `unknown via ADDRESS`, which `allow_from` never matches, where the proxy at that address does not tell whom it got the
  /// request from, and where the two fields disagree: most proxies write one of them and pass the other on as the sender
  /// wrote it, and which one that is can't be seen here.
  static func of(_ request: HTTPRequest, trustedProxies: [CIDR]) -> String {
    guard !trustedProxies.isEmpty, let peer = IPAddress(request.peer), isTrusted(peer, trustedProxies) else {
      return request.peer
    }
    let lists = [ForwardedHop.xForwardedFor(request.headers), ForwardedHop.forwarded(request.headers)]
    let senders = lists.filter { !$0.isEmpty }.map { sender(of: $0, behind: peer, trustedProxies) }
    guard let sender = senders.first else { return request.peer }
    return senders.allSatisfy { $0 == sender } ? sender : unknown(via: peer)
  }

  private static func sender(of hops: [ForwardedHop], behind peer: IPAddress, _ proxies: [CIDR]) -> String {
    var nearest = peer
    for hop in hops.reversed() {
      guard case .address(let address) = hop else { return unknown(via: nearest) }
      nearest = address
      if !isTrusted(address, proxies) { break }
    }
    return nearest.description
  }

  private static func unknown(via proxy: IPAddress) -> String {
    "unknown via \(proxy)"
  }

  private static func isTrusted(_ address: IPAddress, _ proxies: [CIDR]) -> Bool {
    proxies.contains { $0.contains(address) }
  }
}
