import Synchronization

/// What other threads may look at without asking the writer.
final class QueueView: Sendable {
  struct State {
    var holds: [String: HoldState]
    var isWritable = true
    var pressure: Pressure?
    /// As of the last look.
    var room = Room()
  }

  let state: Mutex<State>
  /// Whether there is a pressure in the state: asked for each request, without the lock.
  let isPressed = Atomic<Bool>(false)
  /// When the commit under way began, in nanoseconds of CLOCK_MONOTONIC; 0 for none.
  let commitBegan = Atomic<UInt64>(0)

  init(holds: [String: HoldState]) {
    state = Mutex(State(holds: holds))
  }

  func set(room: Room, pressure: Pressure?) {
    state.withLock { state in
      state.room = room
      state.pressure = pressure
    }
    isPressed.store(pressure != nil, ordering: .relaxed)
  }
}
