import RelayCore
import Testing

@testable import Rules

/// How a preset is laid under a destination's own keys.
@Suite struct PresetTests {
  private let auth = #""auth": {"bearer": "${T}"}"#

  private func body(_ keys: String, beside sections: String = "") throws -> JSON {
    let crm = try PresetRequests("hubspot", "\(auth), \(keys)", beside: sections)
    let text = try crm.request(PresetRequests.input("telecmi/incoming-answered"))
    return try JSONParser.parse(String(text.split(separator: "\n").last ?? ""))
  }

  @Test func aFieldIsAddedReplacedOrTakenAway() throws {
    let properties = try body(
      #""body": {"properties": {"hubspot_owner_id": "{{call.agent | map: owners}}", "hs_call_title": "x", "hs_call_status": null}}"#,
      beside: #""tables": {"owners": {"204": "5012345"}},"#)["properties"]
    #expect(properties?["hubspot_owner_id"] == .string("5012345"))
    #expect(properties?["hs_call_title"] == .string("x"))
    #expect(properties?["hs_call_status"] == nil)
    #expect(properties?["hs_call_direction"] == .string("INBOUND"))
  }

  @Test func aTableOfTheSameNameReplacesThePresets() throws {
    let properties = try body(
      #""timeout_seconds": 20"#, beside: #""tables": {"hubspot_titles": {"inbound": "Appel entrant"}},"#)["properties"]
    #expect(properties?["hs_call_title"] == .string("Appel entrant, answered"))
  }

  @Test func everyPartCanBeSaidOtherwise() throws {
    let crm = try PresetRequests(
      "hubspot",
      #"\#(auth), "url": "https://x.example/", "method": "PUT", "body": "call", "headers": {"x-a": "1"}, "omit_empty": false, "answers": [], "rate_per_second": 9, "lookup": {"cache_seconds": 5, "if_none": "dead_letter"}, "capture": {"update": {"method": "PUT"}}"#
    )
    let destination = crm.destination
    #expect(try crm.request(PresetRequests.input("telecmi/incoming-answered")).hasPrefix("PUT https://x.example/\n"))
    #expect(destination.answers.isEmpty)
    #expect(destination.ratePerSecond == 9)
    #expect(destination.lookup?.cacheMilliseconds == 5000)
    #expect(destination.lookup?.ifNone == .deadLetter)
    #expect(
      try crm.request(PresetRequests.input("telecmi/incoming-answered"), captured: .string("7")).hasPrefix(
        "PUT https://api.hubapi.com/crm/v3/objects/calls/7\n"))
  }

  @Test func wholePartsCanBeTakenAway() throws {
    let crm = try PresetRequests(
      "hubspot", #"\#(auth), "capture": null, "lookup": null, "body": {"associations": null}"#)
    #expect(crm.destination.capture == nil)
    #expect(crm.destination.lookup == nil)
    #expect(crm.destination.order == .any)
  }

  @Test func theBaseURLIsWhereItGoes() throws {
    for base in ["http://127.0.0.1:9000/hub", "http://127.0.0.1:9000/hub/"] {
      let crm = try PresetRequests("hubspot", #"\#(auth), "allow_private": true, "base_url": "\#(base)""#)
      #expect(crm.destination.shownURL == "http://127.0.0.1:9000/hub/crm/v3/objects/calls")
      #expect(crm.destination.lookup?.shownURL == "http://127.0.0.1:9000/hub/crm/v3/objects/contacts/search")
      #expect(
        crm.destination.capture?.update.url.shown == "http://127.0.0.1:9000/hub/crm/v3/objects/calls/{{captured}}")
    }
  }

  @Test(arguments: [
    (
      #""preset": "hubspt""#,
      #"preset: expected hubspot, salesforce, zoho or pipedrive, found "hubspt"; did you mean hubspot?"#
    ),
    (#""preset": 1"#, "preset: expected hubspot, salesforce, zoho or pipedrive, found 1"),
    (
      #""preset": "hubspot""#,
      #"auth: missing; HubSpot takes the access token of a private app: { "bearer": "${HUBSPOT_TOKEN}" }"#
    ),
    (
      #""preset": "pipedrive""#,
      #"auth: missing; Pipedrive takes an API token: { "header": { "value": "${PIPEDRIVE_TOKEN}" } }"#
    ),
    (
      #""preset": "salesforce", "auth": {"bearer": "${T}"}"#,
      "base_url: missing; each customer of Salesforce has one, such as https://acme.my.salesforce.com"
    ),
    (
      #""preset": "hubspot", "base_url": "api.hubapi.com", "auth": {"bearer": "${T}"}"#,
      #"base_url: expected an absolute http or https url such as https://api.hubapi.com, found "api.hubapi.com""#
    ),
    (
      #""preset": "hubspot", "country": "France", "auth": {"bearer": "${T}"}"#,
      #"country: expected the two letters of the country where numbers are dialled without a code, as in "FR", found "France""#
    ),
    (
      #""preset": "hubspot", "external_id": "x", "auth": {"bearer": "${T}"}"#,
      "external_id: HubSpot has no such field; leave it out"
    ),
    (
      #""preset": "salesforce", "base_url": "https://a.example", "external_id": "a b", "auth": {"bearer": "${T}"}"#,
      #"external_id: expected the name of the field, such as "Call_Key__c", found "a b""#
    ),
    (#""url": "https://x.example", "base_url": "https://y.example""#, "base_url: goes with a preset only"),
    (#""url": "https://x.example", "country": "FR""#, "country: goes with a preset only"),
    (
      #""preset": "zoho", "auth": {"oauth2": {"client_id": "a"}}"#,
      "auth.oauth2.client_secret: missing; only a client with a refresh_token may go without"
    ),
    (
      #""preset": "hubspot", "lookup": null, "auth": {"bearer": "${T}"}"#,
      #"body.associations[0].to.id: there is no lookup here; write "lookup" beside the destination's url"#
    ),
    (
      #""preset": "hubspot", "body": {"properties": {"a": "{{call.idd}}"}}, "auth": {"bearer": "${T}"}"#,
      "body.properties.a: unknown field call.idd; did you mean id?"
    ),
    (
      #""url": "https://x.example", "body": {"a": 1}, "capture": {"value": "id", "update": {"url": "https://x.example/{{captured}}", "leave_out": "a"}}"#,
      #"capture.update.leave_out: expected a list of paths into the body such as "properties.owner", found "a""#
    ),
    (
      #""url": "https://x.example", "body": {"a": 1}, "capture": {"value": "id", "update": {"url": "https://x.example/{{captured}}", "leave_out": [1]}}"#,
      #"capture.update.leave_out[0]: expected a path into the body such as "properties.owner", found 1"#
    ),
    (
      #""url": "https://x.example", "body": {"a": 1}, "capture": {"value": "id", "update": {"url": "https://x.example/{{captured}}", "body": {}, "leave_out": ["a"]}}"#,
      "capture.update.leave_out: is about the destination's body, and update has its own"
    ),
    (
      #""url": "https://x.example", "body": {"a": "{{call.id | or: call.idd}}"}"#,
      "body.a: unknown field call.idd; did you mean id?"
    ),
    (
      #""url": "https://x.example", "body": {"a": "{{call.id | or: lookup}}"}"#,
      #"body.a: there is no lookup here; write "lookup" beside the destination's url"#
    ),
    (
      #""url": "https://x.example", "body": {"a": "{{call.id | only_if: call.direction}}"}"#,
      "body.a: filter only_if needs values, as in {{call.customer_number | only_if: call.direction, inbound}}"
    ),
  ])
  func problemsNameTheirPlace(keys: String, sentence: String) {
    let found = problems(ruleFile(destination: "{\(keys)}"), makeResolver(["T": "t0ps3cret"]))
    #expect(found.first == "rules.json: destinations.crm.\(sentence)")
  }

  @Test func aPrivateBaseURLIsOneProblem() {
    func found(_ keys: String) -> [String] {
      problems(
        ruleFile(destination: #"{"preset": "hubspot", \#(auth), \#(keys)}"#), makeResolver(["T": "t0ps3cret"]))
    }
    let sentence =
      "rules.json: destinations.crm.base_url: 127.0.0.1 is a loopback, private or link-local address; write "
      + #""allow_private": true beside it if that is meant"#
    #expect(found(#""base_url": "http://127.0.0.1:9000""#) == [sentence])
    #expect(found(#""base_url": "http://127.0.0.1:9000/hub/", "allow_private": false"#) == [sentence])
    #expect(found(#""base_url": "http://127.0.0.1:9000", "allow_private": true"#) == [])
    #expect(found(#""base_url": "https://crm.example.com""#) == [])
  }

  /// A header of the destination's own is as good.
  @Test func whoeverWritesTheHeaderNeedsNoAuth() {
    #expect(
      problems(
        ruleFile(destination: #"{"preset": "hubspot", "headers": {"Authorization": "Bearer ${T}"}}"#),
        makeResolver(["T": "t0ps3cret"])) == [])
  }

  @Test func noBaseURLBreaksThePreset() {
    for base in [#"https://x\"y.example"#, #"https://x\\.example"#, #"https://x\n.example"#, "https://{{call.id}}"] {
      let keys = #"{"preset": "hubspot", "auth": {"bearer": "${T}"}, "base_url": "\#(base)"}"#
      #expect(!problems(ruleFile(destination: keys), makeResolver(["T": "t0ps3cret"])).isEmpty)
    }
  }

  @Test func whatIsLeftOutOfNothingIsAWarning() throws {
    let crm = try PresetRequests(
      "hubspot", #"\#(auth), "lookup": null, "body": {"associations": null}"#)
    #expect(
      crm.warnings == [
        "rules.json: destinations.crm.capture.update.leave_out[0]: nothing stands there in the destination's body"
      ])
  }

  @Test func whatIsShownIsWhatIsRead() throws {
    for preset in Preset.all {
      for country in [nil, "FR", "US"] {
        let parts = preset.parts(country: country)
        for text in [parts.destination, parts.tables, parts.auth] + [parts.externalID].compactMap(\.self) {
          #expect(try JSONParser.parse(text).object != nil, "\(preset.title)")
          #expect(!text.contains("<"), "\(preset.title): a blank is left in \(text)")
        }
        #expect(!preset.notes.isEmpty)
      }
    }
    #expect(Preset.all.map(\.name) == Preset.Name.allCases)
  }
}
