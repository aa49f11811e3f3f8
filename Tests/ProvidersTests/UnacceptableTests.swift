import Providers
import RelayCore
import Testing

/// The exact sentences that an admin reads in quarantine. None holds a value of the body.
@Suite struct UnacceptableTests {
  private func refusal(
    _ text: String, _ settings: SourceSettings, contentType: String? = "application/json"
  ) -> Unacceptable? {
    refusal(Array(text.utf8), settings, contentType: contentType)
  }

  private func refusal(_ bytes: [UInt8], _ settings: SourceSettings, contentType: String? = nil) -> Unacceptable? {
    do {
      _ = try decode(bytes, settings, contentType: contentType)
      return nil
    } catch {
      return error as? Unacceptable
    }
  }

  @Test func anEmptyBody() {
    let expected = Unacceptable(
      status: 400, reason: "nothing came, neither a body nor a query: send the record as a JSON document")
    for provider in Provider.allCases {
      #expect(refusal("", settings(provider)) == expected)
      #expect(refusal(" \n", settings(provider)) == expected)
    }
  }

  @Test func aMultipartBodyIsNamedAsSuch() {
    #expect(
      refusal("--x\r\n", settings(.telecmi), contentType: "multipart/form-data; boundary=x")
        == Unacceptable(status: 400, reason: "a multipart body is not read: send the record as a JSON document"))
  }

  @Test func textThatIsNotJSON() {
    let end = "; send the record as a JSON document or as application/x-www-form-urlencoded"
    #expect(
      refusal("{\"a\":}", settings(.telecmi))
        == Unacceptable(status: 400, reason: "not JSON: expected a value at byte 5" + end))
    #expect(
      refusal("hello", settings(.generic))
        == Unacceptable(status: 400, reason: "not JSON: expected a value at byte 0" + end))
    #expect(
      refusal("a=1", settings(.callr), contentType: "text/plain")
        == Unacceptable(status: 400, reason: "not JSON: expected a value at byte 0" + end))
    #expect(
      refusal(Array(#"{"a":""#.utf8) + [0xFF, 0x22, 0x7D], settings(.generic))
        == Unacceptable(status: 400, reason: "not JSON: invalid UTF-8 in a string at byte 6" + end))
  }

  @Test func aFormThatCannotBeRead() {
    let form = "application/x-www-form-urlencoded"
    #expect(
      refusal("a=%zz", settings(.telecmi), contentType: form)
        == Unacceptable(
          status: 400, reason: "the form body has a broken percent-encoding or is not UTF-8: send the record as JSON"))
    #expect(
      refusal("&", settings(.telecmi), contentType: form)
        == Unacceptable(status: 400, reason: "the form body has no fields: send the record as a JSON document"))
  }

  @Test func jsonThatIsNoTeleCMIRecord() throws {
    #expect(
      refusal(#"{"hello":"world"}"#, settings(.telecmi))
        == Unacceptable(
          status: 422,
          reason: "no cmiuuid or cmiuid, which identifies the leg: not a TeleCMI record; check which webhook posts to "
            + "source here"))
    #expect(
      refusal(#"{"cmiuuid":"7"}"#, settings(.telecmi))
        == Unacceptable(
          status: 422,
          reason: "none of type, status and direction: not a TeleCMI record; check which webhook posts to source here"))
    #expect(
      refusal("[{}]", settings(.telecmi))
        == Unacceptable(
          status: 422, reason: "expected a JSON object, found a list: post one TeleCMI record a request"))
    #expect(refusal(Documented.callrCdrBare, settings(.telecmi))?.status == 422)
    // call_id is shared by both legs and can't stand for the id of one.
    let withoutID = try changed(Documented.outgoingAnsweredLegA, ["cmiuuid": nil])
    #expect(refusal(withoutID, settings(.telecmi))?.status == 422)
    for empty in [JSON.null, .string(""), .object([:])] {
      #expect(refusal(try changed(Documented.incomingAnswered, ["cmiuuid": empty]), settings(.telecmi))?.status == 422)
    }
  }

  @Test func jsonThatIsNoCallrRecord() {
    let none =
      "no callid at the top, in cdr, call.cdr or data, and no event (event_id, type and data): not a Callr record; check "
      + "what posts to source here"
    #expect(refusal(#"{"hello":"world"}"#, settings(.callr)) == Unacceptable(status: 422, reason: none))
    #expect(refusal(#"{"type":"sms.mo","data":{}}"#, settings(.callr)) == Unacceptable(status: 422, reason: none))
    #expect(refusal(#"{"cdr":{"status":"x"}}"#, settings(.callr)) == Unacceptable(status: 422, reason: none))
    #expect(
      refusal(#"{"callid":5}"#, settings(.callr))
        == Unacceptable(
          status: 422,
          reason: "a callid, but no direction, status, time or number: not a Callr CDR; check what posts to source here"
        ))
    #expect(
      refusal("7", settings(.callr))
        == Unacceptable(
          status: 422, reason: "expected a JSON object, found a number: post one Callr record a request"))
    #expect(refusal(Documented.incomingAnswered, settings(.callr))?.status == 422)
  }

  @Test func aRecordOfAnotherApp() throws {
    let settings = settings(.telecmi, appIDs: [1_111_111, 2_222_222])
    #expect(
      refusal(Documented.incomingAnswered, settings)
        == Unacceptable(
          status: 422,
          reason: "a record of app 2222223, which is not expected here: add 2222223 to sources.here.app_ids to take it")
    )
    #expect(
      refusal(Documented.webhook2019OutgoingMissed, settings)
        == Unacceptable(
          status: 422,
          reason:
            "no app id (appid, app_id or inetno): sources.here.app_ids asks for one; remove that setting to take it"
        ))
    #expect(
      refusal(try changed(Documented.incomingAnswered, ["appid": .string("mine")]), settings)
        == Unacceptable(
          status: 422, reason: "the app id is no number: sources.here.app_ids can't be compared with it"))
    #expect(refusal(Documented.piopiyInboundAnswered, settings) == nil)
    #expect(refusal(try changed(Documented.incomingAnswered, ["appid": .string("2222222")]), settings) == nil)
    let live = try changed(Documented.liveIncomingWaiting, ["app_id": .integer(1_111_111)])
    #expect(refusal(live, settings) == nil)
  }

  @Test func nothingOfTheBodyIsInAReason() {
    let secret = "33639980042"
    let bodies = [
      #"{"from":"\#(secret)""#, #"{"from":\#(secret)}"#, #"{"cmiuuid":{"x":"\#(secret)"}}"#, #"{"a":\#(secret)x}"#,
      #"["\#(secret)"]"#, #"{"appid":"\#(secret)a","cmiuuid":"1","type":"cdr"}"#, "\(secret)=\(secret)%",
      #"{"call":{"uuid":["\#(secret)"]}}"#,
    ]
    for provider in Provider.allCases {
      for body in bodies {
        for type in ["application/json", "application/x-www-form-urlencoded"] {
          let refusal = refusal(
            body, settings(provider, key: "call.uuid", appIDs: [1]), contentType: type)
          #expect(refusal != nil)
          #expect(refusal?.reason.contains(secret) != true)
        }
      }
    }
  }

  @Test func theContentTypeDoesNotDecideWhatIsJSON() throws {
    for type in [nil, "text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-8"] {
      let record = try decode(" \r\n" + Documented.incomingAnswered, settings(.telecmi), contentType: type)
      #expect(record.call.agent == "204")
    }
  }
}
