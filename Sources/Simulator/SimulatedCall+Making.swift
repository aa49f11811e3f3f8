import RelayCore

extension SimulatedCall {
  /// The call of this number on a day of this seed: six in ten come in, two in three are answered, a third of those that
  /// came in rang more than one agent.
  init(number: Int, daySeed: UInt64, startedAt: Instant, product: SimulatedDay.Product) {
    var dice = Dice(seed: daySeed, part: UInt64(number) &+ 1)
    let agents = SimulatedAccount.agents
    let agent = dice.pick(agents)
    self.init(
      number: number, idSeed: dice.next(), startedAt: startedAt,
      customer: dice.pick(SimulatedAccount.areas) + dice.number(0...699), line: dice.pick(SimulatedAccount.lines),
      agent: agent)
    let isPIOPIY = dice.oneIn(10)
    dialect =
      switch product {
      case .mixed: isPIOPIY ? .piopiy : .chub
      case .only(let one): one
      }
    direction = dice.percent(60) ? .inbound : .outbound
    custom = dice.pick([#"{"crm":"true"}"#, #"{"key":"value"}"#])
    isEndedByAgent = dice.percent(50)
    isRecorded = !dice.oneIn(10)
    let isAnswered = dice.percent(66)
    // Many short calls, few long ones, none longer than 20 minutes.
    let talk = 3 + dice.number(0...34) * dice.number(0...34)
    if direction == .inbound {
      let missing = [0, 0, 0, 0, 0, 0, 1, 1, 2, 3][Int(dice.next() % 10)]
      missedBy = agents.filter { $0.team == agent.team && $0 != agent }.prefix(missing).map { $0 }
      ending = isAnswered ? .answered : dice.oneIn(4) ? .voicemail : .missed
      if !isAnswered, missedBy.isEmpty { missedBy = [agent] }
      ringSeconds = dice.number(3...14) + Int64(missedBy.count) * 15
    } else {
      ending = isAnswered ? .answered : .missed
      let agentRing = dice.number(1...8)
      agentRingSeconds = isAnswered || dice.percent(60) ? agentRing : nil
      ringSeconds = agentRing + dice.number(3...25)
      if dice.percent(66) {
        request = Request(
          id: dice.word(43),
          extraParams: dialect == .piopiy ? dice.pick(Self.oddExtraParams) : #"{"click2call":"true"}"#)
      }
    }
    // A PIOPIY call is always placed by request.
    if dialect == .piopiy, direction == .outbound, request == nil {
      request = Request(id: dice.word(43), extraParams: dice.pick(Self.oddExtraParams))
    }
    talkSeconds = isAnswered ? talk : 0
  }

  /// PIOPIY's samples show text that is no JSON.
  static let oddExtraParams = [
    #"{"key":"value"}"#, "{ 'Name': 'Akil', 'ID':8915726 }", "{key: value}", #"{"crm":{"deal":42},"tags":["a","ü"]}"#,
  ]
}
