import Digests
import HTTPTypes
import RelayCore
import Simulator
import TestSupport
import Testing

/// What is posted, read by the decoder that real webhooks are read by.
@Suite struct WebhookTests {
  private static let seed = UInt64.random(in: .min ... .max)
  private static let products: [SimulatedDay.Product] = [
    .mixed, .only(.chub), .only(.chubIndia), .only(.piopiy),
  ]

  @Test(arguments: UInt64(0)..<25)
  func everyWebhookOfTeleCMIIsARecord(_ round: UInt64) throws {
    let seed = Self.seed &+ round
    let day = SimulatedDay(
      seed: seed, calls: 40, from: Trying.midnight, product: Self.products[Int(round) % Self.products.count])
    for call in day.calls {
      var stands = 0
      for webhook in call.webhooks(.telecmi, Trying.account) {
        let record = try Trying.decode(webhook, Trying.telecmi)
        let read = record.call
        #expect(record.kind == (webhook.isLive ? .live : .cdr), "seed \(seed), call \(call.number)")
        #expect(webhook.isMain == (read.role == .call), "seed \(seed), call \(call.number): \(webhook.text)")
        guard webhook.isMain else { continue }
        stands += 1
        #expect(read.id == call.mainID, "seed \(seed), call \(call.number)")
        #expect(read.direction?.rawValue == call.direction.rawValue, "seed \(seed), call \(call.number)")
        #expect(read.status == (call.isAnswered ? .answered : .missed), "seed \(seed), call \(call.number)")
        #expect(!call.isAnswered || read.answeredSeconds == call.talkSeconds, "seed \(seed), call \(call.number)")
        #expect(read.recording == nil || read.recording == call.recording(Trying.account), "seed \(seed)")
        #expect(read.requestID == (call.dialect == .chubIndia ? nil : call.request?.id), "seed \(seed)")
      }
      #expect(stands == (call.dialect == .piopiy ? 4 : 1), "seed \(seed), call \(call.number)")
    }
  }

  @Test(arguments: UInt64(0)..<12)
  func everyWebhookOfCallrIsARecord(_ round: UInt64) throws {
    let seed = Self.seed &+ round
    let form = CallrForm.allCases[Int(round) % CallrForm.allCases.count]
    for call in SimulatedDay(seed: seed, calls: 40, from: Trying.midnight).calls {
      var keys: Set<String> = []
      for webhook in call.webhooks(.callr(form), Trying.account) {
        let record = try Trying.decode(webhook, Trying.callr)
        let read = record.call
        #expect(record.kind == (webhook.isLive ? .live : .cdr), "seed \(seed), call \(call.number)")
        #expect(webhook.isMain == (read.role == .call), "seed \(seed), call \(call.number)")
        #expect(read.id == String(call.callid), "seed \(seed)")
        guard webhook.isMain else { continue }
        keys.insert(record.identity.key)
        #expect(read.direction?.rawValue == call.direction.rawValue, "seed \(seed)")
        #expect((read.status == .answered) == call.isAnswered, "seed \(seed)")
        #expect(read.answeredSeconds == call.talkSeconds, "seed \(seed)")
      }
      #expect(keys.count == 1, "sent twice is one record: seed \(seed), call \(call.number)")
    }
  }

  /// The re-sends of PIOPIY differ in the account's balance only.
  @Test func piopiysResendsAreOneRecord() throws {
    let day = SimulatedDay(seed: Self.seed, calls: 60, from: Trying.midnight, product: .only(.piopiy))
    for call in day.calls {
      let main = call.webhooks(.telecmi, Trying.account).filter(\.isMain)
      let identities = try Set(main.map { try Trying.decode($0, Trying.telecmi).identity })
      #expect(identities.count == 1 && Set(main.map(\.body)).count == 4, "seed \(Self.seed), call \(call.number)")
      #expect(main.map { ($0.at - main[0].at) / 60_000 } == [0, 5, 15, 30])
    }
  }

  /// Each quirk of providers.md is in a day of some size.
  @Test func theQuirksAreThere() throws {
    let day = SimulatedDay(seed: 1, calls: 1500, from: Trying.midnight)
    let traffic = Array(SimulatedTraffic(day, .telecmi, account: Trying.account))
    let texts = traffic.map(\.text)
    for quirk in [
      #""app_id":2222223"#, #""appid":2222223"#, #""cmiuid":"#, #""leg":"a""#, #""leg":"b""#, #""virtual_number":44"#,
      #""virtual_number":"44"#, #"{key: value}"#, #"'ID':8915726"#, #""call_rate":"0.450000""#, #""call_rate":0,"#,
      #""status":"waiting""#, #""status":"started""#, #""status":"hangup""#, #""status":"out_bridged""#,
      #""status":"STREAM_DISCONNECTED""#, #""hangup_reason":"recv_cancel""#, #""hangup_reason":"sent_reject""#,
      #""voicemail":true"#, #""voicename":"#, #""ivr_name":"#, #""record":true"#, #""record":false"#,
      #""api_init":true"#, #""vn":44"#, #""ws_status":"#, #""waitedsec":"#, #""answeredsec":"#,
    ] {
      #expect(texts.contains { $0.contains(quirk) }, "no \(quirk)")
    }
    let agentsMissed = try traffic.filter { try Trying.decode($0, Trying.telecmi).call.role == .agentMissed }
    #expect(agentsMissed.count > 300)
    // Some of a call comes behind what happened later in it.
    let isOutOfOrder = day.calls.contains { call in
      let times = call.webhooks(.telecmi, Trying.account).filter(\.isLive).compactMap {
        (try? JSONParser.parse($0.body))?["time"]?.integer
      }
      return times != times.sorted()
    }
    #expect(isOutOfOrder)
    let indian = SimulatedTraffic(
      SimulatedDay(seed: 1, calls: 300, from: Trying.midnight, product: .only(.chubIndia)), .telecmi,
      account: Trying.account
    ).map(\.text)
    for quirk in [#""callerid":0"#, #""click_to_call":"true""#, #""click_to_call":true"#, #""record":"true""#] {
      #expect(indian.contains { $0.contains(quirk) }, "no \(quirk)")
    }
  }

  @Test func callrsQuirksAreThere() {
    let day = SimulatedDay(seed: 1, calls: 500, from: Trying.midnight)
    let texts = SimulatedTraffic(day, .callr(.mixed), account: Trying.account).map(\.text)
    for quirk in [
      "v2.call.inbound.started", "v2.call.inbound.ended", "v2.call.outbound.started", "v2.call.outbound.ended",
      "call.inbound_start", "call.inbound_hangup", "call.outbound_start", "call.outbound_hangup", #""try":1"#,
      #"{"cdr":{"#, #""call":{"cdr":{"#, #""recording":{"#, #""callerRestricted":true"#, #""dialstatus":"ANSWER""#,
      #""status":"canceled""#, #""status":"busy""#, #""status":"failed""#, #""status":"unallocated""#,
      #""status":"ringing""#, #""status":"dialing""#,
    ] {
      #expect(texts.contains { $0.contains(quirk) }, "no \(quirk)")
    }
  }

  @Test func aSecretSignsTheBytes() throws {
    let webhook = try #require(
      SimulatedDay(seed: 1, calls: 1, from: Trying.midnight)[0].webhooks(.callr(.webhook), Trying.account).first)
    let signed = webhook.signed(secret: "demo-secret")
    let code = HMAC<SHA256>.authenticate(webhook.body, key: Array("demo-secret".utf8))
    #expect(signed.headers["x-callr-hmacsignature"] == Base64.encode(code) && signed.body == webhook.body)
  }
}

extension SimulatedWebhook {
  var text: String { String(decoding: body, as: UTF8.self) }
}
