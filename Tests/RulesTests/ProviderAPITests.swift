import RelayCore
import Testing

@testable import Rules

@Suite struct ProviderAPITests {
  private func source(_ api: String, provider: String = "telecmi", _ more: String = #""app_ids": [7], "#) -> String {
    #"{"sources": {"s": {"provider": "\#(provider)", "auth": "none", \#(more)"api": \#(api)}}}"#
  }

  @Test func onlyTheSecretMustBeWritten() throws {
    let api = try #require(try parseRules(source(#"{"secret": "x"}"#)).sources[0].api)
    #expect(api.provider == .telecmi && api.product == .chub && api.appID == 7)
    #expect(api.url(.outAnswered) == "https://rest.telecmi.com/v2/out_answered")
    #expect(api.timeout == 30_000 && api.requestsPerSecond == 2 && !api.allowsPrivate)
    #expect(api.url(.makeCall) == nil)
    let callr = try #require(try parseRules(source(#"{"secret": "k"}"#, provider: "callr", "")).sources[0].api)
    #expect(callr.url(.export) == "https://api.callr.com/v2.0/calls/export" && callr.appID == nil)
    #expect(callr.url(.answered) == nil)
    #expect(try parseRules(source(#"{"enabled": false, "secret": "${GONE}"}"#)).sources[0].api == nil)
  }

  @Test func allOfItCanBeWritten() throws {
    let text = #"""
      {"product": "piopiy", "app_id": 8, "secret": "x", "base_url": "http://127.0.0.1:1/sim/", "allow_private": true,
       "timeout_seconds": 1.5, "requests_per_second": 0.5, "paths": {"make_call": "/v2/call", "answered": "/list"}}
      """#
    let api = try #require(try parseRules(source(text)).sources[0].api)
    #expect(api.product == .piopiy && api.appID == 8 && api.allowsPrivate && api.secret.revealed == "x")
    #expect(api.timeout == 1500 && api.requestsPerSecond == 0.5)
    #expect(api.url(.makeCall) == "http://127.0.0.1:1/sim/v2/call")
    #expect(api.url(.answered) == "http://127.0.0.1:1/sim/list")
  }

  @Test(arguments: [
    ("{}", "sources.s.api.secret: missing; expected the app secret"),
    (
      #"{"secret": "x", "product": "chubb"}"#,
      #"sources.s.api.product: expected chub, chub_india or piopiy, found "chubb"; did you mean chub?"#
    ),
    (
      #"{"secret": "x", "base_url": "http://10.0.0.1"}"#,
      #"sources.s.api.base_url: 10.0.0.1 is a loopback, private or link-local address; write "allow_private": true beside it if that is meant"#
    ),
    (
      #"{"secret": "x", "base_url": "https://a.example/?b"}"#,
      "sources.s.api.base_url: has a query; expected scheme, host and a path, as in https://rest.telecmi.com"
    ),
    (
      #"{"secret": "x", "paths": {"answerd": "/a"}}"#,
      "sources.s.api.paths.answerd: unknown endpoint; did you mean answered?"
    ),
    (
      #"{"secret": "x", "paths": {"answered": "a"}}"#,
      #"sources.s.api.paths.answered: expected a path such as /v2/answered, found "a""#
    ),
  ])
  func whatIsWrongIsSaid(api: String, sentence: String) {
    #expect(problems(source(api)) == ["rules.json: \(sentence)"])
  }

  @Test func whatTheProviderDoesNotHaveIsRefused() {
    #expect(
      problems(source(#"{"secret": "x"}"#, ""))
        == [
          "rules.json: sources.s.api: app_id is missing; it can be left out where the source has one app id in app_ids"
        ])
    #expect(
      problems(source(#"{"secret": "x", "app_id": 1}"#, provider: "callr", ""))
        == ["rules.json: sources.s.api.app_id: only the api of a telecmi source has it"])
    #expect(
      problems(source(#"{"secret": "x"}"#, provider: "generic", ""))
        == ["rules.json: sources.s.api: a generic source has no API that is known here"])
  }

  @Test func aMissingSecretLeavesTheSourceOpen() throws {
    let text = source(#"{"secret": "${GONE}"}"#)
    let file = try RuleFile.parse(
      Array(text.utf8), path: "rules.json", secrets: SecretsResolver(mode: .lenient, environment: [:]))
    #expect(file.sources[0].missingSecrets.isEmpty)
    #expect(file.sources[0].api?.missingSecrets.map(\.path) == ["sources.s.api.secret"])
    #expect(file.missingSecrets.map(\.path) == ["sources.s.api.secret"])
  }
}
