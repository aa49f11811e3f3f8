import RelayCore
import Testing

@testable import Rules

/// `"preset": "pipedrive"` against Pipedrive's documents (providers.md §5.5), field by field.
@Suite struct PipedriveTests {
  private let crm: PresetRequests

  init() throws {
    crm = try PresetRequests("pipedrive", #""country": "FR", "auth": {"header": {"value": "${T}"}}"#)
  }

  private static let head = """
    POST https://api.pipedrive.com/v1/callLogs
    content-type: application/json
    x-api-token: t0ps3cret

    """

  @Test func isReadWithoutWarnings() {
    #expect(crm.warnings == [])
    #expect(crm.destination.onRevision == .skip)
    #expect(crm.destination.capture == nil)
  }

  @Test(arguments: [
    (
      "telecmi/incoming-answered",
      #"{"to_phone_number":"+44000000000","from_phone_number":"+44000000002","outcome":"connected","start_time":"2021-10-20 09:08:40","end_time":"2021-10-20 09:08:40","duration":"11","subject":"Inbound call, answered"}"#
    ),
    (
      "telecmi/incoming-missed-voicemail",
      #"{"to_phone_number":"+44000000000","from_phone_number":"+44000000001","outcome":"no_answer","start_time":"2021-10-20 09:11:39","end_time":"2021-10-20 09:11:39","subject":"Inbound call, missed"}"#
    ),
    (
      "telecmi/outgoing-answered-leg-b",
      #"{"to_phone_number":"+442000000001","from_phone_number":"+44000000000","outcome":"connected","start_time":"2022-04-22 12:29:11","end_time":"2022-04-22 12:29:11","duration":"6","subject":"Outbound call, answered"}"#
    ),
    (
      "telecmi/outgoing-missed-leg-a",
      #"{"to_phone_number":"+442000000000","from_phone_number":"+44000000000","outcome":"no_answer","start_time":"2022-04-22 11:49:35","end_time":"2022-04-22 11:49:35","subject":"Outbound call, missed"}"#
    ),
    (
      "callr/webhook-envelope",
      #"{"to_phone_number":"+33199001234","from_phone_number":"+33639980042","outcome":"connected","start_time":"2025-10-01 09:00:00","end_time":"2025-10-01 09:02:10","duration":"123","subject":"Inbound call, answered"}"#
    ),
    (
      "callr/webhook-envelope-started",
      #"{"to_phone_number":"+33199001234","from_phone_number":"+33639980042","outcome":"no_answer","start_time":"2025-10-01 09:00:00","end_time":"2025-10-01 09:00:00","duration":"0","subject":"Inbound call, ringing"}"#
    ),
  ])
  func aCallIsLogged(sample: String, body: String) throws {
    #expect(try crm.request(PresetRequests.input(sample)) == "\(Self.head)\n\(body)")
  }

  @Test func thePersonWithTheNumberSeesIt() throws {
    let input = try PresetRequests.input("callr/webhook-envelope")
    #expect(
      try crm.lookup(input) == """
        GET https://api.pipedrive.com/api/v2/persons/search?term=%2B33639980042&fields=phone&limit=1
        x-api-token: t0ps3cret
        """)
    #expect(try crm.request(input, lookup: .integer(12)).hasSuffix(#","person_id":12}"#))
  }

  @Test func theBudgetOfTheDayEndsAtMidnight() throws {
    #expect(
      try crm.meaning(429, "{}", headers: ["x-daily-requests-left": .string("0")])
        == .wait(.until(minute: 0, zone: "UTC")))
    #expect(
      try crm.meaning(
        429, "{}", headers: ["x-daily-requests-left": .string("9000"), "x-ratelimit-reset": .string("2")]) == nil)
    #expect(try crm.meaning(200, #"{"success": false}"#) == .dead)
    #expect(try crm.meaning(201, #"{"success": true}"#) == nil)
  }

  @Test func tokensOfAnAppAreFetched() throws {
    let crm = try PresetRequests(
      "pipedrive", #""auth": {"oauth2": {"client_id": "a", "client_secret": "${T}", "refresh_token": "${T}"}}"#)
    #expect(crm.destination.oauth2?.tokenURL == "https://oauth.pipedrive.com/oauth/token")
    #expect(crm.destination.oauth2?.clientAuth == .basic)
  }
}
