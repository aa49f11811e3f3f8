/// The files of samples/callr, byte for byte but for the last line end.
extension Documented {
  static let callrActionsPush = #"""
    {
      "cdr": {
        "callid": 1234567890123456789,
        "direction": "inbound",
        "status": "answered",
        "callerNumber": "+33639980042",
        "callerName": "",
        "callerRestricted": false,
        "callee": "+33199001234",
        "started": "2025-10-01T09:00:00.000Z",
        "answered": "2025-10-01T09:00:07.000Z",
        "ended": "2025-10-01T09:02:10.000Z",
        "durationTotal": 130,
        "durationAnswered": 123,
        "durationBilled": 123,
        "hangupCause": 16,
        "hangupSource": "caller",
        "hangupTech": "",
        "scenarioName": "Support",
        "scenarioSid": "abcdef12",
        "scenarioTypeName": "Actions",
        "scenarioTypeVersion": "1.0",
        "billingCredit": "0.00",
        "billingDebit": "1.20",
        "billingDestinationLabel": "France",
        "billingPaymentType": "prepaid"
      }
    }
    """#

  static let callrCdrBare = #"""
    {
      "callid": 1234567890123456789,
      "direction": "inbound",
      "status": "answered",
      "callerNumber": "+33639980042",
      "callerName": "",
      "callerRestricted": false,
      "callee": "+33199001234",
      "started": "2025-10-01T09:00:00.000Z",
      "answered": "2025-10-01T09:00:07.000Z",
      "ended": "2025-10-01T09:02:10.000Z",
      "durationTotal": 130,
      "durationAnswered": 123,
      "durationBilled": 123,
      "hangupCause": 16,
      "hangupSource": "caller",
      "hangupTech": "",
      "scenarioName": "Support",
      "scenarioSid": "abcdef12",
      "scenarioTypeName": "Actions",
      "scenarioTypeVersion": "1.0",
      "billingCredit": "0.00",
      "billingDebit": "1.20",
      "billingDestinationLabel": "France",
      "billingPaymentType": "prepaid"
    }
    """#

  static let callrWebhookEnvelopeStarted = #"""
    {
      "event_at": "2025-10-01T09:00:00.040Z",
      "event_id": "9422146236497234057PGNSmlw2sOrjr",
      "hook_hash": null,
      "try": 0,
      "type": "v2.call.inbound.started",
      "data": {
        "callid": 1234567890123456789,
        "direction": "inbound",
        "status": "ringing",
        "callerNumber": "+33639980042",
        "callerName": "",
        "callerRestricted": false,
        "callee": "+33199001234",
        "started": "2025-10-01T09:00:00.000Z",
        "answered": "",
        "ended": "",
        "durationTotal": 0,
        "durationAnswered": 0,
        "durationBilled": 0,
        "hangupCause": 16,
        "hangupSource": "caller",
        "hangupTech": "",
        "scenarioName": "Support",
        "scenarioSid": "abcdef12",
        "scenarioTypeName": "Actions",
        "scenarioTypeVersion": "1.0",
        "billingCredit": "0.00",
        "billingDebit": "1.20",
        "billingDestinationLabel": "France",
        "billingPaymentType": "prepaid"
      }
    }
    """#

  static let callrWebhookEnvelope = #"""
    {
      "event_at": "2025-10-01T09:02:10.340Z",
      "event_id": "9422146236497234056PGNSmlw2sOrjq",
      "hook_hash": null,
      "try": 0,
      "type": "v2.call.inbound.ended",
      "data": {
        "callid": 1234567890123456789,
        "direction": "inbound",
        "status": "answered",
        "callerNumber": "+33639980042",
        "callerName": "",
        "callerRestricted": false,
        "callee": "+33199001234",
        "started": "2025-10-01T09:00:00.000Z",
        "answered": "2025-10-01T09:00:07.000Z",
        "ended": "2025-10-01T09:02:10.000Z",
        "durationTotal": 130,
        "durationAnswered": 123,
        "durationBilled": 123,
        "hangupCause": 16,
        "hangupSource": "caller",
        "hangupTech": "",
        "scenarioName": "Support",
        "scenarioSid": "abcdef12",
        "scenarioTypeName": "Actions",
        "scenarioTypeVersion": "1.0",
        "billingCredit": "0.00",
        "billingDebit": "1.20",
        "billingDestinationLabel": "France",
        "billingPaymentType": "prepaid"
      }
    }
    """#
}
