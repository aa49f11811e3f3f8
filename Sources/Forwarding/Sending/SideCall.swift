import HTTPTypes
import Outgoing
import RelayCore
import Rules

/// Requests that are no deliveries: alerts, and whether a destination can be reached at all. On handles of their own, so that
/// they never share a connection with deliveries, and on the caller's thread. The egress guard holds for them too.
package enum SideCall {
  /// Milliseconds after which it is asked again whether the caller still wants it.
  private static let patience = 100

  /// Posts JSON and waits for the answer; nil where it took it (2xx), else why not, without address or secret.
  package static func post(
    _ body: [UInt8], to target: AlertSettings.Post, timeout: Int64, userAgent: String,
    isWanted: () -> Bool = { true }
  ) -> String? {
    var headers = HTTPHeaders([("content-type", "application/json"), ("user-agent", userAgent)])
    for header in target.headers {
      headers.remove(header.name)
      headers.append(header.name, header.value.revealed)
    }
    let settings = Transfer.Settings(
      connectTimeout: min(timeout, 5000), timeout: timeout, allowsPrivate: target.allowsPrivate, tls: nil,
      proxy: target.proxy)
    guard let transfer = Transfer(settings), let multi = CurlMulti(keptConnections: 1) else { return "memory is short" }
    let request = OutgoingRequest(method: "POST", url: target.url.revealed, headers: headers, body: body)
    if let words = transfer.prepare(request) { return words }
    guard multi.add(transfer) == 0 else { return "libcurl refused the request" }
    guard let code = multi.carryOut(transfer, while: isWanted) else { return "the relay stopped" }
    return transfer.result(code).refusal
  }

  /// What a try at connecting came to.
  package struct Reach: Sendable, Equatable {
    package let destination: String
    /// Where to; nil where no connection came about.
    package var address: String?
    /// Why none came about, in words without a secret.
    package var problem: String?
    /// When the server's certificate ends; nil without TLS, and where libcurl does not say.
    package var certificateEnds: Instant?
  }

  /// Connects to each destination as deliveries would, with TLS and through its proxy, all at the same time; no request is
  /// sent. In their order. One whose host a secret hides that was not looked up is left out.
  package static func connect(to destinations: [Destination]) -> [Reach] {
    guard let multi = CurlMulti(keptConnections: 1) else { return [] }
    var transfers: [Transfer] = []
    var reaches: [Reach] = []
    var open = 0
    for destination in destinations {
      guard let origin = destination.originURL else { continue }
      var reach = Reach(destination: destination.name)
      let transfer = Transfer(settings(of: destination))
      let request = OutgoingRequest(method: "GET", url: origin, headers: HTTPHeaders(), body: [])
      if let transfer {
        reach.problem = transfer.prepare(request) ?? transfer.watch(connectsOnly: true)
        transfer.tag = reaches.count
        transfers.append(transfer)
        if reach.problem == nil, multi.add(transfer) == 0 { open += 1 }
      } else {
        reach.problem = "memory is short"
      }
      reaches.append(reach)
    }
    while open > 0 {
      multi.perform { tag, code in
        open -= 1
        guard let transfer = transfers.first(where: { $0.tag == tag }) else { return }
        reaches[tag].learn(from: transfer, code)
      }
      if open > 0 { multi.wait(milliseconds: patience) }
    }
    return reaches
  }

  private static func settings(of destination: Destination) -> Transfer.Settings {
    Transfer.Settings(
      connectTimeout: destination.connectTimeoutMilliseconds,
      timeout: min(destination.timeoutMilliseconds, destination.connectTimeoutMilliseconds),
      allowsPrivate: destination.allowsPrivate, tls: destination.tls, proxy: destination.proxy, keepsTunnel: false)
  }
}

extension SideCall.Reach {
  fileprivate mutating func learn(from transfer: Transfer, _ code: Int32) {
    guard code == 0 else {
      problem = transfer.result(code).refusal ?? "no connection"
      return
    }
    let sight = transfer.sight
    address = sight.address
    certificateEnds = sight.certificate.flatMap { CertificateDate.read($0.expires) }
  }
}

extension SendResult {
  /// nil for a 2xx.
  fileprivate var refusal: String? {
    switch self {
    case .answered(let answer): (200...299).contains(answer.status) ? nil : "status \(answer.status)"
    case .failed(let words), .unrenderable(let words): words
    case .refused(let address):
      "\(address) is a loopback, private or link-local address; write \"allow_private\": true if that is meant"
    case .proxyRefused(let status): "the proxy answered \(status)"
    case .interrupted: "the relay stopped"
    }
  }
}

/// A time as OpenSSL prints it in a certificate: `Jan  1 00:00:00 2027 GMT`.
enum CertificateDate {
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  static func read(_ text: String) -> Instant? {
    let words = text.split(separator: " ")
    guard words.count == 5, words[4] == "GMT", let month = months.firstIndex(of: String(words[0])),
      let day = Int(words[1]), words[3].count == 4
    else { return nil }
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return Instant(rfc3339: "\(words[3])-\(two(month + 1))-\(two(day))T\(words[2])Z")
  }
}
