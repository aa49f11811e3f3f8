import RelayCore

/// Records as the providers document them; numbers and ids are those of the documents.
enum Documented {
  static let samples: [(name: String, provider: Provider, text: String)] = [
    ("telecmi/incoming-answered", .telecmi, incomingAnswered),
    ("telecmi/incoming-missed-voicemail", .telecmi, incomingMissedVoicemail),
    ("telecmi/incoming-user-missed-leg-b", .telecmi, incomingUserMissedLegB),
    ("telecmi/outgoing-answered-leg-a", .telecmi, outgoingAnsweredLegA),
    ("telecmi/outgoing-answered-leg-b", .telecmi, outgoingAnsweredLegB),
    ("telecmi/outgoing-missed-leg-a", .telecmi, outgoingMissedLegA),
    ("telecmi/piopiy-inbound-answered", .telecmi, piopiyInboundAnswered),
    ("telecmi/piopiy-live-out-bridged", .telecmi, piopiyLiveOutBridged),
    ("callr/actions-push", .callr, callrActionsPush),
    ("callr/cdr-bare", .callr, callrCdrBare),
    ("callr/webhook-envelope-started", .callr, callrWebhookEnvelopeStarted),
    ("callr/webhook-envelope", .callr, callrWebhookEnvelope),
  ]
}
