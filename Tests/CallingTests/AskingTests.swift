import HTTPTypes
import RelayCore
import Testing

/// What a client may ask for. Nothing of it reaches the provider where it is refused.
@Suite struct AskingTests {
  private func fixture(_ product: String = "chub") throws -> CallingFixture {
    try CallingFixture(product: product) { _ in .status(200, body: #"{"code":200,"request_id":"r"}"#) }
  }

  @Test(arguments: [
    ("not json", 400, "the body is not JSON: "), ("[]", 400, "expected a JSON object"),
    (#"{"to": "+33639980042"}"#, 400, "user_id: missing; this source takes user_id, to, extra_params"),
    (#"{"user_id": "103_2222223"}"#, 400, "to: missing"),
    (#"{"user_id": null, "to": 33639980042}"#, 400, "user_id: missing"),
    (#"{"user_id": "", "to": 33639980042}"#, 422, "user_id: expected an agent's id"),
    (#"{"user_id": true, "to": 33639980042}"#, 422, "user_id: expected an agent's id"),
    (#"{"user_id": "103 2222223", "to": 33639980042}"#, 422, "user_id: expected an agent's id"),
    (#"{"user_id": "103/../x", "to": 33639980042}"#, 422, "user_id: expected an agent's id"),
    (#"{"user_id": "103\u0000", "to": 33639980042}"#, 422, "user_id: expected an agent's id"),
    (#"{"user_id": "１０３", "to": 33639980042}"#, 422, "user_id: expected an agent's id"),
    (
      #"{"user_id": "103_1111112", "to": 33639980042}"#, 422,
      "user_id: expected an agent of this source's app, such as 203_2222223"
    ),
    (#"{"user_id": "103_2222223_1111112", "to": 33639980042}"#, 422, "user_id: expected an agent of this source's app"),
    (#"{"user_id": "103_", "to": 33639980042}"#, 422, "user_id: expected an agent of this source's app"),
    (#"{"user_id": "1", "to": true}"#, 422, "to: expected a phone number"),
    (#"{"user_id": "1", "to": 1.5}"#, 422, "to: expected a phone number"),
    (#"{"user_id": "1", "to": 33639980042, "secret": "x"}"#, 422, "secret: not taken by this source"),
    (#"{"user_id": "1", "to": 33639980042, "appid": 1}"#, 422, "appid: not taken by this source"),
    (#"{"user_id": "1", "to": 33639980042, "from": 33199001234}"#, 422, "from: not taken by this source"),
    (#"{"user_id": "1", "to": 33639980042, "0639980042": 1}"#, 422, "a property: not taken by this source"),
    (#"{"user_id": "1", "to": 33639980042, "extra_params": "x"}"#, 422, "extra_params: expected an object"),
    (
      #"{"user_id": "1", "to": 33639980042, "extra_params": {"cdrelay_call": "7.crm"}}"#, 422,
      "extra_params: cdrelay_call is"
    ),
    (#"{"user_id": "1", "to": 33639980042, "webrtc": "true"}"#, 422, "webrtc: expected true or false"),
    (#"{"user_id": "1", "to": "+882161234567"}"#, 403, "to: this client may not call this number"),
    (#"{"user_id": "1", "to": "0639980042"}"#, 403, "to: this client may not call this number"),
    (#"{"user_id": "1", "to": 33639980042, "callerid": 33199001235}"#, 403, "callerid: this client may not show"),
  ])
  func whatIsWrongIsNamed(body: String, status: Int, sentence: String) throws {
    let fixture = try fixture()
    let response = fixture.call(body)
    #expect(response.status == status)
    #expect(response.member("detail")?.hasPrefix(sentence) == true, "\(response.text)")
    #expect(fixture.provider.requests.isEmpty)
    #expect(try fixture.integer("SELECT count(*) FROM call_request") == 0)
    for digits in ["639980042", "882161234567", "199001235"] {
      #expect(!response.text.contains(digits) && !fixture.logged.contains(digits))
    }
    #expect(fixture.logged.contains("call.refused client=crm source=telecmi status=\(status)"))
  }

  @Test(arguments: [
    (#"{"to": 33639980042, "answer_url": "https://a.example/"}"#, 400, "from: missing"),
    (#"{"from": 33199001234, "to": 33639980042}"#, 400, "answer_url: missing"),
    (#"{"from": 33199001234, "to": 33639980042, "answer_url": "ftp://a.example/"}"#, 422, "answer_url: expected a URL"),
    (
      #"{"from": 33199001234, "to": 33639980042, "answer_url": "https://a.example/b/%2e%2E/c"}"#, 422,
      "answer_url: holds . or .. as a part of its path"
    ),
    (
      #"{"from": 33199001234, "to": 33639980042, "answer_url": "https://a.example@evil.example/"}"#, 422,
      "answer_url: holds a user or password before @"
    ),
    (
      #"{"from": 33199001235, "to": 33639980042, "answer_url": "https://a.example/"}"#, 403,
      "from: this client may not show"
    ),
    (
      #"{"from": 33199001234, "to": 33639980042, "answer_url": "https://a.example/", "extra_params": {}}"#, 422,
      "extra_params: not taken"
    ),
  ])
  func ofPIOPIYToo(body: String, status: Int, sentence: String) throws {
    let fixture = try fixture("piopiy")
    let response = fixture.call(body)
    #expect(response.status == status)
    #expect(response.member("detail")?.hasPrefix(sentence) == true, "\(response.text)")
    #expect(fixture.provider.requests.isEmpty)
  }

  @Test func whoIsNotAClientIsToldNothing() throws {
    let fixture = try fixture()
    for token in [nil, "", "wrong", "token-of-the-gone", CallingFixture.token + "x"] {
      let response = fixture.call(click, token: token)
      #expect(response.status == 401 && response.headers["www-authenticate"] == "Bearer")
    }
    #expect(fixture.call(click, token: "an-older-token-of-it").status == 201, "during rotation")
    #expect(fixture.metrics.contains("cdrelay_calls_unauthenticated_total 5"))
    #expect(!fixture.logged.contains("wrong"))
  }

  /// Of an agent the suffix alone is bound; whether there are ids without one is documented nowhere.
  @Test(arguments: [#""103_2222223""#, #""a.b-c_2222223""#, #""103""#, "103"])
  func agentsOfItsApp(userID: String) throws {
    let fixture = try fixture()
    #expect(fixture.call(#"{"user_id": \#(userID), "to": 33639980042}"#).status == 201)
    #expect(fixture.call(#"{"user_id": "\#(String(repeating: "1", count: 65))", "to": 33639980042}"#).status == 422)
    #expect(fixture.provider.requests.count == 1)
  }

  @Test func onlyBelowItsAnswerURLs() throws {
    let fixture = try CallingFixture(product: "piopiy", client: #", "answer_urls": ["https://crm.example/in/"]"#) { _ in
      .status(200, body: #"{"code":200,"request_id":"r"}"#)
    }
    func status(_ url: String) -> Int {
      fixture.call(#"{"from": 33199001234, "to": 33639980042, "answer_url": "\#(url)"}"#).status
    }
    #expect(status("https://CRM.example/in/7") == 201)
    for url in ["https://crm.example.evil.com/in/", "https://crm.example/int", "http://crm.example/in/"] {
      #expect(status(url) == 403, "\(url)")
    }
    for url in [
      "https://crm.example/in/../out", "https://crm.example@evil.com/in/", #"https://crm.example/in/\\..\\out"#,
    ] {
      #expect(status(url) == 422, "\(url)")
    }
    #expect(fixture.provider.requests.count == 1)
  }

  @Test func twoTokensAreNone() throws {
    let fixture = try fixture()
    let right = "Bearer \(CallingFixture.token)"
    for fields in [
      [right, right], [right, "Bearer wrong"], ["Bearer wrong", right], [right, "Basic YTpi"], [right, ""],
    ] {
      let request = HTTPRequest(
        method: "POST", path: "/calls/telecmi", headers: HTTPHeaders(fields.map { ("Authorization", $0) }),
        body: .bytes(Array(click.utf8)))
      #expect(fixture.send(request).status == 401)
    }
    #expect(fixture.provider.requests.isEmpty)
  }

  @Test func onlyThroughItsSources() throws {
    let fixture = try fixture()
    #expect(fixture.call(click, source: "other").status == 404, "it has no api")
    #expect(fixture.call(click, source: "nowhere").status == 404)
    #expect(fixture.provider.requests.isEmpty)
    let get = HTTPRequest(
      method: "GET", path: "/calls/telecmi",
      headers: HTTPHeaders([("authorization", "Bearer \(CallingFixture.token)")]))
    #expect(fixture.send(get).status == 405)
    #expect(fixture.send(get).headers["allow"] == "POST")
  }

  @Test func beyondItsRateItIsToldWhen() throws {
    let fixture = try CallingFixture(client: #", "rate_per_minute": 2, "rate_per_day": 3"#) { _ in
      .status(200, body: #"{"code":200}"#)
    }
    #expect((0..<3).map { _ in fixture.call(click).status } == [201, 201, 429])
    let response = fixture.call(click)
    #expect(response.headers["retry-after"] == "61")
    #expect(response.member("detail") == "nothing was dialled: this client may place 2 calls in a minute")
    #expect(fixture.call(click, token: "token-of-billing-8").status == 201)
    fixture.time.advance(seconds: 61)
    #expect((0..<2).map { _ in fixture.call(click).status } == [201, 429])
    #expect(fixture.provider.requests.count == 4)
    #expect(fixture.logged.contains("call.refused client=crm source=telecmi status=429"))
    #expect(fixture.metrics.contains(#"cdrelay_calls_total{source="telecmi",client="crm",outcome="over_rate"} 3"#))
  }

  @Test(arguments: ["", "with space", "é", String(repeating: "k", count: 256)])
  func aKeyIsPlain(key: String) throws {
    #expect(try fixture().call(click, key: key).status == 400)
  }
}
