import HTTPTypes
import Outgoing
import RelayCore
import Simulator

/// Where a provider's webhooks go, and as whom.
struct HookTarget: Sendable {
  let url: String
  /// Goes along as `Authorization: Bearer`.
  var token: String?
  /// Callr's HMAC.
  var secret: String?

  init(_ url: String, token: String? = nil, secret: String? = nil) throws(UsageError) {
    guard url.hasPrefix("http://") || url.hasPrefix("https://"), url.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F })
    else { throw UsageError("expected a URL that begins with http:// or https://, found another") }
    self.url = url
    self.token = token
    self.secret = secret
  }

  /// Without the path, which may hold a token.
  var host: String {
    let rest = url.split(separator: "://", maxSplits: 1).last ?? ""
    return String(rest.prefix { !"/?#".contains($0) }.split(separator: "@").last ?? "")
  }

  fileprivate func request(_ webhook: SimulatedWebhook) -> OutgoingRequest {
    let signed = secret.map { webhook.signed(secret: $0) } ?? webhook
    var headers = signed.headers
    if let token { headers.append("Authorization", "Bearer \(token)") }
    return OutgoingRequest(method: "POST", url: url, headers: headers, body: signed.body)
  }
}

/// Posts webhooks on one kept connection. Belongs to one thread.
struct WebhookSender {
  private let target: HookTarget
  private let client: RequestClient

  init(_ target: HookTarget) throws(CommandError) {
    let settings = Transfer.Settings(connectTimeout: 5000, timeout: 60_000, allowsPrivate: true)
    guard let client = RequestClient(settings) else { throw CommandError("no memory for a connection") }
    self.client = client
    self.target = target
  }

  /// nil where it was stopped before an answer came.
  func send(_ webhook: SimulatedWebhook, while isWanted: () -> Bool) -> PostedCounts.Outcome? {
    switch client.send(target.request(webhook), while: isWanted).result {
    case .answered(let answer):
      // cdrelay's own word; others have none.
      let isDuplicate = answer.json?["status"]?.string == "duplicate"
      return .answered(status: answer.status, isDuplicate: isDuplicate)
    case .failed(let words), .unrenderable(let words): return .failed(words)
    case .refused: return .failed("an address that may not be connected to")
    case .proxyRefused(let status): return .failed("the proxy answered \(status)")
    case .interrupted: return nil
    }
  }
}
