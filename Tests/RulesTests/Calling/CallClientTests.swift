import RelayCore
import Testing

@testable import Rules

@Suite struct CallClientTests {
  private func file(_ client: String, api: Bool = true) -> String {
    let api = api ? #", "api": {"app_id": 2222223, "secret": "${S}"}"# : ""
    return #"{"sources": {"telecmi": {"provider": "telecmi", "auth": "none"\#(api)}}, "clients": {"crm": \#(client)}}"#
  }

  private let resolver = makeResolver(["S": "the-secret-of-the-app", "T": "a-token-of-the-crm-1"])

  private func client(_ more: String) throws -> CallClient {
    try #require(parseRules(file(#"{"token": "${T}", \#(more)}"#), resolver).clients.first)
  }

  @Test func defaultsAreSmall() throws {
    let client = try client(#""caller_ids": ["+33199001234"], "to_prefixes": ["+33"]"#)
    #expect(client.perMinute == 10 && client.perDay == 200 && client.isEnabled)
    #expect(client.mayUse(source: "telecmi") && client.mayUse(source: "any"))
    #expect(client.mayFetch(actions: try AnswerURL("https://anywhere.example/")))
  }

  /// What is looked at is what is sent, so no spelling of one number passes for another.
  @Test(arguments: [
    ("+33639980042", "33639980042"), ("33639980042", "33639980042"), ("0033639980042", "33639980042"),
    ("+33 6 39 98 00 42", "33639980042"), ("+33 (0)6 39 98 00 42", "33639980042"), ("+442071838750", "442071838750"),
    // A national spelling, of France and of elsewhere.
    ("0639980042", nil), ("639980042", nil), ("07400123456", nil),
    // Another country.
    ("+12125551234", nil), ("00212612345678", nil), ("+882161234567", nil),
    // Its beginning is +44 but it is no number of that country: some network may take it for a national one.
    ("4412345", nil), ("+3363998004", nil), ("+336399800421", nil),
    // No number at all.
    ("", nil), ("+", nil), ("+33639980042;+882161234567", nil), ("+33639980042,1", nil), ("sip:+33639980042", nil),
    ("++33639980042", nil), ("33+639980042", nil), ("*31#+33639980042", nil), ("+3363998004２", nil),
    ("99999999999999999999", nil),
  ])
  func aPrefixIsNotGotPast(text: String, sent: String?) throws {
    let client = try client(#""caller_ids": "any", "to_prefixes": ["+33", "+44"]"#)
    #expect(client.destination(text)?.digits == sent)
  }

  @Test func aLongerPrefixIsOne() throws {
    let client = try client(#""caller_ids": "any", "to_prefixes": ["+336"]"#)
    #expect(client.destination("+33639980042") != nil)
    #expect(client.destination("+33199001234") == nil)
  }

  @Test func anyTakesWhatCanBeSentAsANumber() throws {
    let client = try client(#""caller_ids": "any", "to_prefixes": "any""#)
    // The document's own sample, which is no number of India.
    #expect(client.destination("9100000000")?.digits == "9100000000")
    #expect(client.destination("+33 6 39 98 00 42")?.digits == "33639980042")
    #expect(client.destination("0639980042") == nil, "a JSON number loses the zero")
    #expect(client.callerID("914471000000")?.digits == "914471000000")
    #expect(client.destination("1") == nil && client.destination("x") == nil)
  }

  @Test func callerIdsAreComparedAsNumbers() throws {
    let client = try client(#""caller_ids": ["+33 1 99 00 12 34"], "to_prefixes": "any""#)
    for text in ["33199001234", "+33199001234", "0033199001234"] { #expect(client.callerID(text) != nil, "\(text)") }
    for text in ["0199001234", "33199001235", "3319900123", "+331990012345", ""] {
      #expect(client.callerID(text) == nil, "\(text)")
    }
  }

  @Test func anAnswerURLBeginsWithAWholeHost() throws {
    let client = try client(
      #""caller_ids": "any", "to_prefixes": "any", "answer_urls": ["https://crm.example.com/"]"#)
    #expect(client.mayFetch(actions: try AnswerURL("https://crm.example.com/actions/7")))
    #expect(!client.mayFetch(actions: try AnswerURL("https://crm.example.com.evil.example/")))
    #expect(!client.mayFetch(actions: try AnswerURL("http://crm.example.com/")))
  }

  @Test(arguments: [
    "https://crm.example.com/a/../b", "https://crm.example.com@evil.example/", "https://crm.example.com/a#b",
    "https://crm.example.com?/", "https:///", "crm.example.com/", "https://crm.example.com/%2",
  ])
  func anAnswerURLOfTheFileIsOneToo(text: String) {
    let client = #"{"token": "${T}", "caller_ids": "any", "to_prefixes": "any", "answer_urls": ["\#(text)"]}"#
    #expect(
      problems(file(client), resolver) == [
        #"rules.json: clients.crm.answer_urls[0]: expected the beginning of a URL with its path, such as "https://crm.example.com/", found "\#(text)""#
      ])
  }

  @Test(arguments: [
    (
      #"{"caller_ids": "any", "to_prefixes": "any"}"#,
      "clients.crm.token: missing; the client sends it as Authorization: Bearer …"
    ),
    (
      #"{"token": "${T}", "to_prefixes": "any"}"#,
      #"clients.crm.caller_ids: missing; list the numbers that it may show, such as ["+33199001234"], or write "any""#
    ),
    (
      #"{"token": "${T}", "caller_ids": "any"}"#,
      #"clients.crm.to_prefixes: missing; list what the numbers that it may call begin with, such as ["+33", "+44"], or write "any""#
    ),
    (
      #"{"token": "${T}", "caller_ids": [], "to_prefixes": "any"}"#,
      #"clients.crm.caller_ids: expected "any" or at least one element: a number with its country code such as "+33199001234", found an empty list"#
    ),
    (
      #"{"token": "${T}", "caller_ids": ["0199001234"], "to_prefixes": "any"}"#,
      #"clients.crm.caller_ids[0]: expected a number with its country code such as "+33199001234", found "0199001234""#
    ),
    (
      #"{"token": "${T}", "caller_ids": "any", "to_prefixes": ["33"]}"#,
      #"clients.crm.to_prefixes[0]: expected + and digits, such as "+33", found "33""#
    ),
    (
      #"{"token": "${T}", "caller_ids": "any", "to_prefixes": ["+0"]}"#,
      #"clients.crm.to_prefixes[0]: expected + and digits, such as "+33", found "+0""#
    ),
    (
      #"{"token": "${T}", "caller_ids": "any", "to_prefixes": "all"}"#,
      #"clients.crm.to_prefixes: expected "any" or a list, found "all""#
    ),
    (
      #"{"token": "${T}", "caller_ids": "any", "to_prefixes": "any", "sources": ["telecm"]}"#,
      #"clients.crm.sources[0]: unknown source "telecm"; did you mean telecmi?"#
    ),
    (
      #"{"token": "${T}", "caller_ids": "any", "to_prefixes": "any", "rate_per_minute": 0}"#,
      "clients.crm.rate_per_minute: expected an integer from 1 to 1000, found 0"
    ),
    (
      #"{"token": "${T}", "caller_ids": "any", "to_prefixes": "any", "rate_per_day": 100001}"#,
      "clients.crm.rate_per_day: expected an integer from 1 to 100000, found 100001"
    ),
    (
      #"{"token": "${T}", "caller_ids": "any", "to_prefixes": "any", "answer_urls": ["https://crm.example.com"]}"#,
      #"clients.crm.answer_urls[0]: expected the beginning of a URL with its path, such as "https://crm.example.com/", found "https://crm.example.com""#
    ),
  ])
  func whatIsWrongIsSaid(client: String, sentence: String) {
    #expect(problems(file(client), resolver) == ["rules.json: " + sentence])
  }

  @Test func aSourceWithoutAnAPIPlacesNoCalls() {
    let client = #"{"token": "${T}", "caller_ids": "any", "to_prefixes": "any", "sources": ["telecmi"]}"#
    #expect(
      problems(file(client, api: false), resolver)
        == [#"rules.json: clients.crm.sources[0]: source telecmi places no calls; it needs an "api""#])
  }

  @Test func aTokenIsOneClients() {
    let client = #"{"token": "${T}", "caller_ids": "any", "to_prefixes": "any"}"#
    let text = #"{"clients": {"crm": \#(client), "billing": \#(client)}}"#
    #expect(
      problems(text, resolver)
        == ["rules.json: clients.billing.token: is that of clients.crm too; each client needs its own"])
  }

  @Test func ofAMissingTokenOnlyItsClientIsWithout() throws {
    let client = #"{"token": "${MISSING}", "caller_ids": "any", "to_prefixes": "any"}"#
    let rules = try parseRules(file(client), makeResolver(["S": "the-secret-of-the-app"], mode: .lenient))
    #expect(rules.clients.first?.missingSecrets.isEmpty == false)
    #expect(rules.missingSecrets.map(\.path) == ["clients.crm.token"])
  }

  @Test func recordsOfACallAreRoutedByItsClient() throws {
    let text = """
      {"destinations": {"crm": {"url": "https://crm.example.com/", "body": {"who": "{{call.request.client}}", "id": "{{call.request.id}}"}}},
       "rules": [{"name": "r", "when": {"call": {"request": {"client": "crm"}}}, "send_to": ["crm"]}]}
      """
    let rules = try parseRules(text)
    let mark = CallMark(id: Identifier(7), client: "crm")
    #expect(rules.route(try makeRecord { $0.request = mark }).map(\.destination) == ["crm"])
    #expect(rules.route(try makeRecord { $0.request = CallMark(id: Identifier(7), client: "other") }).isEmpty)
    #expect(rules.route(try makeRecord()).isEmpty)
    var input = try makeInput(body: "{}")
    input.reading = input.reading?.marked(mark)
    let rendered = try #require(rules.destinations.first).render(input)
    #expect(String(decoding: rendered.body, as: UTF8.self) == #"{"who":"crm","id":"7"}"#)
    #expect(
      problems(text.replacing(#""request": {"client": "crm"}"#, with: #""request": {"clent": "crm"}"#)).first?
        .contains("did you mean client?") == true)
  }
}
