import HTTPTypes
import Outgoing
import RelayCore
import Rules

/// A link as it was asked for, and the request to the provider that it becomes.
struct RecordingRequest {
  let recordings: SourceRecordings
  let file: RecordingFile
  let isHead: Bool
  /// Of the client.
  let range: String?
  let ifRange: String?
  private let api: ProviderAPI?
  private let proxy: ProxySettings?

  /// Looks at everything that needs no network.
  init(_ request: HTTPRequest, rules: RuleFile, now: Instant) throws(Problem) {
    guard request.method == "GET" || request.method == "HEAD" else {
      throw Problem(405, "a recording is read with GET or HEAD", headers: [.init("allow", "GET, HEAD")])
    }
    guard let (link, signature) = RecordingLink.read(path: request.path, query: request.query) else {
      throw Problem(404, "there is no recording at this address")
    }
    guard let source = rules.source(named: link.source), let recordings = SourceRecordings(source) else {
      throw Problem(404, "there are no recordings of this source")
    }
    if recordings.settings.isUnresolved || source.api?.missingSecrets.isEmpty == false {
      throw Problem(503, "a secret of this source is missing here; its admin has to add it")
    }
    switch link.verdict(signature: signature, settings: recordings.settings, now: now) {
    case .valid: break
    case .forged: throw Problem(403, "the link's signature is wrong; it was cut or changed on its way")
    case .expired: throw Problem(410, "the link has expired; ask for a new one")
    }
    do throws(SourceRecordings.Refusal) {
      try recordings.check(link.file)
    } catch {
      throw Problem(403, error.sentence)
    }
    self.recordings = recordings
    file = link.file
    isHead = request.method == "HEAD"
    range = Self.range(request.headers["range"])
    ifRange = range == nil ? nil : request.headers["if-range"].flatMap(Self.plain)
    api = source.api
    proxy = rules.relay.proxy
  }

  /// One range of bytes in its usual form (RFC 9110 §14.1.2); anything else is passed over, which a server may do (§14.2).
  private static func range(_ text: String?) -> String? {
    guard let text, text.lowercased().hasPrefix("bytes="), text.utf8.count <= 60 else { return nil }
    let set = text.dropFirst(6)
    let isPlain = set.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-") }
    return isPlain && set.utf8.count(where: { $0 == UInt8(ascii: "-") }) == 1 && set != "-" ? "bytes=\(set)" : nil
  }

  private static func plain(_ text: String) -> String? {
    text.utf8.count <= 200 && text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } ? text : nil
  }

  /// Where the recording is; holds the account's secret, and goes into no answer, log or error.
  func url() throws(Problem) -> String {
    switch file {
    case .url(let url): return url
    case .name(let name):
      guard let api, let play = api.url(.play) else {
        throw Problem(404, "this source's API has no recordings by name; its \"paths\" may say where \"play\" is")
      }
      // Seen, not documented: `secret` in v2, `token` in v1 (providers.md §2.3).
      let key = api.product == .chub ? "secret" : "token"
      let id = api.appID.map { "appid=\($0)&" } ?? ""
      return "\(play)?\(id)\(key)=\(PercentEncoding.encode(api.secret.revealed))&file=\(PercentEncoding.encode(name))"
    }
  }

  /// - Parameter url: of the recording, or where a redirect of it led.
  func outgoing(_ url: String, userAgent: String) -> OutgoingRequest {
    var headers = HTTPHeaders([("user-agent", userAgent), ("accept", "*/*")])
    if let range { headers.append(lowercasedName: "range", range) }
    if let ifRange { headers.append(lowercasedName: "if-range", ifRange) }
    // Callr's API takes its key in a field (documented for the API as a whole); elsewhere it must not go.
    if let api, api.provider == .callr, recordings.isOwn(url) {
      headers.append(lowercasedName: "x-api-key", api.secret.revealed)
    }
    return OutgoingRequest(method: "GET", url: url, headers: headers)
  }

  /// Milliseconds; without an API its default.
  var timeout: Int64 { api?.timeout ?? 30_000 }

  func transferSettings(connectTimeout: Int64) -> Transfer.Settings {
    Transfer.Settings(
      connectTimeout: connectTimeout, timeout: 0, allowsPrivate: api?.allowsPrivate ?? false, proxy: proxy,
      keepsHeaders: true)
  }

  /// Whether a text that came back holds what must not be seen.
  func holdsSecret(_ text: String) -> Bool {
    guard let secret = api?.secret.revealed, !secret.isEmpty else { return false }
    return text.contains(secret)
  }
}
