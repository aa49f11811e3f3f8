import RelayCore
import Testing

@testable import Rules

/// `"preset": "hubspot"` against HubSpot's documents (providers.md §5.2), field by field.
@Suite struct HubSpotTests {
  private let crm: PresetRequests

  init() throws {
    crm = try PresetRequests("hubspot", #""country": "FR", "auth": {"bearer": "${T}"}"#)
  }

  private static let head = """
    POST https://api.hubapi.com/crm/v3/objects/calls
    content-type: application/json
    authorization: Bearer t0ps3cret

    """

  @Test func isReadWithoutWarnings() {
    #expect(crm.warnings == [])
    #expect(crm.destination.order == .perCall)
    #expect(crm.destination.ratePerSecond == 4)
  }

  @Test(arguments: [
    (
      "telecmi/incoming-answered",
      #"{"properties":{"hs_timestamp":"2021-10-20T09:08:40.615Z","hs_call_title":"Inbound call, answered","hs_call_direction":"INBOUND","hs_call_duration":"11000","hs_call_from_number":"+44000000002","hs_call_to_number":"+44000000000","hs_call_status":"COMPLETED"},"associations":[]}"#
    ),
    (
      "telecmi/incoming-missed-voicemail",
      #"{"properties":{"hs_timestamp":"2021-10-20T09:11:39.442Z","hs_call_title":"Inbound call, missed","hs_call_direction":"INBOUND","hs_call_from_number":"+44000000001","hs_call_to_number":"+44000000000","hs_call_status":"NO_ANSWER"},"associations":[]}"#
    ),
    (
      "telecmi/outgoing-answered-leg-b",
      #"{"properties":{"hs_timestamp":"2022-04-22T12:29:11.178Z","hs_call_title":"Outbound call, answered","hs_call_direction":"OUTBOUND","hs_call_duration":"6000","hs_call_from_number":"+44000000000","hs_call_to_number":"+442000000001","hs_call_status":"COMPLETED"},"associations":[]}"#
    ),
    (
      "callr/webhook-envelope",
      #"{"properties":{"hs_timestamp":"2025-10-01T09:00:00.000Z","hs_call_title":"Inbound call, answered","hs_call_direction":"INBOUND","hs_call_duration":"123000","hs_call_from_number":"+33639980042","hs_call_to_number":"+33199001234","hs_call_status":"COMPLETED"},"associations":[]}"#
    ),
    (
      "callr/webhook-envelope-started",
      #"{"properties":{"hs_timestamp":"2025-10-01T09:00:00.000Z","hs_call_title":"Inbound call, ringing","hs_call_direction":"INBOUND","hs_call_duration":"0","hs_call_from_number":"+33639980042","hs_call_to_number":"+33199001234","hs_call_status":"RINGING"},"associations":[]}"#
    ),
  ])
  func aCallIsLogged(sample: String, body: String) throws {
    #expect(try crm.request(PresetRequests.input(sample)) == "\(Self.head)\n\(body)")
  }

  @Test func theContactOfTheNumberSeesIt() throws {
    let input = try PresetRequests.input("callr/webhook-envelope")
    #expect(
      try crm.lookup(input) == """
        POST https://api.hubapi.com/crm/v3/objects/contacts/search
        content-type: application/json
        authorization: Bearer t0ps3cret

        {"filterGroups":[\
        {"filters":[{"propertyName":"phone","operator":"EQ","value":"+33639980042"}]},\
        {"filters":[{"propertyName":"mobilephone","operator":"EQ","value":"+33639980042"}]},\
        {"filters":[{"propertyName":"hs_searchable_calculated_phone_number","operator":"EQ","value":"639980042"}]},\
        {"filters":[{"propertyName":"hs_searchable_calculated_mobile_number","operator":"EQ","value":"639980042"}]}\
        ],"limit":1}
        """)
    #expect(
      try crm.request(input, lookup: .string("501")).hasSuffix(
        #","associations":[{"to":{"id":"501"},"types":[{"associationCategory":"HUBSPOT_DEFINED","associationTypeId":194}]}]}"#
      ))
    let found = try JSONParser.parse(#"{"total": 1, "results": [{"id": "501", "properties": {}}]}"#)
    #expect(crm.destination.lookup?.value.value(in: found) == .string("501"))
    #expect(crm.destination.lookup?.ifNone == .send)
  }

  /// An empty filter would find everybody.
  @Test func aCallerWithoutANumberIsNobodysContact() throws {
    let input = try Self.callr("callerNumber", "")
    #expect(try crm.destination.renderLookup(input) == nil)
    let others = [
      ("salesforce", #""base_url": "https://acme.my.salesforce.com""#), ("pipedrive", #""country": "FR""#),
      ("zoho", #""country": "FR""#),
    ]
    for (name, key) in others {
      let crm = try PresetRequests(name, #"\#(key), "auth": {"header": {"name": "Authorization", "value": "${T}"}}"#)
      #expect(try crm.destination.renderLookup(input) == nil, "\(name)")
      #expect(try crm.destination.renderLookup(PresetRequests.input("callr/webhook-envelope")) != nil, "\(name)")
    }
    #expect(try !crm.request(input).contains("hs_call_from_number"))
  }

  @Test func withoutACountryNumbersAreInternational() throws {
    let crm = try PresetRequests("hubspot", #""auth": {"bearer": "${T}"}"#)
    let lookup = try crm.lookup(PresetRequests.input("callr/webhook-envelope"))
    #expect(lookup.components(separatedBy: #""value":"+33639980042""#).count == 5)
  }

  /// HubSpot's PATCH takes properties; who sees the call was said when it was made.
  @Test func whatComesLaterUpdatesTheCall() throws {
    let input = try PresetRequests.input("telecmi/incoming-missed-voicemail")
    #expect(crm.destination.asks(beforeUpdate: false) && !crm.destination.asks(beforeUpdate: true))
    #expect(
      try crm.request(input, lookup: .string("501"), captured: .string("7001")) == """
        PATCH https://api.hubapi.com/crm/v3/objects/calls/7001
        content-type: application/json
        authorization: Bearer t0ps3cret

        {"properties":{"hs_timestamp":"2021-10-20T09:11:39.442Z","hs_call_title":"Inbound call, missed",\
        "hs_call_direction":"INBOUND","hs_call_from_number":"+44000000001","hs_call_to_number":"+44000000000",\
        "hs_call_status":"NO_ANSWER"}}
        """)
  }

  @Test func theLimitOfTheDayEndsAtMidnightOfTheRelay() throws {
    let answer = #"{"status":"error","errorType":"RATE_LIMIT","policyName":"DAILY"}"#
    #expect(try crm.meaning(429, answer) == .wait(.until(minute: 0, zone: "Europe/Paris")))
    #expect(try crm.meaning(429, #"{"policyName":"TEN_SECONDLY_ROLLING"}"#) == nil)
  }

  @Test(arguments: [
    (Call.Status.missed, "NO_ANSWER"), (.busy, "BUSY"), (.failed, "FAILED"), (.canceled, "CANCELED"),
    (.answered, "COMPLETED"), (.unallocated, "FAILED"),
  ])
  func everyStatusHasHubSpotsWord(status: Call.Status, word: String) throws {
    var input = try PresetRequests.input("callr/webhook-envelope")
    var call = try #require(input.reading?.call)
    call.status = status
    let record = try makeRecord(body: "{}") { $0 = call }
    input.reading = record
    #expect(try crm.request(input).contains(#""hs_call_status":"\#(word)""#))
  }

  private static func callr(_ field: String, _ value: String) throws -> RenderInput {
    try PresetRequests.input("callr/webhook-envelope") { record in
      var record = record.object ?? [:]
      var data = record["data"]?.object ?? [:]
      data[field] = .string(value)
      record["data"] = .object(data)
      return .object(record)
    }
  }
}
