import HTTPTypes
import RelayCore
import Rules
import TestSupport
import Testing

@testable import Forwarding

@Suite("Trial of a destination")
struct DestinationTrialTests {
  private func trial(_ destination: Destination) throws -> DestinationTrial {
    try DestinationTrial(
      destination, among: [destination], refreshTokensFile: nil, userAgent: "cdrelay/test", time: SystemTime())
  }

  private var input: RenderInput {
    RenderInput(
      record: RawRecord(
        body: Array("{}".utf8), contentType: "application/json", headers: HTTPHeaders(), query: FormFields()),
      reading: nil, recordID: Identifier(1), receivedAt: SystemTime().now(), revision: 0, deliveryID: Identifier(2),
      attempt: 1, rule: "all")
  }

  @Test("TLS and the certificate are seen, also where nothing is sent")
  func tls() throws {
    let authority = try TestAuthority()
    let files = try authority.issue("server")
    let server = try PythonServer.tls(certificate: files.certificate, key: files.key, clientCA: "")
    let url = "https://127.0.0.1:\(server.port)/"
    let destination = try destination(url, #""tls": {"ca_file": "\#(authority.certificate)"}"#)
    let connected = try trial(destination).connect(input)
    guard case .connected = connected.ending else {
      Issue.record("\(connected.ending)")
      return
    }
    let sent = try trial(destination).send(input)
    guard case .answered(let result, let verdict) = sent.ending else {
      Issue.record("\(sent.ending)")
      return
    }
    #expect(result.status == 200 && verdict.outcome == .delivered)
    for sight in [try #require(connected.sight), try #require(sent.sight)] {
      #expect(sight.tls?.hasPrefix("TLSv1.") == true)
      #expect(sight.certificate?.subject.contains("server") == true)
      #expect(sight.certificate?.issuer.isEmpty == false && sight.certificate?.expires.isEmpty == false)
      #expect(sight.address == "127.0.0.1" && sight.port == server.port)
      #expect(sight.connected <= sight.secured && sight.secured <= sight.ended)
    }
    #expect(server.lines(1).count == 1)

    // By the system's CAs it is not believed.
    let strange = try trial(try self.destination(url)).send(input)
    guard case .answered(.failed(let words), let refusal) = strange.ending else {
      Issue.record("\(strange.ending)")
      return
    }
    #expect(words.hasPrefix("TLS failed: "))
    if case .retry = refusal.outcome {} else { Issue.record("\(refusal.outcome)") }
  }

  private func destination(_ url: String, _ more: String = "") throws -> Destination {
    try destinations(#"{"crm": {"url": "\#(url)", "allow_private": true\#(more.isEmpty ? "" : ", " + more)}}"#)[0]
  }

  @Test("The guard refuses a private address, and names it")
  func guarded() throws {
    let server = try ScriptedDestination { _ in .status(200) }
    let destination = try destinations(#"{"crm": {"url": "http://guarded.example:\#(server.port)/"}}"#)[0]
    // The name does not resolve: what counts is that nothing was connected to.
    for report in [try trial(destination).connect(input), try trial(destination).send(input)] {
      guard case .answered(let result, _) = report.ending else {
        Issue.record("\(report.ending)")
        return
      }
      #expect(result.status == nil)
    }
    #expect(server.requests.isEmpty)
  }
}
