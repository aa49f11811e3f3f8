import RelayCore

/// Which of the records of one phone call stands for it. TeleCMI documents the legs, not what to count; the guesses rest
/// on its samples.
///
/// | document | fields that tell | role | sure or guess |
/// |---|---|---|---|
/// | CHUB incoming answered, incoming missed; CHUB-India and 2019 the same | `type` cdr, `direction` inbound, no `leg` | `call` | sure |
/// | CHUB incoming user missed | `type` cdr, `direction` inbound, `leg` b, `status` missed, `user` | `agent_missed` | sure |
/// | CHUB, any other leg b of an inbound call | `type` cdr, inbound, `leg` b | `leg` | guess |
/// | CHUB outgoing answered, leg b | `type` cdr, `direction` outbound, `leg` b, `status` answered | `call` | guess: the customer's leg, with the recording and the seconds talked |
/// | CHUB outgoing answered, leg a | … `leg` a, `status` answered | `leg` | guess: the agent's own phone, rung first |
/// | CHUB outgoing missed, leg a | … `leg` a, `status` missed | `call` | guess: the agent did not pick up, so no leg b follows |
/// | CHUB outgoing missed, leg b | … `leg` b, `status` missed | `call` | guess: that tab of the document was not seen |
/// | CHUB-India and 2019, outgoing | `type` cdr or none, `direction` outbound, no `leg` | `call` | sure: one record a call |
/// | PIOPIY CDR, leg a | `start_time`, `duration`, `balance`, … and `leg` a, or no `leg` | `call` | sure for calls without a second leg, else guess |
/// | PIOPIY CDR, leg b | the same, `leg` b | `leg` | guess |
/// | every live event, also `stream_…` | `type` event, or a live status without a `type` | `live` | sure |
/// | an outgoing leg a whose status word is unknown; a leg whose direction is missing | | none | |
extension TeleCMIRecord {
  var role: Call.Role? {
    if kind == .live { return .live }
    switch (direction, leg) {
    case (_, nil): return .call
    case (.inbound, .a): return .call
    case (.inbound, .b): return status == .missed && agent != nil ? .agentMissed : .leg
    case (.outbound, .a) where isPIOPIY: return .call
    case (.outbound, .b) where isPIOPIY: return .leg
    case (.outbound, .b): return .call
    case (.outbound, .a):
      guard let status else { return nil }
      return status == .answered ? .leg : .call
    case (nil, _): return nil
    }
  }
}
