import RelayCore

/// What a person does, as its row in `action` keeps it.
package struct Action: Sendable, Equatable {
  package let at: Instant
  /// The Unix user.
  package let user: String
  /// As typed, without the program's name.
  package let command: String
  package let reason: String?

  package init(at: Instant, user: String, command: String, reason: String? = nil) {
    self.at = at
    self.user = user
    self.command = command
    self.reason = reason
  }
}

extension QueueVisitor {
  /// Keeps that a person did something that changes nothing here.
  package func note(_ action: Action) throws {
    try transaction {
      var running = RunningAction(action)
      try running.add(1, on: self)
    }
  }
}

/// An action under way: its row is made with the first thing it changes, and its count grows in the same transactions as
/// the changes, so that it is right also where the command was stopped in the middle.
package struct RunningAction {
  private var action: Action
  private var row: Int64?

  package init(_ action: Action) {
    self.action = action
  }

  /// Why, where the person gave no reason.
  mutating func explain(_ reason: String) {
    guard action.reason == nil else { return }
    action = Action(at: action.at, user: action.user, command: action.command, reason: reason)
  }

  /// Inside a transaction of the caller's.
  mutating func add(_ count: Int, on visitor: QueueVisitor) throws {
    guard count > 0 else { return }
    if let row {
      try visitor.run(
        Query("UPDATE action SET count = count + ? WHERE id = ?", [.integer(Int64(count)), .integer(row)]))
    } else {
      try visitor.run(
        Query(
          "INSERT INTO action (done_at_ms, user, command, count, reason) VALUES (?, ?, ?, ?, ?)",
          [
            .instant(action.at), .text(action.user), .text(action.command), .integer(Int64(count)),
            .text(action.reason),
          ]))
      row = try visitor.first(Query("SELECT last_insert_rowid()")) { $0.integer(0) }
    }
  }
}
