import CCurl
import Glibc
import HTTPTypes
import Rules

/// One libcurl handle with its buffers, used again for one request after the other to the same place. Owned by one thread.
package final class Transfer {
  /// How long, and where to, whatever the request.
  package struct Settings {
    package var connectTimeout: Int64
    package var timeout: Int64
    package var allowsPrivate: Bool
    package var tls: TLSSettings?
    /// Looks up names itself, so that addresses are not looked at: its own is what the rule file says.
    package var proxy: ProxySettings?
    /// False where others come to the same proxy as somebody else: libcurl would lend them the tunnel.
    package var keepsTunnel: Bool
    /// Bytes kept of an answer's body, at most `longestBody`.
    package var keptBody: Int
    /// Header fields of a 2xx too, since something looks at them.
    package var keepsHeaders: Bool

    package init(
      connectTimeout: Int64, timeout: Int64, allowsPrivate: Bool, tls: TLSSettings? = nil, proxy: ProxySettings? = nil,
      keepsTunnel: Bool = true, keptBody: Int = 16_384, keepsHeaders: Bool = false
    ) {
      self.connectTimeout = connectTimeout
      self.timeout = timeout
      self.allowsPrivate = allowsPrivate
      self.tls = tls
      self.proxy = proxy
      self.keepsTunnel = keepsTunnel
      self.keptBody = keptBody
      self.keepsHeaders = keepsHeaders
    }
  }

  /// Bytes read of an answer's body; its status is what counts where there are more. 1 MiB.
  package static let longestBody = Int(cdrelay_read_limit)

  let exchange: UnsafeMutablePointer<cdrelay_exchange>
  private let settings: Settings
  /// What libcurl said to the settings.
  private let setUpCode: Int32
  private var url: String?
  private var method: String?
  private var lines: [UInt8] = []

  /// nil where memory is short.
  package init?(_ settings: Settings) {
    guard let exchange = cdrelay_exchange_make(settings.keptBody) else { return nil }
    self.exchange = exchange
    self.settings = settings
    setUpCode = Self.setUp(exchange, settings)
  }

  private static func setUp(_ exchange: UnsafeMutablePointer<cdrelay_exchange>, _ settings: Settings) -> Int32 {
    var code: Int32 = 0
    if let tls = settings.tls {
      code = cdrelay_exchange_secure(
        exchange, tls.caFile, tls.clientCertificateFile, tls.clientKeyFile, tls.clientKeyPassword?.revealed,
        tls.verifies)
    }
    if code == 0, let proxy = settings.proxy {
      code = cdrelay_exchange_go_through(
        exchange, proxy.url, proxy.user?.revealed, proxy.password?.revealed, settings.keepsTunnel)
    }
    return code
  }

  deinit {
    cdrelay_exchange_free(exchange)
  }

  /// Where the sending loop keeps what belongs to this transfer.
  package var tag: Int {
    get { exchange.pointee.tag }
    set { exchange.pointee.tag = newValue }
  }

  /// The reason why libcurl does not take the request; nil where it does.
  package func prepare(_ request: OutgoingRequest) -> String? {
    guard setUpCode == 0 else { return Self.words(setUpCode) }
    if request.url != url || request.method != method {
      url = nil
      let check: cdrelay_address_check? =
        settings.allowsPrivate || settings.proxy != nil
        ? nil
        : { address, count in
          EgressGuard.permits(Array(UnsafeBufferPointer(start: address, count: Int(count))))
        }
      let code = cdrelay_exchange_aim(
        exchange, request.url, request.method, Int(settings.connectTimeout), Int(settings.timeout), check)
      guard code == 0 else { return Self.words(code) }
      url = request.url
      method = request.method
    }
    writeLines(request)
    let code = cdrelay_exchange_load(exchange, request.body, request.body.count, lines, lines.count)
    return code == 0 ? nil : Self.words(code)
  }

  /// Header lines as libcurl takes them, each ended by a zero byte. `name;` is an empty field, `name:` leaves one out
  /// (https://curl.se/libcurl/c/CURLOPT_HTTPHEADER.html).
  private func writeLines(_ request: OutgoingRequest) {
    lines.removeAll(keepingCapacity: true)
    // Without this libcurl waits a second for "100 Continue" before it sends a body of more than 1 MiB.
    append("expect", ":")
    if request.headers["content-type"] == nil { append("content-type", ":") }
    for field in request.headers.fields {
      if field.value.isEmpty { append(field.name, ";") } else { append(field.name, ": ", field.value) }
    }
  }

  private func append(_ name: String, _ separator: StaticString, _ value: String = "") {
    lines.append(contentsOf: name.utf8)
    lines.append(contentsOf: UnsafeBufferPointer(start: separator.utf8Start, count: separator.utf8CodeUnitCount))
    lines.append(contentsOf: value.utf8)
    lines.append(0)
  }
}

// MARK: - What came of it

extension Transfer {
  /// Whether the request, or a part of it, may have left: false means that nobody can have acted on it. Asked before `result`.
  package var wasSent: Bool { cdrelay_exchange_was_sent(exchange) }

  /// - Parameter code: libcurl's result. The answer is there once: its memory is given back.
  package func result(_ code: Int32) -> SendResult {
    defer { cdrelay_exchange_forget(exchange) }
    let status = Int(cdrelay_exchange_status(exchange))
    if code == 0 || exchange.pointee.was_cut {
      guard status >= 100 else { return .failed("an answer without a status") }
      // Anything below 200 is no answer yet (RFC 9110 §15.2), and neither is a header without its end.
      guard status >= 200 else { return .failed(Self.withoutAnswer(status)) }
      guard exchange.pointee.head_ended else { return .failed(Self.brokenOff(status)) }
      return .answered(
        Answer(
          status: status, headers: (200...299).contains(status) && !settings.keepsHeaders ? HTTPHeaders() : headers,
          body: Array(Self.bytes(exchange.pointee.body)),
          isCut: exchange.pointee.body_read > exchange.pointee.body.count))
    }
    if exchange.pointee.was_refused {
      return .refused(
        address: withUnsafeBytes(of: exchange.pointee.refused_address) {
          String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        })
    }
    let proxyStatus = Int(cdrelay_exchange_proxy_status(exchange))
    if proxyStatus != 0, !(200...299).contains(proxyStatus) { return .proxyRefused(status: proxyStatus) }
    return .failed(failure(code, status: status))
  }

  private static func bytes(_ kept: cdrelay_kept) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: kept.bytes, count: kept.count)
  }

  var headers: HTTPHeaders {
    var headers = HTTPHeaders()
    let head = String(decoding: Self.bytes(exchange.pointee.head), as: UTF8.self)
    for line in head.split(whereSeparator: \.isNewline) {
      guard let colon = line.firstIndex(of: ":") else { continue }
      let value = line[colon...].dropFirst().drop { $0 == " " || $0 == "\t" }
      headers.append(String(line[..<colon]), String(value))
    }
    return headers
  }

  private func failure(_ code: Int32, status: Int) -> String {
    switch Int(code) {
    case Int(cdrelay_code_operation_timedout):
      if status > 0 { return "the answer (status \(status)) was not complete within \(Self.seconds(settings.timeout))" }
      return cdrelay_exchange_was_sent(exchange)
        ? "no answer within \(Self.seconds(settings.timeout))"
        : "no connection within \(Self.seconds(min(settings.connectTimeout, settings.timeout)))"
    case Int(cdrelay_code_couldnt_connect):
      let error = cdrelay_exchange_system_error(exchange)
      let words = error == 0 ? "no connection" : String(cString: strerror(Int32(error))).lowercased()
      return settings.proxy == nil ? words : "no connection to the proxy: \(words)"
    case Int(cdrelay_code_couldnt_resolve_host): return "host not found"
    case Int(cdrelay_code_couldnt_resolve_proxy): return "the proxy's host was not found"
    case Int(cdrelay_code_recv_error) where errorText.contains(" alert "):
      // In TLS 1.3 a server refuses a client certificate only after the handshake.
      return "TLS failed: \(errorText)"
    case Int(cdrelay_code_partial_file), Int(cdrelay_code_recv_error), Int(cdrelay_code_send_error):
      if errorText.hasPrefix("Too large response headers") { return Self.tooLongHeader }
      return status > 0 ? Self.brokenOff(status) : "the connection broke off"
    case Int(cdrelay_code_got_nothing): return Self.withoutAnswer(status)
    case Int(cdrelay_code_too_large),
      Int(cdrelay_code_out_of_memory) where cdrelay_exchange_was_sent(exchange) && !exchange.pointee.head_ended:
      // Before 8.6 libcurl says that it is out of memory where a line is longer than its 100 KiB.
      return Self.tooLongHeader
    case Int(cdrelay_code_weird_server_reply),
      Int(cdrelay_code_unsupported_protocol) where cdrelay_exchange_was_sent(exchange):
      return "the answer is not HTTP"
    case Int(cdrelay_code_ssl_connect_error), Int(cdrelay_code_peer_failed_verification),
      Int(cdrelay_code_ssl_certproblem), Int(cdrelay_code_ssl_cacert_badfile):
      return "TLS failed: \(errorText)"
    default: return Self.words(code)
    }
  }

  /// libcurl's own words on the last failure. Used for TLS only, where they name a certificate's fault and no URL.
  private var errorText: String {
    withUnsafeBytes(of: exchange.pointee.error) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }

  private static let tooLongHeader = "the answer's header, or a line of it, is longer than libcurl takes"

  private static func brokenOff(_ status: Int) -> String {
    "the connection broke off in the middle of the answer (status \(status))"
  }

  private static func withoutAnswer(_ status: Int) -> String {
    status == 101
      ? "the answer changes to another protocol (status 101), which the relay did not ask for"
      : "the connection was closed without an answer"
  }

  private static func words(_ code: Int32) -> String {
    String(cString: curl_easy_strerror(code)).lowercased()
  }

  private static func seconds(_ milliseconds: Int64) -> String {
    milliseconds % 1000 == 0 ? "\(milliseconds / 1000) s" : "\(Double(milliseconds) / 1000) s"
  }
}
