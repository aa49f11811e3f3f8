import Foundation
import Synchronization
import TestSupport
import Testing

/// Credentials and ways of a destination, through the shipped binary.
@Suite struct CredentialTests {
  @Test func aMutuallyAuthenticatedDestinationBehindAProxyWithTokensOfAnotherServer() throws {
    let authority = try TestAuthority()
    let (server, client) = (try authority.issue("server"), try authority.issue("relay-7", keyPassword: "geheim-key"))
    let crm = try PythonServer.tls(
      certificate: server.certificate, key: server.key, clientCA: authority.certificate)
    let proxy = try PythonServer.proxy(credentials: "ann:geheim-proxy")
    let tokens = try ScriptedDestination { request in
      .status(
        200,
        body: #"{"access_token":"geheim-access-\#(request.number)","expires_in":3600,"refresh_token":"geheim-changed"}"#
      )
    }
    let strayProxy = try ScriptedDestination { _ in .status(500) }
    let bench = try Workbench(
      destinations: """
        "crm": {"url": "https://127.0.0.1:\(crm.port)/in", "allow_private": true,
          "proxy": "http://ann:${PROXY_PASSWORD}@127.0.0.1:\(proxy.port)",
          "tls": {"ca_file": "\(authority.certificate)", "client_certificate_file": "\(client.certificate)",
            "client_key_file": "\(client.key)", "client_key_password": "${KEY_PASSWORD}"},
          "auth": {"oauth2": {"token_url": "http://127.0.0.1:\(tokens.port)/token", "client_id": "a",
            "client_secret": "${CLIENT_SECRET}", "refresh_token": "${REFRESH_TOKEN}"}}}
        """)
    let environment = [
      "PROXY_PASSWORD": "geheim-proxy", "KEY_PASSWORD": "geheim-key", "CLIENT_SECRET": "geheim-client",
      "REFRESH_TOKEN": "geheim-first", "https_proxy": strayProxy.url, "http_proxy": strayProxy.url,
      "no_proxy": "127.0.0.1",
    ]
    for round in 1...2 {
      let relay = try bench.start(environment: environment, arguments: ["--log-level", "debug"])
      try bench.post(count: 5, to: relay, prefix: "round-\(round)-")
      #expect(try bench.wait("SELECT count(*) FROM delivery WHERE state = 'delivered'", is: Int64(5 * round)))
      #expect(relay.terminate() == 0)
      #expect(!relay.printed.contains("geheim"), "\(relay.printed)")
    }
    #expect(strayProxy.requests.isEmpty)
    // Of each round: the tunnel, and the token endpoint, whose requests are passed on.
    let ways = Set(proxy.lines(4).map { $0.split(separator: " ").prefix(2).joined(separator: " ") })
    #expect(ways == ["CONNECT 127.0.0.1:\(crm.port)", "POST http://127.0.0.1:\(tokens.port)/token"])
    let lines = crm.lines(10)
    #expect(lines.allSatisfy { $0.contains(" relay-7 Bearer geheim-access-") } && lines.count == 10)
    #expect(
      tokens.requests.map { $0.text.split(separator: "&")[1] } == [
        "refresh_token=geheim-first", "refresh_token=geheim-changed",
      ])
    for suffix in ["", "-wal"] {
      guard let bytes = FileManager.default.contents(atPath: bench.database + suffix) else { continue }
      #expect(bytes.range(of: Data("geheim".utf8)) == nil)
    }
  }

  @Test func aCAOfItsOwnStandsInPlaceOfTheSystems() throws {
    let (known, stranger) = (try TestAuthority(), try TestAuthority())
    let files = try stranger.issue("server")
    let crm = try PythonServer.tls(certificate: files.certificate, key: files.key)
    let bench = try Workbench(
      destinations: """
        "crm": {"url": "https://127.0.0.1:\(crm.port)/in", "allow_private": true, "tls": {"ca_file": "\(known.certificate)"}}
        """)
    let trace = bench.folder.file("trace")
    // -D: the relay stays our child, so that signals reach it and not strace.
    let relay = try bench.start(wrapper: ["strace", "-D", "-f", "-e", "trace=%file", "-o", trace])
    try bench.post(count: 1, to: relay)
    #expect(
      try bench.wait("SELECT count(*) FROM attempt WHERE outcome = 'retry' AND reason LIKE 'TLS failed: %'", is: 1))
    #expect(relay.terminate() == 0)
    // strace outlives what it traces, and writes the end a little later.
    let pause = DispatchSemaphore(value: 0)
    let end = Date().addingTimeInterval(60)
    var calls = ""
    while Date() < end, !calls.contains("\(relay.pid) +++ exited") {
      calls = try String(contentsOfFile: trace, encoding: .utf8)
      _ = pause.wait(timeout: .now() + 0.02)
    }
    #expect(calls.contains(known.certificate))
    #expect(!calls.contains("/etc/ssl/certs"))
  }
}
