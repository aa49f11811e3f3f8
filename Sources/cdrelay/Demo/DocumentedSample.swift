import RelayCore
import Rules

/// A documented record by name, for `rules test --sample`.
struct DocumentedSample {
  /// `telecmi/incoming-missed`.
  let name: String
  let provider: Provider
  let body: String

  private init(_ provider: Provider, _ name: String, _ body: String) {
    self.name = "\(provider.rawValue)/\(name)"
    self.provider = provider
    self.body = body
  }

  static let all = [
    DocumentedSample(.telecmi, "incoming-answered", DocumentedRecords.telecmiIncomingAnswered),
    DocumentedSample(.telecmi, "incoming-missed", DocumentedRecords.telecmiIncomingMissed),
    DocumentedSample(.telecmi, "incoming-user-missed", DocumentedRecords.telecmiIncomingUserMissed),
    DocumentedSample(.telecmi, "outgoing-answered-a", DocumentedRecords.telecmiOutgoingAnsweredLegA),
    DocumentedSample(.telecmi, "outgoing-answered-b", DocumentedRecords.telecmiOutgoingAnsweredLegB),
    DocumentedSample(.telecmi, "outgoing-missed", DocumentedRecords.telecmiOutgoingMissed),
    DocumentedSample(.telecmi, "piopiy-answered", DocumentedRecords.telecmiPIOPIYAnswered),
    DocumentedSample(.telecmi, "piopiy-live", DocumentedRecords.telecmiPIOPIYBridged),
    DocumentedSample(.callr, "inbound-ended", DocumentedRecords.callrInboundEnded),
    DocumentedSample(.callr, "inbound-started", DocumentedRecords.callrInboundStarted),
  ]

  static let names = all.map(\.name)

  static func named(_ name: String) throws -> DocumentedSample {
    guard let sample = all.first(where: { $0.name == name }) else {
      let list = names.joined(separator: ", ")
      throw UsageError("no sample \(name)\(NearestName.question(name, among: names)); there are \(list)")
    }
    return sample
  }
}

extension DocumentedRecords {
  /// TeleCMI CHUB, doc.telecmi.com/chub/docs/incoming-answered.
  static let telecmiIncomingAnswered = #"""
    {"virtual_number":440000000000,"custom":"{\"key\":\"value\"}","appid":2222223,"type":"cdr","direction":"inbound",
    "cmiuuid":"16132200-57fa-47b5-888d-4ab5b7e631ee","user":"204_2222223","status":"answered","to":440000000001,
    "from":440000000002,"time":1634720920615,"answeredsec":11,"team":"Sales_2222223","hangup_reason":"recv_bye",
    "record":true,"filename":"1634720915260737218351_2222223.mp3",
    "conversation_uuid":"16132200-57fa-47b5-888d-4ab5b7e631ee","ivr_name":"salesivr"}
    """#

  /// One agent of a group did not pick up.
  static let telecmiIncomingUserMissed = #"""
    {"custom":"{\"crm\":\"true\"}","appid":2222223,"type":"cdr","direction":"inbound","leg":"b",
    "cmiuuid":"e3e26d27-7b42-4679-a8a0-96b7d5e21dc7","user":"302_2223343","status":"missed","to":919999999999,
    "from":440000000000,"time":1650625417426,"team":"support_2223343","hangup_reason":"recv_cancel"}
    """#

  /// doc.telecmi.com/chub/docs/outgoing-missed, leg a.
  static let telecmiOutgoingMissed = #"""
    {"virtual_number":"440000000000","call_id":"c4504776-d91e-123b-29a7-56000429abc3","custom":"{\"crm\":\"true\"}",
    "leg":"a","type":"cdr","appid":2222223,"to":442000000000,"cmiuuid":"15b58236-734f-4000-a5e8-78284068f5c7",
    "status":"missed","user":"202_2222223","time":1650628175336,"direction":"outbound","hangup_reason":"recv_cancel",
    "request_id":"D8qpRb27mpXEYgEdAMY6arnQ2ONAB04Y86QrfKbOWZQ","extra_params":"{\"click2call\":\"true\"}"}
    """#

  /// TeleCMI PIOPIY, an answered inbound call.
  static let telecmiPIOPIYAnswered = #"""
    {"to":440000000000,"appid":2222222,"time":1632318511000,"start_time":1632318510,"end_time":1632318528,
    "from":440000000001,"direction":"inbound","duration":13,"extra_params":"{ 'Name': 'Akil', 'ID':8915726 }",
    "cmiuuid":"55348d77-c515-425d-b22c-f0c6ecd8d780","call_rate":"0.450000","balance":"878.900000",
    "conversation_uuid":"c62abd10-1bab-11ec-8e24-ddb7c33510ad","answer_time":1632318515,"leg":"a","status":"answered",
    "type":"cdr"}
    """#

  /// TeleCMI PIOPIY, during an outbound call.
  static let telecmiPIOPIYBridged = #"""
    {"appid":2222224,"callerid":440000000000,"conversation_uuid":"GQqYoKtV3Tn25SVqbWwdzPkNwMBo9hhLwWadm9N71N5",
    "direction":"outbound","extra_params":"{\"key\":\"value\"}","from":440000000000,"leg":"b",
    "request_id":"GQqYoKtV3Tn25SVqbWwdzPkNwMBo9hhLwWadm9N71N5","status":"out_bridged","time":1725942893683,
    "to":19170000001,"cmiuuid":"ade4153c-d8bd-4a62-bd6d-30774e0aa30a","vn":440000000000}
    """#

  /// Callr's webhook when a call begins.
  static let callrInboundStarted = #"""
    {"event_at":"2025-10-01T09:00:00.040Z","event_id":"9422146236497234057PGNSmlw2sOrjr","hook_hash":null,"try":0,
    "type":"v2.call.inbound.started","data":{"callid":1234567890123456789,"direction":"inbound","status":"ringing",
    "callerNumber":"+33639980042","callerName":"","callerRestricted":false,"callee":"+33199001234",
    "started":"2025-10-01T09:00:00.000Z","answered":"","ended":"","durationTotal":0,"durationAnswered":0,
    "durationBilled":0,"hangupCause":16,"hangupSource":"caller","hangupTech":"","scenarioName":"Support",
    "scenarioSid":"abcdef12","scenarioTypeName":"Actions","scenarioTypeVersion":"1.0","billingCredit":"0.00",
    "billingDebit":"1.20","billingDestinationLabel":"France","billingPaymentType":"prepaid"}}
    """#
}
