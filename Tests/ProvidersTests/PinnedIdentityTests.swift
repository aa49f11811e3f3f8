import Digests
import RelayCore
import Testing

/// The unique index of every database holds these bytes: were they to change, each re-send would become another record.
@Suite struct PinnedIdentityTests {
  static let pinned: [(text: String, provider: Provider, key: String, time: Int64, content: String)] = [
    (
      Documented.incomingAnswered, .telecmi, "2222223:16132200-57fa-47b5-888d-4ab5b7e631ee:-:cdr:answered:204_2222223",
      1_634_720_920_615, "f83f5e2f52887055e0347af0870c27ec"
    ),
    (
      Documented.outgoingAnsweredLegB, .telecmi,
      "2222223:0da4f02e-6ece-42e4-989b-1e6766b5a81e:b:cdr:answered:202_2222223", 1_650_630_551_178,
      "3c17ebbe2ab81eec6aac41fd71813309"
    ),
    (
      Documented.piopiyInboundAnswered, .telecmi, "2222222:55348d77-c515-425d-b22c-f0c6ecd8d780:a:cdr:answered",
      1_632_318_511_000, "1a924ba408d63d72a80a3095db477417"
    ),
    (
      Documented.callrWebhookEnvelope, .callr, "1234567890123456789:cdr:answered:inbound", 1_759_309_200_000,
      "08a52ad252f9834f765ab366975ed7e9"
    ),
    (
      Documented.callrWebhookEnvelopeStarted, .callr, "1234567890123456789:live:ringing:inbound", 1_759_309_200_000,
      "527c7cf5e25a9d433f4c6070c202aa8e"
    ),
  ]

  @Test(arguments: pinned)
  func identitiesStayTheSameBytes(text: String, provider: Provider, key: String, time: Int64, content: String) throws {
    let identity = try decode(text, provider).identity
    #expect(identity.key == key)
    #expect(identity.time == ms(time))
    #expect(Hex.encode(identity.content) == content)
  }
}
