import RelayCore
import SQLite

/// Calls that clients place. The order can't be mistaken: what is sent needs a permit, a permit an accepted call, and both are
/// made behind the COMMIT that says so.
extension DurableQueue {
  /// Stores a call that a client asks for, or finds that it is known, or that the client may not place another now. The reply
  /// comes on the writer's thread and must not block.
  package func accept(
    _ new: NewCallRequest, reply: @escaping @Sendable (Result<CallAdmission, CommitFailure>) -> Void
  ) {
    let job = CallJob(.accept(new)) { result in
      reply(
        result.flatMap { done in
          if case .admitted(let admission) = done { .success(admission) } else { .failure(.closed) }
        })
    }
    if let refusal = diskPressure ?? mailbox.post(.call(job), bytes: new.request.utf8.count) {
      reply(.failure(refusal))
    }
  }

  /// Marks a call as being sent, and waits for the commit. nil where it is not to be sent any more.
  package func begin(_ call: AcceptedCall) throws(CommitFailure) -> SendingPermit? {
    let answer = Answer<CallDone>()
    guard mailbox.post(.call(CallJob(.begin(call.id)) { answer.give($0) })) else { throw .closed }
    guard case .begun(true) = try answer.wait() else { return nil }
    return SendingPermit(call: call.id)
  }

  /// Writes what became of a call, and waits for the commit. Never lost: kept and tried again while commits fail, which this
  /// does not wait for. Gives the row as it stands then; nil where that is not known.
  package func settle(_ settlement: CallSettlement) -> CallRequestRow? {
    let answer = Answer<CallDone>()
    guard mailbox.post(.call(CallJob(.settle(settlement)) { answer.give($0) })),
      case .settled(let row) = try? answer.wait()
    else { return nil }
    return row
  }

  /// What the provider calls a call, as soon as its answer is read: its records may come before the answer is on disk.
  package func know(_ requestID: String, of call: CallMark) {
    knownCalls.add(requestID, call)
  }
}

extension DurableQueue {
  /// Where a call stands; nil where there is none. The reply comes on the writer's thread and must not block.
  package func find(
    call id: Identifier, reply: @escaping @Sendable (Result<CallRequestRow?, CommitFailure>) -> Void
  ) {
    let job = CallJob(.find(id)) { result in
      reply(result.flatMap { done in if case .settled(let row) = done { .success(row) } else { .failure(.closed) } })
    }
    if let refusal = mailbox.post(.call(job), bytes: 0) { reply(.failure(refusal)) }
  }
}

/// What the writer is asked to do for a call. A class, so that it costs a job no more than a reference.
final class CallJob: Sendable {
  enum Work {
    case accept(NewCallRequest)
    case begin(Identifier)
    case settle(CallSettlement)
    case find(Identifier)
  }

  let work: Work
  let reply: @Sendable (Result<CallDone, CommitFailure>) -> Void

  init(_ work: Work, reply: @escaping @Sendable (Result<CallDone, CommitFailure>) -> Void) {
    self.work = work
    self.reply = reply
  }

  /// What came back must be written all the same.
  var isKept: Bool { if case .settle = work { true } else { false } }
}

enum CallDone: Sendable {
  case admitted(CallAdmission)
  case begun(Bool)
  case settled(CallRequestRow?)
}

extension CallRequests {
  func perform(
    _ work: CallJob.Work, at now: Instant, ids: inout IdentifierGenerator
  ) throws(DatabaseError) -> CallDone {
    switch work {
    case .accept(let new): .admitted(try accept(new, at: now, ids: &ids))
    case .begin(let call): .begun(try begin(call, at: now))
    case .settle(let settlement): .settled(try settle(settlement, at: now))
    case .find(let call): .settled(try row(call))
    }
  }
}
