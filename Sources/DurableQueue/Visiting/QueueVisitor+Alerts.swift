import RelayCore
import SQLite

/// A condition that was told and has not been told to be over.
package struct ToldAlert: Sendable, Equatable {
  /// Tells two conditions apart: `destination_held crm breaker`.
  package let condition: String
  package let kind: String
  package let destination: String?
  package let source: String?
  /// As it was told.
  package let text: String
  /// Of what is counted: the count that was told.
  package let level: Int?
  package let beganAt: Instant
  package let toldAt: Instant

  package init(
    condition: String, kind: String, destination: String?, source: String?, text: String, level: Int?,
    beganAt: Instant, toldAt: Instant
  ) {
    self.condition = condition
    self.kind = kind
    self.destination = destination
    self.source = source
    self.text = text
    self.level = level
    self.beganAt = beganAt
    self.toldAt = toldAt
  }
}

extension QueueVisitor {
  package func toldAlerts() throws -> [ToldAlert] {
    let query = Query(
      "SELECT condition, kind, destination, source, text, level, began_at_ms, told_at_ms FROM alert ORDER BY condition")
    return try rows(query, isKept: true) { row in
      ToldAlert(
        condition: row.text(0), kind: row.text(1), destination: row.optionalText(2), source: row.optionalText(3),
        text: row.text(4), level: row.optionalInteger(5).map(Int.init), beganAt: Instant(milliseconds: row.integer(6)),
        toldAt: Instant(milliseconds: row.integer(7)))
    }
  }

  /// Afterwards exactly these are told.
  package func keep(_ alerts: [ToldAlert]) throws {
    try transaction {
      try run(Query("DELETE FROM alert"))
      for alert in alerts {
        try run(
          Query(
            "INSERT INTO alert VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
              .text(alert.condition), .text(alert.kind), .text(alert.destination), .text(alert.source),
              .text(alert.text), alert.level.map { .integer(Int64($0)) } ?? .null, .instant(alert.beganAt),
              .instant(alert.toldAt),
            ]))
      }
    }
  }
}
