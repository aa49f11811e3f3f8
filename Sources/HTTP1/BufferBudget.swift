/// The bytes in the buffers of a loop's connections: requests on their way in and in the handler, answers on their way out.
///
/// Large bodies may fill three quarters; the last quarter is left to heads and small bodies, so that a few large ones
/// never starve many honest senders. A body counts by what has come of it, not by what it promises: promising costs
/// nothing, and would be a cheap way to keep others out.
struct BufferBudget {
  let limit: Int
  private(set) var used = 0

  init(limit: Int) {
    self.limit = limit
  }

  /// Only connections that can be given up are left to bring this back in order.
  var isExceeded: Bool { used > limit }

  mutating func change(by bytes: Int) {
    used += bytes
  }

  /// Whether a large body may go on: when it begins, if what is still to come would fit now; later, while there is room.
  func hasRoom(for body: LargeBody) -> Bool {
    used + (body.isBeginning ? body.expected : 0) <= limit / 4 * 3
  }
}

/// A body on its way that is larger than a record usually is.
struct LargeBody: Equatable {
  /// True until it was once allowed to go on.
  let isBeginning: Bool
  /// Bytes still to come; 0 for a chunked one, which does not say.
  let expected: Int
}
