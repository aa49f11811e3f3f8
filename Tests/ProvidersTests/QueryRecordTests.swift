import HTTPTypes
import Providers
import RelayCore
import Testing

@Suite struct QueryRecordTests {
  private static let chub: [String] = [
    Documented.incomingAnswered, Documented.incomingMissedVoicemail, Documented.incomingUserMissedLegB,
    Documented.outgoingAnsweredLegA, Documented.outgoingAnsweredLegB, Documented.outgoingMissedLegA,
    Documented.liveIncomingWaiting, Documented.liveIncomingAnswered, Documented.liveAgentAnswered,
    Documented.liveOutgoingHangup,
  ]

  /// CHUB is documented to post by GET too: the same record either way, types included.
  @Test(arguments: chub)
  func aRecordByGetIsTheSameAsByPost(text: String) throws {
    let posted = try decode(text)
    let got = try decode(query: query(of: text))
    #expect(got.body == posted.body)
    #expect(got.call == posted.call)
    #expect(got.kind == posted.kind)
    #expect(got.identity == posted.identity)
  }

  @Test(arguments: chub)
  func aRecordAsAFormIsTheSameAsJSON(text: String) throws {
    let posted = try decode(text)
    let form = try decode(query(of: text), contentType: "Application/X-WWW-Form-Urlencoded; charset=UTF-8")
    #expect(form.body == posted.body)
    #expect(form.identity == posted.identity)
  }

  @Test func callrByForm() throws {
    let text = Documented.callrCdrBare
    let form = try decode(query(of: text), .callr, contentType: "application/x-www-form-urlencoded")
    let posted = try decode(text, .callr)
    #expect(form.body == posted.body)
    #expect(form.identity == posted.identity)
  }

  @Test(arguments: [
    ("appid=2222223", JSON.integer(2_222_223)), ("appid=02222223", .string("02222223")),
    ("appid=%2B2222223", .string("+2222223")), ("appid=", .string("")), ("appid=-0", .string("-0")),
    ("appid=1.0", .string("1.0")), ("appid=99999999999999999999", .string("99999999999999999999")),
    ("appid=1e3", .string("1e3")),
  ])
  func onlyWhatPrintsTheSameAgainBecomesANumber(query: String, value: JSON) throws {
    let fields = try #require(FormFields(parsing: query))
    #expect(QueryRecord.body(from: fields, provider: .telecmi)["appid"] == value)
    #expect(QueryRecord.body(from: fields, provider: .generic)["appid"] == .string(fields["appid"] ?? ""))
  }

  @Test func booleansAndNull() throws {
    let telecmi = try #require(FormFields(parsing: "record=true&voicemail=false&user=true&custom=null"))
    #expect(
      QueryRecord.body(from: telecmi, provider: .telecmi)
        == .object([
          "record": .bool(true), "voicemail": .bool(false), "user": .string("true"), "custom": .string("null"),
        ]))
    let callr = try #require(FormFields(parsing: "hook_hash=null&try=0&callerRestricted=false&callee=%2B33199001234"))
    #expect(
      QueryRecord.body(from: callr, provider: .callr)
        == .object([
          "hook_hash": .null, "try": .integer(0), "callerRestricted": .bool(false), "callee": .string("+33199001234"),
        ]))
  }

  @Test func aWholeDocumentInOneField() throws {
    let encoded = PercentEncoding.encode(Documented.incomingAnswered)
    let posted = try decode(Documented.incomingAnswered)
    for query in ["cdr=\(encoded)", "data=\(encoded)", encoded, "\(encoded)="] {
      let record = try decode(query: query)
      #expect(record.body == posted.body)
      #expect(record.identity == posted.identity)
    }
    let fields = try #require(FormFields(parsing: "a={}&b=1"))
    #expect(QueryRecord.body(from: fields, provider: .telecmi) == .object(["a": .string("{}"), "b": .string("1")]))
  }

  @Test func subscriptedParametersBecomeAnObject() throws {
    let fields = try #require(
      FormFields(parsing: "extra_params[name]=Akil&extra_params[id]=7&custom%5Bcrm%5D=true&other[x]=1"))
    let body = QueryRecord.body(from: fields, provider: .telecmi)
    #expect(
      body
        == .object([
          "extra_params": .object(["name": .string("Akil"), "id": .string("7")]),
          "custom": .object(["crm": .string("true")]), "other[x]": .string("1"),
        ]))
  }

  @Test func aParameterGivenTwiceTakesTheLast() throws {
    let fields = try #require(FormFields(parsing: "a=1&a=2"))
    #expect(QueryRecord.body(from: fields, provider: .generic) == .object(["a": .string("2")]))
  }
}
