import Outgoing
import Rules
import TestSupport
import Testing

@testable import Forwarding

/// Real TLS against a server that is not libcurl's kin.
@Suite("TLS")
struct TLSTests {
  private let bench: TransferBench
  private let authority: TestAuthority

  init() throws {
    bench = try TransferBench()
    authority = try TestAuthority()
  }

  private func server(clientCA: String = "") throws -> PythonServer {
    let files = try authority.issue("server")
    return try PythonServer.tls(certificate: files.certificate, key: files.key, clientCA: clientCA)
  }

  private func isTLSFailure(_ result: SendResult) -> Bool {
    if case .failed(let words) = result { words.hasPrefix("TLS failed: ") } else { false }
  }

  @Test("A server is believed by the CA that the destination names, and by no other")
  func customCA() throws {
    let server = try server()
    let url = "https://127.0.0.1:\(server.port)/"
    #expect(isTLSFailure(try bench.post(url)))
    #expect(isTLSFailure(try bench.post(url, tls: TLSSettings(ca: try TestAuthority().certificate))))
    #expect(isTLSFailure(try bench.post(url, tls: TLSSettings(ca: "/nowhere/ca.pem"))))
    #expect(server.lines(0).isEmpty)
    #expect(try bench.post(url, tls: TLSSettings(ca: authority.certificate)).status == 200)
    #expect(server.lines(1).count == 1)
  }

  @Test("A certificate for another name is refused; only verify false takes it")
  func names() throws {
    let server = try server()
    let url = "https://localhost:\(server.port)/"
    #expect(isTLSFailure(try bench.post(url, tls: TLSSettings(ca: authority.certificate))))
    #expect(try bench.post(url, tls: TLSSettings(verifies: false)).status == 200)
    // What went without verification opened no way for what goes with it.
    #expect(isTLSFailure(try bench.post(url, tls: TLSSettings(ca: authority.certificate))))
    #expect(isTLSFailure(try bench.post(url)))
    #expect(server.lines(1).count == 1)
  }

  @Test("A client shows its certificate, whose key may be encrypted or stand in the same file")
  func clientCertificate() throws {
    let server = try server(clientCA: authority.certificate)
    let url = "https://127.0.0.1:\(server.port)/"
    let ca = authority.certificate
    // Without one; what the client sees of it depends on how far it has written when the server closes.
    #expect(try bench.post(url, tls: TLSSettings(ca: ca)).status == nil)
    let ann = try authority.issue("ann")
    #expect(try bench.post(url, tls: TLSSettings(ca: ca, certificate: ann.certificate, key: ann.key)).status == 200)
    let bob = try authority.issue("bob", keyPassword: "b0b")
    #expect(
      try bench.post(url, tls: TLSSettings(ca: ca, certificate: bob.certificate, key: bob.key, password: "b0b")).status
        == 200)
    let cat = try authority.issue("cat")
    let joined = try authority.joined(cat.certificate, cat.key, as: "cat-both.pem")
    #expect(try bench.post(url, tls: TLSSettings(ca: ca, certificate: joined)).status == 200)
    // Wrong and missing passwords fail at once; nobody is asked on a terminal. On a connection of their own: a copy of the file.
    let copy = try authority.joined(bob.certificate, as: "bob-copy.pem")
    for password in ["hunter2", nil] {
      let result = try bench.post(url, tls: TLSSettings(ca: ca, certificate: copy, key: bob.key, password: password))
      #expect(isTLSFailure(result), "\(result)")
      #expect(!"\(result)".contains("hunter2"))
    }
    let strange = try TestAuthority().issue("mallory")
    let strangers = TLSSettings(ca: ca, certificate: strange.certificate, key: strange.key)
    #expect(try bench.post(url, tls: strangers).status == nil)
    #expect(server.lines(3).map { $0.split(separator: " ")[1] } == ["ann", "bob", "cat"])
  }

  @Test("A kept connection is never used with another client certificate, CA or verification")
  func connectionsAreNotShared() throws {
    let server = try server(clientCA: authority.certificate)
    let url = "https://127.0.0.1:\(server.port)/"
    let (ann, bob) = (try authority.issue("ann"), try authority.issue("bob"))
    let sameCA = try authority.joined(authority.certificate, as: "same-ca.pem")
    let ca = authority.certificate
    let settings = [
      TLSSettings(ca: ca, certificate: ann.certificate, key: ann.key),
      TLSSettings(ca: ca, certificate: bob.certificate, key: bob.key),
      TLSSettings(ca: sameCA, certificate: ann.certificate, key: ann.key),
      TLSSettings(ca: ca, certificate: ann.certificate, key: ann.key, verifies: false),
    ]
    for _ in 1...3 {
      for tls in settings { #expect(try bench.post(url, tls: tls).status == 200) }
    }
    let lines = server.lines(12).map { $0.split(separator: " ").map(String.init) }
    #expect(lines.map { $0[1] } == Array(repeating: ["ann", "bob", "ann", "ann"], count: 3).flatMap { $0 })
    // Each of the four has one connection, which it keeps.
    let connections = lines.map { $0[0] }
    #expect(Set(connections).count == 4)
    #expect(connections == Array(repeating: Array(connections[..<4]), count: 3).flatMap { $0 })
    #expect(try bench.post(url, tls: TLSSettings(ca: ca)).status == nil)
    #expect(server.lines(12).count == 12)
  }
}
