import RelayCore

/// What the writer is asked to do in its next transaction.
enum Job {
  case admit(AdmitJob)
  case quarantine(QuarantineJob)
  case claim(ClaimJob)
  case settle([Settlement])
  indirect case hold(destination: String, kind: Hold.Kind, reason: String, until: Instant?)
  indirect case release(destination: String, kind: Hold.Kind)
  indirect case useQuota(destination: String, QuotaUse)
  indirect case synchronizeRuleHolds(RuleHolds)
  case registerRules(RegisterRulesJob)
  indirect case noteRefusedRules(RulesLoad)
  case useRules(UseRulesJob)
  case call(CallJob)

  /// Answers where somebody waits for an answer. False where the job must be done all the same: it is kept.
  func fail(_ failure: CommitFailure) -> Bool {
    switch self {
    case .admit(let job): job.reply(.failure(failure))
    case .quarantine(let job): job.reply(.failure(failure))
    case .claim(let job): job.reply(.failure(failure))
    case .registerRules(let job): job.reply(.failure(failure))
    case .call(let job):
      job.reply(.failure(failure))
      return !job.isKept
    case .settle, .hold, .release, .useQuota, .synchronizeRuleHolds, .noteRefusedRules, .useRules: return false
    }
    return true
  }
}

/// What became of a job, told behind the COMMIT.
enum JobResult {
  case silent
  case admitted(CommitReceipt)
  case quarantined(QuarantineReceipt)
  case claimed(Claim)
  case registered(Int64)
  case called(CallDone)
  case failed(CommitFailure)
}

struct AdmitJob {
  let new: NewRecord
  let reply: @Sendable (Result<CommitReceipt, CommitFailure>) -> Void
}

final class QuarantineJob: Sendable {
  let new: NewQuarantine
  let reply: @Sendable (Result<QuarantineReceipt, CommitFailure>) -> Void

  init(new: NewQuarantine, reply: @escaping @Sendable (Result<QuarantineReceipt, CommitFailure>) -> Void) {
    self.new = new
    self.reply = reply
  }
}

final class ClaimJob: Sendable {
  let destination: String
  let limit: Int
  let byteLimit: Int
  let reply: @Sendable (Result<Claim, CommitFailure>) -> Void

  init(
    destination: String, limit: Int, byteLimit: Int, reply: @escaping @Sendable (Result<Claim, CommitFailure>) -> Void
  ) {
    self.destination = destination
    self.limit = limit
    self.byteLimit = byteLimit
    self.reply = reply
  }
}

final class RegisterRulesJob: Sendable {
  let text: String
  /// What is kept of the load beside; nil for nothing.
  let load: RulesLoad?
  let reply: @Sendable (Result<Int64, CommitFailure>) -> Void

  init(text: String, load: RulesLoad?, reply: @escaping @Sendable (Result<Int64, CommitFailure>) -> Void) {
    self.text = text
    self.load = load
    self.reply = reply
  }
}

/// What changed rules mean to the queue.
final class UseRulesJob: Sendable {
  let holds: RuleHolds
  let settings: DurableQueue.Settings

  init(holds: RuleHolds, settings: DurableQueue.Settings) {
    self.holds = holds
    self.settings = settings
  }
}
