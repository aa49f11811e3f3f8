import HTTPTypes
import Outgoing
import RelayCore
import Rules

/// The requests of an export. The key goes to the API's own host only: the file may lie elsewhere.
struct CallrExport {
  enum Direction: String, CaseIterable {
    case inbound, outbound
  }

  let api: ProviderAPI
  let userAgent: String

  /// POST with its parameters in the query, as documented. The form of `from` and `to` is not: RFC 3339, as v2 writes times.
  func begin(_ direction: Direction, _ slice: TimeSlice) -> OutgoingRequest {
    let values = [
      ("direction", direction.rawValue), ("from", slice.from.rfc3339), ("to", slice.to.rfc3339),
    ]
    let query = values.map { "\($0)=\(PercentEncoding.encode($1))" }.joined(separator: "&")
    return request("POST", (api.url(.export) ?? "") + "?" + query)
  }

  /// The migration table says POST, which may be a slip: both are tried.
  func task(_ id: String, method: String) -> OutgoingRequest {
    request(method, (api.url(.task) ?? "") + "/" + PercentEncoding.encode(id))
  }

  /// nil where it is no address of ours to ask.
  func file(_ url: String) -> OutgoingRequest? {
    let origin = Self.origin(api.baseURL)
    if url.hasPrefix("/"), !url.hasPrefix("//") { return request("GET", origin + url) }
    guard url.hasPrefix("https://") || url.hasPrefix("http://"),
      url.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\\") })
    else { return nil }
    return Self.origin(url) == origin ? request("GET", url) : request("GET", url, showsKey: false)
  }

  private func request(_ method: String, _ url: String, showsKey: Bool = true) -> OutgoingRequest {
    var headers = HTTPHeaders([("accept", "application/json, text/csv"), ("user-agent", userAgent)])
    if showsKey { headers.append("x-api-key", api.secret.revealed) }
    return OutgoingRequest(method: method, url: url, headers: headers, body: [])
  }

  /// `https://api.callr.com`, in lower case. Whoever writes a user or another spelling of the port gets no key.
  static func origin(_ url: String) -> String {
    guard let scheme = url.firstRange(of: "://") else { return url }
    let host = url[scheme.upperBound...].prefix { !"/?#\\".contains($0) }
    return (url[..<scheme.upperBound] + host).lowercased()
  }
}

extension ProviderAPI {
  /// Of `base_url`, with its port: who is kept as the sender of what is fetched.
  package var host: String {
    String(CallrExport.origin(baseURL).split(separator: "/", omittingEmptySubsequences: true).last ?? "")
  }
}
