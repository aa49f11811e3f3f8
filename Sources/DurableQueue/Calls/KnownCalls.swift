import RelayCore
import Synchronization

/// The newest calls by the provider's id, in memory: by it a record of a call is known that does not carry our own, without
/// asking the database on its way in. Bounded: records of older calls are found by `cdrelay calls show` alone.
final class KnownCalls: Sendable {
  /// Calls. About 2 MB.
  static let limit = 10_000

  private struct State {
    var marks: [String: CallMark] = [:]
    /// A ring: the oldest stands at `next` once it is full.
    var names: [String] = []
    var next = 0
  }

  private let state = Mutex(State())
  private let count: Int

  init(limit: Int = KnownCalls.limit) {
    count = limit
  }

  func add(_ requestID: String, _ mark: CallMark) {
    state.withLock { state in
      guard state.marks.updateValue(mark, forKey: requestID) == nil else { return }
      if state.names.count < count {
        state.names.append(requestID)
      } else {
        state.marks[state.names[state.next]] = nil
        state.names[state.next] = requestID
        state.next = (state.next + 1) % count
      }
    }
  }

  func mark(of requestID: String) -> CallMark? {
    state.withLock { $0.marks[requestID] }
  }
}

extension DurableQueue {
  /// The call placed through the relay that a record is of; nil for all others. By our id in its parameters, else by the
  /// provider's; asks no database. A record without a `request_id` is none but where `mayLackID` says that the provider's API
  /// gives none (CHUB-India).
  package func callMark(of record: Record, mayLackID: Bool = false) -> CallMark? {
    let requestID = record.columns.requestID
    guard requestID != nil || mayLackID, record.provider == .telecmi else { return nil }
    return record.reading.look { $0.request } ?? requestID.flatMap(knownCalls.mark)
  }
}
