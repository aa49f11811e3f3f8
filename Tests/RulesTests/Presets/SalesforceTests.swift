import RelayCore
import Testing

@testable import Rules

/// `"preset": "salesforce"` against Salesforce's documents (providers.md §5.3), field by field.
@Suite struct SalesforceTests {
  private static let keys =
    #""base_url": "https://acme.my.salesforce.com/", "country": "FR", "auth": {"bearer": "${T}"}"#

  private let crm: PresetRequests

  init() throws {
    crm = try PresetRequests("salesforce", Self.keys)
  }

  private static let head = """
    POST https://acme.my.salesforce.com/services/data/v62.0/sobjects/Task
    content-type: application/json
    authorization: Bearer t0ps3cret

    """

  @Test func isReadWithoutWarnings() {
    #expect(crm.warnings == [])
  }

  /// The day is the relay's: Paris.
  @Test(arguments: [
    (
      "telecmi/incoming-answered",
      #"{"Subject":"Inbound call, answered","TaskSubtype":"Call","Status":"Completed","Priority":"Normal","ActivityDate":"2021-10-20","CallType":"Inbound","CallDurationInSeconds":11,"CallDisposition":"answered","CallObject":"16132200-57fa-47b5-888d-4ab5b7e631ee","Description":"From +44000000002 to +44000000000"}"#
    ),
    (
      "telecmi/incoming-missed-voicemail",
      #"{"Subject":"Inbound call, missed","TaskSubtype":"Call","Status":"Completed","Priority":"Normal","ActivityDate":"2021-10-20","CallType":"Inbound","CallDisposition":"missed","CallObject":"4d1f9521-50e5-447d-bf5f-c3292995a727","Description":"From +44000000001 to +44000000000"}"#
    ),
    (
      "telecmi/outgoing-answered-leg-b",
      #"{"Subject":"Outbound call, answered","TaskSubtype":"Call","Status":"Completed","Priority":"Normal","ActivityDate":"2022-04-22","CallType":"Outbound","CallDurationInSeconds":6,"CallDisposition":"answered","CallObject":"0da4f02e-6ece-42e4-989b-1e6766b5a81e","Description":"From +44000000000 to +442000000001"}"#
    ),
    (
      "callr/webhook-envelope",
      #"{"Subject":"Inbound call, answered","TaskSubtype":"Call","Status":"Completed","Priority":"Normal","ActivityDate":"2025-10-01","CallType":"Inbound","CallDurationInSeconds":123,"CallDisposition":"answered","CallObject":"1234567890123456789","Description":"From +33639980042 to +33199001234"}"#
    ),
    (
      "callr/webhook-envelope-started",
      #"{"Subject":"Inbound call, ringing","TaskSubtype":"Call","Status":"Completed","Priority":"Normal","ActivityDate":"2025-10-01","CallType":"Inbound","CallDurationInSeconds":0,"CallDisposition":"ringing","CallObject":"1234567890123456789","Description":"From +33639980042 to +33199001234"}"#
    ),
  ])
  func aCallIsATask(sample: String, body: String) throws {
    #expect(try crm.request(PresetRequests.input(sample)) == "\(Self.head)\n\(body)")
  }

  @Test func theContactOrLeadOfTheNumberSeesIt() throws {
    let input = try PresetRequests.input("callr/webhook-envelope")
    #expect(
      try crm.lookup(input) == """
        GET https://acme.my.salesforce.com/services/data/v62.0/parameterizedSearch/?q=%2B33639980042&in=PHONE\
        &sobject=Contact&sobject=Lead&defaultLimit=1
        authorization: Bearer t0ps3cret
        """)
    #expect(
      try crm.request(input, lookup: .string("003D000000IqhSLIAZ")).contains(
        #""CallObject":"1234567890123456789","WhoId":"003D000000IqhSLIAZ","Description""#))
  }

  @Test func whatComesLaterUpdatesTheTask() throws {
    let input = try PresetRequests.input("telecmi/incoming-missed-voicemail")
    let request = try crm.request(input, captured: .string("00T1"))
    #expect(request.hasPrefix("PATCH https://acme.my.salesforce.com/services/data/v62.0/sobjects/Task/00T1\n"))
    #expect(!request.contains("TaskSubtype"))
    #expect(request.contains(#""CallDisposition":"missed""#))
  }

  /// A second try after a time-out finds what the first one made.
  @Test func anExternalIDLeavesNoDuplicate() throws {
    let crm = try PresetRequests("salesforce", #"\#(Self.keys), "external_id": "Call_Key__c""#)
    let request = try crm.request(PresetRequests.input("telecmi/incoming-answered"))
    #expect(
      request.hasPrefix(
        """
        PATCH https://acme.my.salesforce.com/services/data/v62.0/sobjects/Task/Call_Key__c/\
        16132200-57fa-47b5-888d-4ab5b7e631ee
        content-type: application/json
        """))
    #expect(crm.warnings == [])
  }

  @Test func a403IsALimitOrAPermission() throws {
    let limit = #"[{"message":"TotalRequests Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]"#
    #expect(try crm.meaning(403, limit) == .wait(.lasting(900_000)))
    #expect(try crm.meaning(403, #"[{"message":"no","errorCode":"INSUFFICIENT_ACCESS"}]"#) == nil)
    #expect(try crm.meaning(400, #"[{"message":"busy","errorCode":"UNABLE_TO_LOCK_ROW"}]"#) == .retry)
  }

  @Test func tokensAreFetchedFromTheSameHost() throws {
    let crm = try PresetRequests(
      "salesforce",
      #""base_url": "https://acme.my.salesforce.com", "auth": {"oauth2": {"client_id": "a", "client_secret": "${T}"}}"#)
    #expect(crm.destination.oauth2?.tokenURL == "https://acme.my.salesforce.com/services/oauth2/token")
  }
}
