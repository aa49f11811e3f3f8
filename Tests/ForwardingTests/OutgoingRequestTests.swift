import Digests
import HTTPTypes
import Outgoing
import RelayCore
import Rules
import Testing
import TestSupport

@testable import Forwarding

@Suite("Outgoing requests")
struct OutgoingRequestTests {
  let body = Array(#"{ "id" : 7,  "odd": "ü" }"#.utf8)

  private func input(
    body: [UInt8]? = nil, contentType: String? = "application/json; charset=utf-8", attempt: Int = 1,
    revision: Int = 0, masksSecrets: Bool = false
  ) -> RenderInput {
    RenderInput(
      record: RawRecord(
        body: body ?? self.body, contentType: contentType, headers: HTTPHeaders(), query: FormFields()),
      reading: nil, recordID: Identifier(5), receivedAt: Instant(milliseconds: 0), revision: revision,
      deliveryID: Identifier(42), attempt: attempt, rule: "all", masksSecrets: masksSecrets)
  }

  private func stamp(isReplay: Bool = false) -> OutgoingRequest.Stamp {
    .init(userAgent: "cdrelay/1.0.0", isReplay: isReplay, at: Instant(milliseconds: 1_614_265_330_999))
  }

  @Test("A record goes byte for byte, with its content type and the relay's headers")
  func plain() throws {
    let request = try OutgoingRequest.make(input(), for: destination("http://127.0.0.1/x?y=1"), stamp())
    #expect(request.method == "POST")
    #expect(request.url == "http://127.0.0.1/x?y=1")
    #expect(request.body == body)
    #expect(
      request.headers
        == HTTPHeaders([
          ("content-type", "application/json; charset=utf-8"), ("user-agent", "cdrelay/1.0.0"),
          ("idempotency-key", "42"), ("webhook-id", "42"), ("webhook-timestamp", "1614265330"),
          ("cdrelay-attempt", "1"),
        ]))
  }

  @Test("Retries, replays and revisions say so, with the same id")
  func later() throws {
    let request = try OutgoingRequest.make(
      input(attempt: 3, revision: 2), for: destination("http://127.0.0.1/"), stamp(isReplay: true))
    #expect(request.headers["cdrelay-attempt"] == "3")
    #expect(request.headers["cdrelay-replay"] == "true")
    #expect(request.headers["cdrelay-revision"] == "2")
    #expect(request.headers["idempotency-key"] == "42")
  }

  @Test("A header that the destination sets stands once")
  func ownHeaders() throws {
    let one = try destination("http://127.0.0.1/", #""headers": {"User-Agent": "mine", "X-Call": "{{delivery.id}}"}"#)
    let request = try OutgoingRequest.make(input(), for: one, stamp())
    #expect(request.headers.values("user-agent") == ["mine"])
    #expect(request.headers["x-call"] == "42")
  }

  @Test("A content type can't break out of its field")
  func injection() throws {
    let request = try OutgoingRequest.make(
      input(contentType: "text/plain\r\nx-evil: 1"), for: destination("http://127.0.0.1/"), stamp())
    #expect(request.headers["content-type"] == "text/plain  x-evil: 1")
  }

  @Test("The reference vector of Standard Webhooks")
  func referenceVector() throws {
    let key = try #require(Base64.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
    #expect(
      WebhookSignature.header(
        id: "msg_p5jXN8AQM9LWM0D4loKWxJek", second: "1614265330", body: Array(#"{"test": 2432232314}"#.utf8),
        keys: [key])
        == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
  }

  @Test("Requests are signed with each secret, over what is sent; a person does not see it")
  func signed() throws {
    let one = try destination(
      "http://127.0.0.1/", #""signing_secret": ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_AAAA"]"#)
    let request = try OutgoingRequest.make(input(), for: one, stamp())
    let expected = WebhookSignature.header(
      id: "42", second: "1614265330", body: body, keys: one.signingKeys.map(\.bytes))
    #expect(request.headers["webhook-signature"] == expected)
    #expect(expected.split(separator: " ").count == 2)
    let shown = try OutgoingRequest.make(input(masksSecrets: true), for: one, stamp())
    #expect(shown.headers["webhook-signature"] == "•••")
  }
}

@Suite("Egress guard")
struct EgressGuardTests {
  private func permits(_ text: String) throws -> Bool {
    EgressGuard.permits(try #require(IPAddress(text)).bytes)
  }

  @Test(
    "What is not the public internet is refused",
    arguments: [
      "127.0.0.1", "127.8.9.10", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",
      "169.254.169.254",
      "100.64.0.1", "198.18.0.1", "224.0.0.1", "255.255.255.255", "168.63.129.16", "::", "::1", "fe80::1", "fc00::1",
      "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
      "64:ff9b:1::7f00:1", "::7f00:1", "2001:0:808:808:0:0:80ff:fffe",
      "2002:7f00:1::", "2002:a9fe:a9fe::1",
    ])
  func refused(address: String) throws {
    #expect(try !permits(address))
  }

  @Test("Mapped addresses are looked into, also as libcurl gives them: in 16 bytes")
  func mapped() {
    let prefix = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]
    #expect(!EgressGuard.permits(prefix + [10, 0, 0, 1]))
    #expect(EgressGuard.permits(prefix + [8, 8, 8, 8]))
    #expect(!EgressGuard.permits([]))
    #expect(!EgressGuard.permits([1, 2, 3]))
  }

  @Test(
    "The public internet is not",
    arguments: ["1.1.1.1", "172.32.0.1", "192.169.0.1", "100.128.0.1", "2606:4700::1111", "2002:808:808::1"])
  func permitted(address: String) throws {
    #expect(try permits(address))
  }
}
