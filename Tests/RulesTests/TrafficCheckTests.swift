import RelayCore
import Testing

@testable import Rules

@Suite struct TrafficCheckTests {
  /// The warnings of a rule with this filter beside records with these bodies and calls, each as often as asked.
  private func warnings(
    _ when: String, times: Int = 25, source: String = "telecmi", bodies: [String],
    call: (inout Call) -> Void = { _ in }
  ) throws -> [String] {
    var check = TrafficCheck(try parseRules(ruleFile(when: when)))
    for _ in 0..<times {
      for body in bodies { check.add(try makeRecord(source: source, body: body, call: call)) }
    }
    return check.warnings.map(\.description)
  }

  @Test(arguments: [
    (
      #"{"body": {"custom": {"crm": true}}}"#, [#"{"custom": {"crm": "true"}}"#],
      #"body.custom.crm: body.custom.crm was always the text "true" in the last 25 records, your rule says true; write "true""#
    ),
    (
      #"{"body": {"crm": "true"}}"#, [#"{"crm": true}"#],
      #"body.crm: body.crm was always true in the last 25 records, your rule says "true"; write true without quotation marks"#
    ),
    (
      #"{"body": {"score": {"$gte": 30}}}"#, [#"{"score": "31"}"#],
      #"body.score: body.score was always the text "31" in the last 25 records, your rule asks for $gte 30; write {"$number": …} for numbers that come as text"#
    ),
    (
      #"{"body": {"score": {"$gte": 30}}}"#, [#"{"score": "31"}"#, #"{"score": "7"}"#, "{}"],
      #"body.score: body.score was always text, such as "31", where it was there in the last 75 records, your rule asks for $gte 30; write {"$number": …} for numbers that come as text"#
    ),
    (
      #"{"body": {"app": "22"}}"#, [#"{"app": 22}"#, #"{"app": 23}"#],
      #"body.app: body.app was always a number, such as 22, in the last 50 records, your rule says "22"; write 22 without quotation marks"#
    ),
    (
      #"{"body": {"team": "Salse"}}"#, [#"{"team": "Sales"}"#, #"{"team": "Sales"}"#, #"{"team": "Help"}"#, "{}"],
      #"body.team: body.team was "Sales", "Help" or missing in the last 100 records, your rule says "Salse"; did you mean "Sales"?"#
    ),
    (
      #"{"body": {"team": {"$in": ["a", "b"]}}}"#, (1...7).map { #"{"team": "t\#($0)"}"# },
      #"body.team: body.team was "t1", "t2", "t3", "t4", "t5" or others in the last 175 records, your rule asks for $in ["a","b"]"#
    ),
    (
      #"{"body": {"tags": "x"}}"#, [#"{"tags": ["alpha", "beta"]}"#],
      #"body.tags: body.tags was "alpha" or "beta" in the last 25 records, your rule says "x""#
    ),
    (
      #"{"body": {"crm": "yes"}}"#, ["{}"],
      #"body.crm: body.crm was missing in the last 25 records, your rule says "yes""#
    ),
    (
      #"{"body": {"crm": {"$exist": true}}}"#, ["{}"],
      "body.crm: body.crm was missing in the last 25 records, your rule asks for any value"
    ),
    (
      #"{"body": {"crm": {"$exist": false}}}"#, [#"{"crm": 1}"#, #"{"crm": 2}"#],
      "body.crm: body.crm was always there in the last 50 records, your rule asks for no such key"
    ),
    (
      #"{"body": {"number": "33"}}"#, [#"{"number": 33639980042}"#],
      #"body.number: body.number was always a number in the last 25 records, your rule says "33"; write 33 without quotation marks"#
    ),
    (
      #"{"source": "telecmi", "body": {"crm": "yes"}}"#, ["{}"],
      #"body.crm: body.crm was missing in the last 25 records with source "telecmi", your rule says "yes""#
    ),
  ])
  func whatNeverMatchesIsSaid(when: String, bodies: [String], sentence: String) throws {
    #expect(try warnings(when, bodies: bodies) == ["rules.json: rules[0].when.\(sentence)"])
  }

  @Test(arguments: [
    // It matched once.
    (#"{"body": {"team": "a"}}"#, [#"{"team": "a"}"#, #"{"team": "b"}"#]),
    // A limit that is never reached, and one of many different values.
    (#"{"body": {"seconds": {"$gte": 3600}}}"#, [#"{"seconds": 1}"#, #"{"seconds": 2}"#]),
    (#"{"body": {"id": "x"}}"#, (1...30).map { #"{"id": "a\#($0)"}"# }),
    // Numbers of phones.
    (#"{"body": {"caller": "33639980042"}}"#, [#"{"caller": "33639980043"}"#, #"{"caller": "33639980044"}"#]),
    // Not what the rule is about.
    (#"{"source": "callr", "body": {"crm": "yes"}}"#, ["{}"]),
    (#"{"$not": {"body": {"crm": {"$exist": false}}}}"#, ["{}"]),
    (#"{"$or": [{"body": {"crm": "yes"}}, {"body": {"erp": "yes"}}]}"#, ["{}"]),
  ])
  func whatIsNoMistakeIsNotSaid(when: String, bodies: [String]) throws {
    #expect(try warnings(when, bodies: bodies) == [])
  }

  @Test func fewRecordsSayNothing() throws {
    #expect(try warnings(#"{"body": {"crm": "yes"}}"#, times: 19, bodies: ["{}"]) == [])
    #expect(try warnings(#"{"body": {"crm": "yes"}}"#, times: 20, bodies: ["{}"]).count == 1)
  }

  @Test func numbersOfACallAreNeverShown() throws {
    let found = try warnings(#"{"call": {"from": "33639980043"}}"#, bodies: ["{}"]) { $0.from = "33639980042" }
    #expect(found == [])
    let short = try warnings(#"{"call": {"from": "17"}}"#, bodies: ["{}"]) { $0.from = "112" }
    #expect(short == [])
  }

  @Test func aRuleThatCountsCallsNamesTheRole() throws {
    func found(_ when: String, to destination: String = "crm", url: String = "https://x.example/") throws -> [String] {
      let file = """
        {"destinations": {"\(destination)": {"url": "\(url)"}},
         "rules": [{"name": "r", \(when) "send_to": ["\(destination)"]}]}
        """
      return try parseRules(file).uncountedRules.map(\.description)
    }
    let sentence =
      "rules.json: rules[0]: sends to crm and names no call.role: each leg of a call, and each agent who missed it, is a "
      + #"record of its own, so calls would count twice; add "call": {"role": "call"} to its when"#
    #expect(try found("") == [sentence])
    #expect(try found(#""when": {"call": {"status": "missed"}},"#) == [sentence])
    #expect(try found(#""when": {"call": {"role": {"$in": ["call", "agent_missed"]}}},"#) == [])
    #expect(try found(#""when": {"$not": {"call": {"role": "leg"}}},"#) == [])
    #expect(try found(#""enabled": false,"#) == [])
    #expect(try found("", to: "archive") == [])
    #expect(try found("", to: "Billing-2").count == 1)
    #expect(try found("", to: "sales", url: "https://api.hubapi.com/crm/v3/objects/calls").count == 1)
    let generic = #"{"sources": {"pbx": {"provider": "generic", "auth": "none"}}, "#
    let all = #""destinations": {"crm": {"url": "https://x.example/"}}, "rules": [{"name": "r", "send_to": ["crm"]}]}"#
    #expect(try parseRules(generic + all).uncountedRules == [])
    let stopped = """
      {"destinations": {"crm": {"url": "https://x.example/"}, "archive": {"url": "https://x.example/"}},
       "rules": [{"name": "legs", "when": {"call": {"role": {"$neq": "call"}}}, "send_to": ["archive"], "stop": true},
                 {"name": "r", "send_to": ["crm"]}]}
      """
    #expect(try parseRules(stopped).uncountedRules == [])
  }
}
