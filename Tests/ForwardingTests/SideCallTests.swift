import RelayCore
import Rules
import TestSupport
import Testing

@testable import Forwarding

/// Connecting without sending.
@Suite("Side calls")
struct SideCallTests {
  @Test("A TLS server is connected to, believed by its CA, and its certificate has an end")
  func certificate() throws {
    let authority = try TestAuthority()
    let files = try authority.issue("server")
    let server = try PythonServer.tls(certificate: files.certificate, key: files.key, clientCA: "")
    let url = "https://127.0.0.1:\(server.port)/in"
    let believed = try destination(url, #""tls": {"ca_file": "\#(authority.certificate)"}"#)
    let reach = try #require(SideCall.connect(to: [believed]).first)
    #expect(reach.problem == nil)
    #expect(reach.address == "127.0.0.1")
    #expect(try #require(reach.certificateEnds) > SystemTime().now())
    let strange = try #require(SideCall.connect(to: [try destination(url)]).first)
    #expect(strange.problem?.hasPrefix("TLS failed: ") == true)
    #expect(server.lines(0).isEmpty)
  }

  @Test("The guard and the time of a connection hold here too")
  func guarded() throws {
    let server = try ScriptedDestination { _ in .status(200) }
    let json = #"{"crm": {"url": "http://localhost.localtest.invalid:\#(server.port)/"}}"#
    let unknown = try #require(SideCall.connect(to: try destinations(json)).first)
    #expect(unknown.problem == "host not found")
    let here = try #require(
      SideCall.connect(to: [try destination("http://localhost:\(server.port)/{{call.id}}")]).first)
    #expect(here.problem == nil)
    #expect(here.certificateEnds == nil)
    #expect(server.requests.isEmpty)
  }

  @Test(
    "A time in a certificate",
    arguments: [
      ("Jan  1 00:00:00 2027 GMT", "2027-01-01T00:00:00Z"), ("Nov 22 23:59:59 2026 GMT", "2026-11-22T23:59:59Z"),
      ("Nov 22 2026", ""), ("Foo  1 00:00:00 2027 GMT", ""), ("Jan 32 00:00:00 2027 GMT", ""), ("", ""),
    ])
  func dates(text: String, instant: String) {
    #expect(CertificateDate.read(text) == Instant(rfc3339: instant))
  }
}
