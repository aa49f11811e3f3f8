import Foundation
import Outgoing
import RelayCore
import Rules
import TestSupport
import Testing

@testable import Forwarding

@Suite("Proxies")
struct ProxyTests {
  private let bench: TransferBench

  init() throws {
    bench = try TransferBench()
  }

  @Test("https goes through a tunnel; neither end sees the other's credentials")
  func tunnel() throws {
    let authority = try TestAuthority()
    let files = try authority.issue("server")
    let server = try PythonServer.tls(certificate: files.certificate, key: files.key)
    let proxy = try PythonServer.proxy(credentials: "cdrelay:p:ss@w%rd")
    let url = "https://127.0.0.1:\(server.port)/"
    let tls = TLSSettings(ca: authority.certificate)
    let through = try proxySettings("http://cdrelay:p:ss%40w%25rd@127.0.0.1:\(proxy.port)")
    for _ in 1...2 {
      #expect(try bench.post(url, tls: tls, proxy: through, headers: [("authorization", "Bearer x")]).status == 200)
    }
    #expect(try bench.post(url, tls: tls).status == 200)
    // One tunnel, used again; what goes directly doesn't use it.
    #expect(proxy.lines(1) == ["CONNECT 127.0.0.1:\(server.port) proxy-authorization,proxy-connection"])
    let lines = server.lines(3)
    #expect(
      lines.map { $0.split(separator: " ").dropFirst(2).joined(separator: " ") } == ["Bearer x", "Bearer x", "-"])
    #expect(lines[0].first == lines[1].first && lines[1].first != lines[2].first)
  }

  @Test("Two who come to one proxy as different users share no tunnel")
  func users() throws {
    let authority = try TestAuthority()
    let files = try authority.issue("server")
    let server = try PythonServer.tls(certificate: files.certificate, key: files.key)
    let proxy = try PythonServer.proxy()
    let tls = TLSSettings(ca: authority.certificate)
    for user in ["ann", "bob", "ann"] {
      let through = try proxySettings("http://\(user):pw@127.0.0.1:\(proxy.port)")
      let url = "https://127.0.0.1:\(server.port)/"
      #expect(try bench.post(url, tls: tls, proxy: through, keepsTunnel: false).status == 200)
    }
    #expect(proxy.lines(3).count == 3)
    // The sending loop finds out by itself who they are.
    let all = try destinations(
      #"""
      {"a": {"url": "http://127.0.0.1/", "allow_private": true, "proxy": "http://ann:1@10.0.0.1:3128"},
       "b": {"url": "http://127.0.0.1/", "allow_private": true, "proxy": "http://bob:2@10.0.0.1:3128"},
       "c": {"url": "http://127.0.0.1/", "allow_private": true, "proxy": "http://bob:2@10.0.0.2:3128"},
       "d": {"url": "http://127.0.0.1/", "allow_private": true}}
      """#)
    let keeping = all.map { one in
      OpenLane(one, among: all, share: MemoryShare(destinations: 4)).transferSettings.keepsTunnel
    }
    #expect(keeping == [false, false, true, true])
  }

  @Test("A proxy that refuses its password is a refusal of credentials, with words of its own")
  func refused() throws {
    let proxy = try PythonServer.proxy(credentials: "cdrelay:right")
    let through = try proxySettings("http://cdrelay:hunter2@127.0.0.1:\(proxy.port)")
    let result = try bench.post("https://127.0.0.1:1/", proxy: through)
    #expect(result == .proxyRefused(status: 407))
    let standing = Standing(attempts: 0, clockStartedAt: Instant(milliseconds: 0), held: 0)
    func verdict(_ result: SendResult) -> Verdict {
      .on(result, policy: RetryPolicy(), standing: standing, now: Instant(milliseconds: 0), jitter: 0)
    }
    #expect(
      verdict(result)
        == Verdict(
          .postponed(until: Instant(milliseconds: 0)),
          "the proxy refused the user or password given for it (status 407)",
          .refusesCredentials))
    #expect(
      verdict(.proxyRefused(status: 502))
        == Verdict(.retry(at: Instant(milliseconds: 1000)), "the proxy refused the connection (status 502)", .fails))
  }

  @Test("http is passed on by the proxy, which looks up the name itself")
  func plain() throws {
    let proxy = try ScriptedDestination { _ in .status(200) }
    let through = try proxySettings("http://ann:pw@127.0.0.1:\(proxy.port)")
    // Guarded: but the proxy's own address is what the rule file says.
    #expect(try bench.post("http://crm.invalid/x", allowsPrivate: false, proxy: through).status == 200)
    let request = try #require(proxy.requests.first)
    #expect(request.target == "http://crm.invalid/x")
    #expect(request["proxy-authorization"] == "Basic YW5uOnB3")
  }

  @Test("A proxy that is not there is said to be the proxy; the environment's no_proxy leads around none")
  func gone() throws {
    let gone = try ScriptedDestination { _ in .close }
    let through = try proxySettings("http://127.0.0.1:\(gone.port)")
    gone.stop()
    let server = try ScriptedDestination { _ in .status(200) }
    setenv("no_proxy", "127.0.0.1,localhost", 1)
    setenv("NO_PROXY", "*", 1)
    defer {
      unsetenv("no_proxy")
      unsetenv("NO_PROXY")
    }
    #expect(try bench.post(server.url, proxy: through) == .failed("no connection to the proxy: connection refused"))
    #expect(
      try bench.post(server.url, proxy: try proxySettings("http://nowhere.invalid:3128"))
        == .failed("the proxy's host was not found"))
    #expect(server.requests.isEmpty)
  }
}

@Suite("Egress guard on real connections")
struct GuardedTransferTests {
  private let bench: TransferBench

  init() throws {
    bench = try TransferBench()
  }

  @Test(
    "A name that resolves to what is not the public internet is refused, whatever the name",
    arguments: [
      "127.0.0.1", "169.254.169.254", "10.0.0.1", "100.64.0.1", "168.63.129.16", "::1", "::ffff:127.0.0.1",
      "::ffff:169.254.169.254", "fd00:ec2::254", "fe80::1", "64:ff9b::7f00:1", "2002:7f00:1::",
    ])
  func resolved(address: String) throws {
    let server = try ScriptedDestination { _ in .status(200) }
    let written = address.contains(":") ? "[\(address)]" : address
    let result = try bench.post(
      "http://crm.example.com:\(server.port)/", allowsPrivate: false,
      resolving: "crm.example.com:\(server.port):\(written)")
    #expect(result == .refused(address: address))
    #expect(server.requests.isEmpty && server.connectionCount == 0)
  }

  @Test("A redirect to such an address is not followed")
  func redirected() throws {
    let inner = try ScriptedDestination { _ in .status(200) }
    let server = try ScriptedDestination { request in
      .status(
        307, headers: ["Location: \(request.number == 1 ? inner.url : "http://169.254.169.254/latest/meta-data/")"])
    }
    #expect(try bench.post(server.url).status == 307)
    #expect(try bench.post(server.url).status == 307)
    #expect(inner.connectionCount == 0)
  }

  @Test("A connection under the same name that an allowed destination keeps open is no way in")
  func kept() throws {
    let server = try ScriptedDestination { _ in .status(200) }
    let url = "http://crm.example.com:\(server.port)/"
    let resolving = "crm.example.com:\(server.port):127.0.0.1"
    #expect(try bench.post(url, resolving: resolving).status == 200)
    #expect(try bench.post(url, allowsPrivate: false, resolving: resolving) == .refused(address: "127.0.0.1"))
    #expect(try bench.post(url, resolving: resolving).status == 200)
    #expect(server.requests.count == 2)
  }
}
