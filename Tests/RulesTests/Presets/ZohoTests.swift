import RelayCore
import Testing

@testable import Rules

/// `"preset": "zoho"` against Zoho's documents (providers.md §5.4), field by field.
@Suite struct ZohoTests {
  private let crm: PresetRequests

  init() throws {
    crm = try PresetRequests(
      "zoho",
      #""country": "FR", "auth": {"header": {"name": "Authorization", "value": "Zoho-oauthtoken ${T}"}}"#)
  }

  private static let head = """
    POST https://www.zohoapis.com/crm/v8/Calls
    content-type: application/json
    authorization: Zoho-oauthtoken t0ps3cret

    """

  @Test func isReadWithoutWarnings() {
    #expect(crm.warnings == [])
  }

  @Test(arguments: [
    (
      "telecmi/incoming-answered",
      #"{"data":[{"Subject":"Inbound call, answered","Call_Type":"Inbound","Call_Start_Time":"2021-10-20T11:08:40+02:00","Call_Duration":"00:11","Description":"From +44000000002 to +44000000000"}]}"#
    ),
    (
      "telecmi/incoming-missed-voicemail",
      #"{"data":[{"Subject":"Inbound call, missed","Call_Type":"Missed","Call_Start_Time":"2021-10-20T11:11:39+02:00","Call_Duration":"00:00","Description":"From +44000000001 to +44000000000"}]}"#
    ),
    (
      "telecmi/outgoing-missed-leg-a",
      #"{"data":[{"Subject":"Outbound call, missed","Call_Type":"Outbound","Call_Start_Time":"2022-04-22T13:49:35+02:00","Call_Duration":"00:00","Description":"From +44000000000 to "}]}"#
    ),
    (
      "callr/webhook-envelope",
      #"{"data":[{"Subject":"Inbound call, answered","Call_Type":"Inbound","Call_Start_Time":"2025-10-01T11:00:00+02:00","Call_Duration":"02:03","Description":"From +33639980042 to +33199001234"}]}"#
    ),
    (
      "callr/webhook-envelope-started",
      #"{"data":[{"Subject":"Inbound call, ringing","Call_Type":"Inbound","Call_Start_Time":"2025-10-01T11:00:00+02:00","Call_Duration":"00:00","Description":"From +33639980042 to +33199001234"}]}"#
    ),
  ])
  func aCallIsLogged(sample: String, body: String) throws {
    #expect(try crm.request(PresetRequests.input(sample)) == "\(Self.head)\n\(body)")
  }

  @Test func theContactOfTheNumberSeesIt() throws {
    let input = try PresetRequests.input("callr/webhook-envelope")
    #expect(
      try crm.lookup(input) == """
        GET https://www.zohoapis.com/crm/v8/Contacts/search?phone=%2B33639980042
        authorization: Zoho-oauthtoken t0ps3cret
        """)
    #expect(
      try crm.request(input, lookup: .string("3652397000000649013")).hasSuffix(
        #","Description":"From +33639980042 to +33199001234","Who_Id":{"id":"3652397000000649013"}}]}"#))
  }

  /// Kaizen #38: neither the type nor the start of a call that is over can be changed.
  @Test func whatComesLaterUpdatesTheCall() throws {
    let input = try PresetRequests.input("telecmi/incoming-answered")
    #expect(
      try crm.request(input, captured: .string("3652")) == """
        PUT https://www.zohoapis.com/crm/v8/Calls/3652
        content-type: application/json
        authorization: Zoho-oauthtoken t0ps3cret

        {"data":[{"Subject":"Inbound call, answered","Call_Duration":"00:11","Description":"From +44000000002 to +44000000000"}]}
        """)
    let made = #"{"data":[{"code":"SUCCESS","details":{"id":"3652"},"status":"success"}]}"#
    #expect(crm.destination.capture?.value(of: try JSONParser.parse(made)) == .string("3652"))
  }

  @Test func anErrorInsideOfASuccessIsNone() throws {
    #expect(try crm.meaning(201, #"{"data":[{"code":"INVALID_DATA","status":"error"}]}"#) == .dead)
    let limit = #"{"data":[{"code":"TOO_MANY_REQUESTS","status":"error"}]}"#
    #expect(try crm.meaning(201, limit) == .wait(.lasting(60_000)))
    #expect(try crm.meaning(201, #"{"data":[{"code":"SUCCESS","status":"success"}]}"#) == nil)
  }

  @Test func tokensAreZohos() throws {
    let crm = try PresetRequests(
      "zoho",
      #""base_url": "https://www.zohoapis.eu", "auth": {"oauth2": {"token_url": "https://accounts.zoho.eu/oauth/v2/token", "client_id": "a", "client_secret": "${T}", "refresh_token": "${T}"}}"#
    )
    #expect(crm.destination.oauth2?.headerPrefix == "Zoho-oauthtoken")
    #expect(crm.destination.oauth2?.tokenURL == "https://accounts.zoho.eu/oauth/v2/token")
    #expect(crm.destination.shownURL == "https://www.zohoapis.eu/crm/v8/Calls")
  }
}
