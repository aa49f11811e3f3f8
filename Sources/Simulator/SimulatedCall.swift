import RelayCore

/// What happened in one phone call, whichever provider tells it in whatever dialect.
package struct SimulatedCall: Sendable, Equatable {
  package enum Direction: String, Sendable {
    case inbound, outbound
  }

  package enum Ending: String, Sendable {
    case answered, missed, voicemail
  }

  /// Which of TeleCMI's products tells of it.
  package enum Dialect: String, Sendable, CaseIterable {
    case chub
    case chubIndia = "chub_india"
    case piopiy
  }

  /// A click-to-call request that began it.
  package struct Request: Sendable, Equatable {
    package var id: String
    /// As the CDR has it: text, which is not always JSON.
    package var extraParams: String
    package init(id: String, extraParams: String) {
      self.id = id
      self.extraParams = extraParams
    }
  }

  /// Its place in the day, from 0; of a call that was placed its place among those, from 0.
  package let number: Int
  /// What its ids and its small accidents are made from.
  package let idSeed: UInt64
  package var dialect = Dialect.chub
  package var direction = Direction.inbound
  package var ending = Ending.answered
  package var startedAt: Instant
  /// From the beginning until somebody picked up or gave up. Of an outbound call from the beginning too, the agent's own leg
  /// included.
  package var ringSeconds: Int64 = 5
  /// 0 unless it was answered.
  package var talkSeconds: Int64 = 0
  package var customer: Int64
  /// Ours: called by the customer, or shown to them.
  package var line: Int64
  /// Inbound: agents of the ring group who were rung, one after the other, and did not pick up.
  package var missedBy: [SimulatedAccount.Agent] = []
  /// Who talked; of an outbound call who called.
  package var agent: SimulatedAccount.Agent
  /// Outbound: when the agent's own phone was picked up, in seconds behind the beginning; nil where it was not, and then
  /// the customer was never rung.
  package var agentRingSeconds: Int64?
  package var request: Request?
  /// CHUB's `custom`: text that holds JSON.
  package var custom = #"{"crm":"true"}"#
  package var isEndedByAgent = false
  package var isRecorded = true

  package init(
    number: Int, idSeed: UInt64, startedAt: Instant, customer: Int64, line: Int64, agent: SimulatedAccount.Agent
  ) {
    self.number = number
    self.idSeed = idSeed
    self.startedAt = startedAt
    self.customer = customer
    self.line = line
    self.agent = agent
  }

  package var isAnswered: Bool { ending == .answered }
  /// When somebody picked up, or when nobody had.
  var ringingEndedAt: Instant { startedAt + ringSeconds * 1000 }
  package var endedAt: Instant { ringingEndedAt + (talkSeconds + voicemailSeconds) * 1000 }
  var voicemailSeconds: Int64 { ending == .voicemail ? 12 : 0 }
  var agentPickedUpAt: Instant? { agentRingSeconds.map { startedAt + $0 * 1000 } }

  // MARK: Ids

  /// What is made of `idSeed`. A raw value never changes: ids would.
  enum Part: UInt64 {
    case conversation = 1
    case legA, legB, callID, foreignRow, rowName, recording, voicemail, lateness, quirks, callr, callrEvents, agentLegs
  }

  func dice(_ part: Part) -> Dice { Dice(seed: idSeed, part: part.rawValue) }

  func uuid(_ part: Part) -> String {
    var dice = dice(part)
    return dice.uuid()
  }

  /// TeleCMI's `cmiuuid` of the record that stands for the call: that of the customer's leg where it was rung.
  package var mainID: String {
    switch (dialect, direction) {
    case (.piopiy, _): return uuid(.legA)
    case (.chub, .inbound), (.chubIndia, .inbound): return uuid(.conversation)
    case (.chubIndia, .outbound): return uuid(.legB)
    case (.chub, .outbound): return uuid(agentRingSeconds == nil ? .legA : .legB)
    }
  }

  /// `1634720915260737218351_2222223.mp3`: the time, and digits that lead back to the call. nil where nothing was recorded.
  package func recording(_ account: SimulatedAccount) -> String? {
    guard isAnswered, isRecorded else { return nil }
    return fileName(ringingEndedAt, .recording, account)
  }

  package func voicemail(_ account: SimulatedAccount) -> String? {
    ending == .voicemail ? fileName(ringingEndedAt, .voicemail, account) : nil
  }

  private func fileName(_ moment: Instant, _ part: Part, _ account: SimulatedAccount) -> String {
    var dice = dice(part)
    // The last eight digits are the call's number.
    let digits = dice.number(1...9) * 100_000_000 + Int64(number)
    return "\(moment.milliseconds + dice.number(0...999))\(digits)_\(account.appID).mp3"
  }
}
