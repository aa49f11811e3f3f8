import RelayCore

/// Records as the providers document them, with the numbers of those documents.
enum DocumentedRecords {
  /// One that stands for a whole call; nil where nothing is documented.
  static func sample(of provider: Provider) -> String? {
    switch provider {
    case .telecmi: telecmiOutgoingAnsweredLegB
    case .callr: callrInboundEnded
    case .generic: nil
    }
  }

  /// TeleCMI CHUB, doc.telecmi.com/chub/docs/outgoing-answered, leg a.
  static let telecmiOutgoingAnsweredLegA = #"""
    {"virtual_number":"440000000000","call_id":"c4504776-d91e-123b-29a7-56000429abc3","custom":"{\"crm\":\"true\"}",
    "leg":"a","type":"cdr","appid":2222223,"to":442000000000,"cmiuuid":"10ee0eb6-c417-4f5a-b122-bffe28f96eae",
    "status":"answered","user":"202_2222223","time":1650630551178,"direction":"outbound","answeredsec":15,
    "hangup_reason":"recv_bye","request_id":"c0Sq3mbykoHgVgLfyWTr6cV6HB5Z0Fk4AXpZFkOClSr",
    "extra_params":"{\"click2call\":\"true\"}"}
    """#

  /// The same call's leg b.
  static let telecmiOutgoingAnsweredLegB = #"""
    {"virtual_number":"440000000000","call_id":"c4504776-d91e-123b-29a7-56000429abc3","custom":"{\"crm\":\"true\"}",
    "leg":"b","type":"cdr","appid":2222223,"to":442000000001,"cmiuuid":"0da4f02e-6ece-42e4-989b-1e6766b5a81e",
    "status":"answered","user":"202_2222223","time":1650630551178,"direction":"outbound","answeredsec":6,
    "hangup_reason":"sent_bye","request_id":"c0Sq3mbykoHgVgLfyWTr6cV6HB5Z0Fk4AXpZFkOClSr",
    "extra_params":"{\"click2call\":\"true\"}","record":true,"filename":"16506305548176941220057791_2222223.mp3"}
    """#

  /// doc.telecmi.com/chub/docs/outgoing-missed, leg a, as a GET would carry it.
  static let telecmiOutgoingMissedQuery: [(String, String)] = [
    ("virtual_number", "440000000000"), ("call_id", "c4504776-d91e-123b-29a7-56000429abc3"),
    ("custom", #"{"crm":"true"}"#), ("leg", "a"), ("type", "cdr"), ("appid", "2222223"), ("to", "442000000000"),
    ("cmiuuid", "15b58236-734f-4000-a5e8-78284068f5c7"), ("status", "missed"), ("user", "202_2222223"),
    ("time", "1650628175336"), ("direction", "outbound"), ("hangup_reason", "recv_cancel"),
    ("request_id", "D8qpRb27mpXEYgEdAMY6arnQ2ONAB04Y86QrfKbOWZQ"), ("extra_params", #"{"click2call":"true"}"#),
  ]

  /// doc.telecmi.com/chub/docs/incoming-missed, with a voicemail.
  static let telecmiIncomingMissed = #"""
    {"virtual_number":440000000000,"custom":"{\"crm\":\"true\"}","appid":2222223,"type":"cdr","direction":"inbound",
    "cmiuuid":"4d1f9521-50e5-447d-bf5f-c3292995a727","status":"missed","from":440000000001,"time":1634721099442,
    "waitedsec":127,"hangup_reason":"recv_bye","voicemail":true,"voicename":"1634721220656289350027_2222223.mp3",
    "conversation_uuid":"4d1f9521-50e5-447d-bf5f-c3292995a727","team":"Sales_2222223","ivr_name":"salesivr"}
    """#

  /// Callr's CDR (docs.callr.com/docs/call-detail-records-cdr) in its webhook envelope.
  static let callrInboundEnded = #"""
    {"event_at":"2025-10-01T09:02:10.340Z","event_id":"9422146236497234056PGNSmlw2sOrjq","hook_hash":null,"try":0,
    "type":"v2.call.inbound.ended","data":{"callid":1234567890123456789,"direction":"inbound","status":"answered",
    "callerNumber":"+33639980042","callerName":"","callerRestricted":false,"callee":"+33199001234",
    "started":"2025-10-01T09:00:00.000Z","answered":"2025-10-01T09:00:07.000Z","ended":"2025-10-01T09:02:10.000Z",
    "durationTotal":130,"durationAnswered":123,"durationBilled":123,"hangupCause":16,"hangupSource":"caller",
    "hangupTech":"","scenarioName":"Support","scenarioSid":"abcdef12","scenarioTypeName":"Actions",
    "scenarioTypeVersion":"1.0","billingCredit":"0.00","billingDebit":"1.20",
    "billingDestinationLabel":"France","billingPaymentType":"prepaid"}}
    """#
}
