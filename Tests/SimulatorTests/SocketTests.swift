import HTTP1
import RelayCore
import Simulator
import Synchronization
import Telemetry
import TestSupport
import Testing

/// The same over real sockets.
@Suite struct SocketTests {
  private static let call = Array(
    #"{"appid":2222223,"secret":"simulated-secret","from":914471000000,"to":9100000001,"answer_url":"http://127.0.0.1/"}"#
      .utf8)

  @Test func aCallIsPlacedAndItsWebhooksAreHandedOver() throws {
    let posted = Mailbox<SimulatedWebhook>()
    var settings = SimulatedAPI.Settings()
    settings.postsAtOnce = true
    let api = SimulatedAPI(settings: settings, post: { posted.put($0) })
    let server = HTTPServer(handler: api, log: .silent)
    let port = try server.listen("127.0.0.1:0")
    defer { server.stop() }
    let answer = try HTTPConnection(port: port).post("/v1/make_call", Self.call)
    #expect(answer.status == 200 && answer.head.lowercased().contains("x-simulator: built from documents"))
    let id = try JSONParser.parse(answer.body)["data"]?["request_id"]?.string
    let first = try #require(posted.next())
    #expect(try Trying.decode(first, Trying.telecmi).call.requestID == id)
  }

  @Test func aLateAnswerComesAndOthersDoNotWaitForIt() throws {
    var settings = SimulatedAPI.Settings()
    settings.slowMilliseconds = 300
    let api = SimulatedAPI(settings: settings)
    let server = HTTPServer(handler: api, log: .silent)
    let port = try server.listen("127.0.0.1:0")
    defer { server.stop() }
    let slow = Array(String(decoding: Self.call, as: UTF8.self).replacing("9100000001", with: "9100000600").utf8)
    #expect(try HTTPConnection(port: port).post("/v1/make_call", slow).status == 200)
    #expect(try HTTPConnection(port: port).get("/simulator/dials").text.contains(#""dials":1"#))
  }
}
