import HTTPTypes
import Rules

/// Who sent a request when it came through proxies.
enum SenderAddress {
  /// The address of the connection; where that is a trusted proxy, the last address of `X-Forwarded-For` that is not one.
  /// What stands further left was written by the sender and proves nothing.
  static func of(_ request: HTTPRequest, trustedProxies: [CIDR]) -> String {
    guard !trustedProxies.isEmpty, isTrusted(request.peer, trustedProxies) else { return request.peer }
    let hops = request.headers.values("x-forwarded-for")
      .flatMap { $0.split(separator: ",") }
      .map { String($0.drop { $0 == " " }.prefix { $0 != " " }) }
    var sender = request.peer
    for hop in hops.reversed() {
      guard IPAddress(hop) != nil else { break }
      sender = hop
      if !isTrusted(hop, trustedProxies) { break }
    }
    return sender
  }

  private static func isTrusted(_ address: String, _ proxies: [CIDR]) -> Bool {
    proxies.contains { $0.contains(address) }
  }
}
