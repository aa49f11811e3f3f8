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
  /// Keeps the action; the count of what it changed grows in the same transactions as the changes.
  func begin(_ action: Action) throws -> Int64 {
    try run(
      Query(
        "INSERT INTO action (at_ms, user, command, count, reason) VALUES (?, ?, ?, 0, ?)",
        [.instant(action.at), .text(action.user), .text(action.command), .text(action.reason)]))
    return try first(Query("SELECT last_insert_rowid()")) { $0.integer(0) } ?? 0
  }

  func add(_ count: Int, to action: Int64) throws {
    try run(Query("UPDATE action SET count = count + ? WHERE id = ?", [.integer(Int64(count)), .integer(action)]))
  }
}
