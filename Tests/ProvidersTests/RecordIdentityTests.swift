import RelayCore
import TestSupport
import Testing

/// What is one record and what are two.
@Suite struct RecordIdentityTests {
  private static let telecmi =
    Documented.samples.filter { $0.provider == .telecmi }.map(\.text)
    + Documented.dialects.map(\.text).filter { $0 != Documented.indiaLiveOutgoingStarted }

  @Test(arguments: telecmi)
  func aReSendIsTheSameRecord(text: String) throws {
    let first = try decode(text)
    // Other spacing, order and number spelling; another balance.
    guard case .object(let object) = try JSONParser.parse(text) else { return }
    let again = JSON.object(JSONObject(object.members.reversed()))
    #expect(try decode("{ \n\t" + again.text.dropFirst() + "\r\n").identity == first.identity)
    let another = try decode(changed(text, ["balance": .string("1.000000")]))
    let third = try decode(changed(text, ["balance": .string("2.000000")]))
    #expect(another.identity == third.identity)
  }

  @Test(arguments: telecmi)
  func anotherLegStatusKindOrIdIsAnotherRecord(text: String) throws {
    let changes: [(String, KeyValuePairs<String, JSON?>)] = [
      ("id", ["cmiuuid": .string("other")]), ("status", ["status": .string("other")]),
      ("app", ["appid": .integer(9_999_999)]), ("leg", ["leg": .string("c")]),
    ]
    let first = try decode(text)
    for (name, change) in changes {
      #expect(try decode(changed(text, change)).identity.key != first.identity.key, "\(name)")
    }
    let legA = try decode(changed(text, ["leg": .string("a")]))
    let legB = try decode(changed(text, ["leg": .string("b")]))
    #expect(legA.identity.key != legB.identity.key)
    let cdr = try decode(changed(text, ["type": .string("cdr")]))
    let event = try decode(changed(text, ["type": .string("event")]))
    #expect(cdr.identity.key != event.identity.key)
  }

  @Test func twoAgentsWhoMissedTheSameCallAreTwoRecords() throws {
    let one = try decode(changed(Documented.incomingUserMissedLegB, ["user": .string("301_2222223")]))
    let two = try decode(changed(Documented.incomingUserMissedLegB, ["user": .string("302_2222223")]))
    #expect(one.identity.key != two.identity.key)
  }

  @Test func aRecordingThatCameLaterIsARevision() throws {
    let first = try decode(changed(Documented.outgoingAnsweredLegB, ["filename": nil, "record": nil]))
    let later = try decode(Documented.outgoingAnsweredLegB)
    #expect(first.identity.key == later.identity.key)
    #expect(first.identity.time == later.identity.time)
    #expect(first.identity.content != later.identity.content)
  }

  @Test func customIsHashedAsSent() throws {
    let text = try decode(changed(Documented.incomingAnswered, ["custom": .string("{\"a\":1}")]))
    let object = try decode(changed(Documented.incomingAnswered, ["custom": .object(["a": .integer(1)])]))
    #expect(text.body == object.body)
    #expect(text.identity.content != object.identity.content)
  }

  @Test func callrStatusesAndDirectionsAreApart() throws {
    let first = try decode(Documented.callrCdrBare, .callr).identity
    for change: KeyValuePairs<String, JSON?> in [
      ["status": .string("busy")], ["direction": .string("outbound")], ["callid": .integer(7)],
    ] {
      #expect(try decode(changed(Documented.callrCdrBare, change), .callr).identity.key != first.key)
    }
    #expect(try decode(Documented.callrWebhookEnvelopeStarted, .callr).identity.key != first.key)
  }

  /// Parts of a key that hold its separator, and empty ones, never make two keys equal.
  @Test func keysOfDifferentPartsDiffer() throws {
    let seed: UInt64 = 20_251_001
    var random = SeededRandom(seed: seed)
    let pieces = ["", "-", ":", "%", "%3A", "a", "b", "cdr", "%2D", "::"]
    var seen: [String: [String]] = [:]
    for _ in 0..<1000 {
      let id = (0..<2).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
      let user = pieces.randomElement(using: &random) ?? ""
      let status = pieces.randomElement(using: &random) ?? ""
      guard !id.isEmpty else { continue }
      let text = try changed(
        #"{"type":"cdr"}"#, ["cmiuuid": .string(id), "user": .string(user), "status": .string(status)])
      let key = try decode(text).identity.key
      let parts = [id, user, status]
      #expect(seen[key, default: parts] == parts, "seed \(seed): \(key)")
      seen[key] = parts
    }
  }

  @Test func aLongIdStaysFitForAnIndex() throws {
    let long = String(repeating: "x", count: 100_000)
    let record = try decode(changed(Documented.incomingAnswered, ["cmiuuid": .string(long)]))
    #expect(record.call.id == long)
    #expect(record.identity.key.utf8.count < 400)
    let other = try decode(changed(Documented.incomingAnswered, ["cmiuuid": .string(long + "y")]))
    #expect(record.identity.key != other.identity.key)
  }

  @Test(arguments: [
    (JSON.integer(0), Int64(0)), (.integer(-1), 0), (.integer(.max), 0), (.integer(.min), 0), (.string("soon"), 0),
    (.integer(1_634_720_920_615), 1_634_720_920_615), (.integer(1_634_720_920), 1_634_720_920_000),
    (.string("1634720920615"), 1_634_720_920_615), (.string("2021-10-20T09:08:40.615Z"), 1_634_720_920_615),
    (.string("2021-10-20 09:08:40"), 1_634_720_920_000), (.string("1970-01-01T00:00:00Z"), 0),
    (.string("2100-01-01T00:00:00Z"), 0), (.string("2099-12-31T23:59:59.999Z"), 4_102_444_799_999),
    (.bool(true), 0), (.null, 0),
  ])
  func onlyASaneTimeCounts(sent: JSON, milliseconds: Int64) throws {
    let record = try decode(changed(Documented.incomingAnswered, ["time": sent]))
    #expect(record.identity.time == ms(milliseconds))
    #expect(record.call.startedAt == (milliseconds == 0 ? nil : ms(milliseconds)))
  }
}
