import Dispatch
import RelayCore
import Synchronization

import class Foundation.Thread

/// Calls that wait to be sent, and the few threads that send them: each call blocks one while the provider thinks. Bounded, so
/// that nobody waits behind a flood.
///
/// `Thread`s of Foundation: their stack is released when they end, which they do at `stop`.
final class CallLine: Sendable {
  /// Calls that wait or are being sent.
  static let most = 64
  /// Calls that are being sent at the same time.
  static let threads = 4
  /// Milliseconds: who clicked does not want to be called back later than that.
  static let patience: Int64 = 10_000

  private struct State {
    var waiting: [CallTurn] = []
    var reserved = 0
    var isClosed = false
  }

  private let state = Mutex(State())
  private let filled = DispatchSemaphore(value: 0)
  private let ended = DispatchGroup()
  private let isWanted = Atomic<Bool>(true)
  private let placing: CallPlacing
  private let counts: CallCounts
  private let time: any TimeSource

  init(placing: CallPlacing, counts: CallCounts, time: any TimeSource) {
    self.placing = placing
    self.counts = counts
    self.time = time
  }

  func start() {
    for number in 1...Self.threads {
      ended.enter()
      let thread = Thread { [self] in
        while let turn = next() { carryOut(turn) }
        ended.leave()
      }
      thread.name = "call \(number)"
      thread.start()
    }
  }

  /// A place, before the call is stored. False where there is none.
  func reserve() -> Bool {
    state.withLock { state in
      guard !state.isClosed, state.reserved < Self.most else { return false }
      state.reserved += 1
      return true
    }
  }

  func release() {
    state.withLock { $0.reserved -= 1 }
  }

  /// In a place that was reserved.
  func add(_ turn: CallTurn) {
    state.withLock { $0.waiting.append(turn) }
    filled.signal()
  }

  var underWay: Int { state.withLock { $0.reserved } }

  /// Before the queue is closed: what becomes of each call is written.
  func stop(within duration: Duration) {
    state.withLock { $0.isClosed = true }
    for _ in 0..<Self.threads { filled.signal() }
    let milliseconds = Int(duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000)
    if ended.wait(timeout: .now() + .milliseconds(milliseconds)) == .timedOut {
      isWanted.store(false, ordering: .relaxed)
      ended.wait()
    }
    refuseLatecomers()
  }

  /// Those that had a place and were still on their way to disk when the threads ended.
  private func refuseLatecomers() {
    // A second: what takes longer is refused by the next start.
    for _ in 0..<100 {
      while let turn = take() { carryOut(turn) }
      if underWay == 0 { return }
      _ = filled.wait(timeout: .now() + .milliseconds(10))
    }
  }

  private func take() -> CallTurn? {
    state.withLock { $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() }
  }

  /// nil once the line is closed and empty.
  private func next() -> CallTurn? {
    while true {
      filled.wait()
      if let turn = take() { return turn }
      if state.withLock({ $0.isClosed && $0.waiting.isEmpty }) { return nil }
    }
  }

  private func carryOut(_ turn: CallTurn) {
    let isClosed = state.withLock { $0.isClosed }
    let waited = time.now() - turn.receivedAt
    let answer =
      if isClosed {
        placing.giveUp(turn, .stopped("the relay stopped before it was sent"))
      } else if waited > Self.patience {
        placing.giveUp(turn, .unsent("it waited \(waited / 1000) s behind other calls"))
      } else {
        placing.place(turn) { [self] in isWanted.load(ordering: .relaxed) }
      }
    release()
    let outcome: CallCounts.Outcome =
      switch answer.state {
      case .placed: .placed
      case .unknown: .unknown
      case .accepted, .sending, .refused: .refused
      }
    counts.count(outcome, turn.source, turn.client)
    turn.answer(answer.response())
  }
}
