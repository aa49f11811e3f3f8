/// The fields of each provider's bodies, from its documents. Others are kept and can be matched as well.
extension ProviderFields {
  static let telecmi: [ProviderField] = [
    ProviderField("body.type", "text", #""cdr""#, "cdr or event; missing in PIOPIY's newer edition"),
    ProviderField("body.direction", "text", #""inbound""#, "of this leg: see call.direction for the conversation"),
    ProviderField("body.status", "text", #""missed""#, "TeleCMI's own word, such as waiting, hangup or out_bridged"),
    ProviderField("body.leg", "text", #""b""#, "a or b, where sent"),
    ProviderField("body.appid", "number", "2222223", "app id (CDRs)"),
    ProviderField("body.app_id", "number", "2222223", "app id (live events of CHUB)"),
    ProviderField("body.cmiuuid", "text", #""16132200-57fa-47b5-888d-4ab5b7e631ee""#, "id of the leg"),
    ProviderField("body.cmiuid", "text", #""16132200-57fa-47b5-888d-4ab5b7e631ee""#, "the same in older webhooks"),
    ProviderField(
      "body.conversation_uuid", "text", #""c62abd10-1bab-11ec-8e24-ddb7c33510ad""#, "id of the conversation"),
    ProviderField(
      "body.call_id", "text", #""c4504776-d91e-123b-29a7-56000429abc3""#, "shared by both legs of an outbound call"),
    ProviderField("body.request_id", "text", #""c0Sq3mbykoHgVgLfyWTr6c""#, "id of the click-to-call request"),
    ProviderField("body.from", "number, text in live events of CHUB", "440000000002", "who called"),
    ProviderField(
      "body.to", "number, text in live events of CHUB", "440000000001",
      "who was called; the agent's phone where an agent picked up"),
    ProviderField("body.virtual_number", "number inbound, text outbound", "440000000000", "the account's number"),
    ProviderField("body.callerid", "text, number in PIOPIY", #""442000000000""#, "the number shown to the called side"),
    ProviderField("body.vn", "number", "440000000000", "the account's number (PIOPIY)"),
    ProviderField("body.user", "text", #""204_2222223""#, "agent: extension and app id"),
    ProviderField("body.team", "text", #""Sales_2222223""#, "group and app id"),
    ProviderField("body.time", "number", "1634720920615", "milliseconds since 1970"),
    ProviderField("body.start_time", "number", "1632318510", "seconds since 1970 (PIOPIY)"),
    ProviderField("body.answer_time", "number", "1632318515", "seconds since 1970 (PIOPIY; also in missed calls)"),
    ProviderField("body.end_time", "number", "1632318528", "seconds since 1970 (PIOPIY)"),
    ProviderField("body.answeredsec", "number", "11", "seconds talked"),
    ProviderField("body.waitedsec", "number", "127", "seconds waited"),
    ProviderField("body.duration", "number", "13", "seconds talked (PIOPIY)"),
    ProviderField("body.hangup_reason", "text", #""recv_bye""#, "sent_bye, recv_bye, recv_cancel or sent_reject"),
    ProviderField("body.record", "boolean, text in CHUB-India", "true", "a recording exists"),
    ProviderField("body.filename", "text", #""1634720915260737218351_2222223.mp3""#, "the recording"),
    ProviderField("body.voicemail", "boolean, text in CHUB-India", "true", "a voicemail exists"),
    ProviderField("body.voicename", "text", #""1634721220656289350027_2222223.mp3""#, "the voicemail"),
    ProviderField("body.ivr_name", "text", #""salesivr""#, "the last IVR that the caller reached"),
    ProviderField("body.custom", "object, else text", #"{"crm":"true"}"#, "your custom parameters, opened"),
    ProviderField(
      "body.extra_params", "object, else text", #"{"click2call":"true"}"#, "of the click-to-call request, opened"),
    ProviderField("body.click_to_call", "boolean or text", "true", "begun by click-to-call (older editions)"),
    ProviderField("body.call_rate", "text, number 0 when missed", #""0.450000""#, "price (PIOPIY)"),
    ProviderField(
      "body.balance", "text", #""878.900000""#, "the account's balance (PIOPIY): think before you pass it on"),
    ProviderField("body.ws_status", "text", #""{\"code\":200}""#, "of a stream (PIOPIY)"),
  ]

  static let callr: [ProviderField] = [
    ProviderField("body.event_id", "text", #""9422146236497234056PGNSmlw2sOrjq""#, "id of the webhook's event"),
    ProviderField("body.type", "text", #""v2.call.inbound.ended""#, "the webhook's event"),
    ProviderField("body.event_at", "text", #""2025-10-01T09:02:10.340Z""#, "when the event happened"),
    ProviderField("body.hook_hash", "text or null", "null", "id of the webhook's subscription"),
    ProviderField("body.try", "number", "0", "attempt of the webhook"),
    ProviderField(
      "body.data.…", "object", #"{"callid":1234567890123456789}"#, "the CDR of a webhook, with the fields below"),
    ProviderField(
      "body.cdr.…", "object", #"{"callid":1234567890123456789}"#, "the CDR of an Actions push, with the fields below"),
    ProviderField(
      "body.call.cdr.…", "object", #"{"callid":1234567890123456789}"#, "the same where the whole call is pushed"),
    ProviderField(
      "body.callid", "number", "1234567890123456789", "id of the call; beyond 2^53: use call.id, which is text"),
    ProviderField("body.direction", "text", #""inbound""#, "inbound or outbound"),
    ProviderField(
      "body.status", "text", #""answered""#, "dialing, ringing, answered, failed, unallocated, busy or canceled"),
    ProviderField("body.callerNumber", "text", #""+33639980042""#, "who called; empty if withheld"),
    ProviderField("body.callerName", "text", #""""#, "name of the caller"),
    ProviderField("body.callerRestricted", "boolean", "false", "the number is withheld"),
    ProviderField("body.callee", "text", #""+33199001234""#, "who was called"),
    ProviderField("body.started", "text", #""2025-10-01T09:00:00.000Z""#, "RFC 3339"),
    ProviderField("body.answered", "text", #""2025-10-01T09:00:07.000Z""#, "RFC 3339; empty until then"),
    ProviderField("body.ended", "text", #""2025-10-01T09:02:10.000Z""#, "RFC 3339; empty until then"),
    ProviderField("body.durationTotal", "number", "130", "seconds"),
    ProviderField("body.durationAnswered", "number", "123", "seconds"),
    ProviderField("body.durationBilled", "number", "123", "seconds"),
    ProviderField("body.hangupCause", "number", "16", "Q.850 cause"),
    ProviderField("body.hangupSource", "text", #""caller""#, "caller, callee or system"),
    ProviderField("body.hangupTech", "text", #""""#, "the carrier's code"),
    ProviderField("body.scenarioName", "text", #""Support""#, "the scenario that took the call"),
    ProviderField("body.scenarioSid", "text", #""abcdef12""#, "id of the scenario"),
    ProviderField("body.scenarioTypeName", "text", #""Actions""#, "kind of the scenario"),
    ProviderField("body.scenarioTypeVersion", "text", #""1.0""#, "version of that kind"),
    ProviderField("body.billingCredit", "text", #""0.00""#, "cents"),
    ProviderField("body.billingDebit", "text", #""1.20""#, "cents"),
    ProviderField("body.billingDestinationLabel", "text", #""France""#, "where to, for billing"),
    ProviderField("body.billingPaymentType", "text", #""prepaid""#, "prepaid or postpaid"),
  ]
}
