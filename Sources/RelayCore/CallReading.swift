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
  package let id: String?
  package let conversationID: String?
  package let requestID: String?
  package let from: String?
  package let to: String?

  package init(id: String?, conversationID: String?, requestID: String?, from: String?, to: String?) {
    self.id = id
    self.conversationID = conversationID
    self.requestID = requestID
    self.from = from
    self.to = to
  }
}

extension Call {
  package var columns: CallColumns {
    CallColumns(id: id, conversationID: conversationID, requestID: requestID, from: from, to: to)
  }
}
