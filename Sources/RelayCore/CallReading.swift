import Synchronization

/// The call of a record, read when somebody first asks for it: a record whose rules do not look at its call needs none on
/// its way into the queue.
package final class CallReading: Sendable {
  private let read: @Sendable () -> Call
  private let known: Mutex<Call?>

  package init(_ read: @escaping @Sendable () -> Call) {
    self.read = read
    known = Mutex(nil)
  }

  /// One that is known already.
  package convenience init(_ call: Call) {
    self.init { call }
  }

  /// Looks at the call where it is kept: a copy of it costs as much as a dozen such looks.
  package func look<Result: Sendable>(_ look: (Call) -> Result) -> Result {
    known.withLock { known in
      if let call = known { return look(call) }
      let call = read()
      known = call
      return look(call)
    }
  }
}

/// What of a call stands in columns of its own.
package struct CallColumns: Sendable, Equatable {
  package var id: String?
  package var conversationID: String?
  package var requestID: String?
  package var from: String?
  package var to: String?

  package init() {}
}

extension Call {
  package var columns: CallColumns {
    var columns = CallColumns()
    columns.id = id
    columns.conversationID = conversationID
    columns.requestID = requestID
    columns.from = from
    columns.to = to
    return columns
  }
}
