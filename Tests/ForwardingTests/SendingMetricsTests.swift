import Telemetry
import TestSupport
import Testing

@testable import Forwarding

@Suite("Metrics of destinations")
struct SendingMetricsTests {
  private func page(_ source: any MetricsSource) -> [String] {
    var page = MetricsPage()
    source.write(to: &page)
    return page.text.split(separator: "\n").map(String.init)
  }

  @Test("An open breaker and a pause that was asked for are counted, and what holds a destination is shown")
  func holds() throws {
    let failing = try ScriptedDestination { _ in .status(500) }
    let waiting = try ScriptedDestination { _ in .status(429, headers: ["Retry-After: 3600"]) }
    let relay = try RelayFixture(
      """
      {"crm": {"url": "\(failing.url)", "allow_private": true, "retry": {"breaker_after": 1}},
       "erp": {"url": "\(waiting.url)", "allow_private": true}}
      """)
    #expect(page(relay.forwarder).contains(#"cdrelay_destination_holds_total{destination="crm",kind="breaker"} 0"#))
    relay.admit(to: "crm", "erp")
    #expect(relay.watch.wait(1, "destination.held", "destination=crm", "kind=breaker"))
    #expect(relay.watch.wait(1, "destination.held", "destination=erp", "kind=limit"))
    let lines = page(relay.forwarder)
    for line in [
      #"cdrelay_destination_holds_total{destination="crm",kind="breaker"} 1"#,
      #"cdrelay_destination_holds_total{destination="erp",kind="limit"} 1"#,
      #"cdrelay_destination_holds_total{destination="erp",kind="credentials"} 0"#,
      #"cdrelay_destination_waits_told_total{destination="crm"} 0"#,
    ] { #expect(lines.contains(line), "\(line)") }
    relay.stop()
    #expect(page(relay.forwarder).contains(#"cdrelay_destination_waits_told_total{destination="erp"} 1"#))
    #expect(!lines.contains { $0.contains("token") }, "no destination asks for one")
    let held = page(relay.queue)
    #expect(held.contains(#"cdrelay_destination_held{destination="crm",kind="breaker"} 1"#))
    #expect(held.contains(#"cdrelay_destination_held{destination="erp",kind="limit"} 1"#))
    #expect(held.contains(#"cdrelay_destination_held{destination="erp",kind="person"} 0"#))
  }

  @Test("Tokens fetched and refused are counted, by the names of those that share them")
  func tokens() throws {
    let endpoint = try ScriptedDestination { request in
      request.number == 1
        ? .status(503) : .status(200, body: #"{"access_token":"t-\#(request.number)","expires_in":3600}"#)
    }
    let server = try ScriptedDestination { _ in .status(200) }
    let auth = #""auth": {"oauth2": {"token_url": "\#(endpoint.url)/", "client_id": "c", "client_secret": "d"}}"#
    let relay = try RelayFixture(
      """
      {"crm": {"url": "\(server.url)", "allow_private": true, \(auth)},
       "erp": {"url": "\(server.url)", "allow_private": true, \(auth)}}
      """)
    relay.admit(to: "crm")
    #expect(relay.watch.wait(1, "delivery.attempted", "status=200"))
    let lines = page(relay.forwarder)
    #expect(lines.contains(#"cdrelay_destination_token_fetches_total{destination="crm,erp"} 1"#))
    #expect(lines.contains(#"cdrelay_destination_token_failures_total{destination="crm,erp"} 1"#))
    relay.stop()
  }
}
