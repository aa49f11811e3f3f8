import CCurl
import HTTPTypes
import Rules
import TestSupport
import Testing

@testable import Outgoing

/// Transfers on one multi handle, as in the sending loop: connections are shared by all.
final class TransferBench {
  let multi: CurlMulti

  init() throws {
    multi = try #require(CurlMulti(keptConnections: 16))
  }

  /// - Parameter resolving: `name:port:address`, what a name server would say.
  func post(
    _ url: String, allowsPrivate: Bool = true, tls: TLSSettings? = nil, proxy: ProxySettings? = nil,
    keepsTunnel: Bool = true,
    headers: [(String, String)] = [], resolving: String? = nil
  ) throws -> SendResult {
    let settings = Transfer.Settings(
      connectTimeout: 5000, timeout: 10_000, allowsPrivate: allowsPrivate, tls: tls, proxy: proxy,
      keepsTunnel: keepsTunnel)
    let transfer = try #require(Transfer(settings))
    let request = OutgoingRequest(method: "POST", url: url, headers: HTTPHeaders(headers), body: Array("{}".utf8))
    return try (resolving ?? "").withCString { text in
      var line = cdrelay_curl_line(text: UnsafeMutablePointer(mutating: text), next: nil)
      if resolving != nil {
        #expect(cdrelay_set_lines(transfer.exchange.pointee.easy, Int32(cdrelay_opt_resolve), &line) == 0)
      }
      return try withExtendedLifetime(line) { try run(transfer, request) }
    }
  }

  func run(_ transfer: Transfer, _ request: OutgoingRequest) throws -> SendResult {
    #expect(transfer.prepare(request) == nil)
    #expect(multi.add(transfer) == 0)
    var result: SendResult?
    while result == nil {
      multi.perform { _, code in result = transfer.result(code) }
      if result == nil { multi.wait(milliseconds: 1000) }
    }
    return try #require(result)
  }
}

extension TLSSettings {
  init(
    ca: String? = nil, certificate: String? = nil, key: String? = nil, password: String? = nil, verifies: Bool = true
  ) {
    self.init()
    caFile = ca
    clientCertificateFile = certificate
    clientKeyFile = key
    clientKeyPassword = password.map { Secret($0) }
    self.verifies = verifies
  }
}

/// A proxy as a rule file gives it.
func proxySettings(_ text: String) throws -> ProxySettings {
  try #require(try destination("http://127.0.0.1/", #""proxy": "\#(text)""#).proxy)
}
