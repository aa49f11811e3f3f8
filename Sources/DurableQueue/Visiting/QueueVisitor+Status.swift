import RelayCore
import SQLite

/// How the queue stands.
package struct QueueStatus: Sendable, Equatable {
  package var waiting = 0
  package var sending = 0
  package var delivered = 0
  package var dead = 0
  /// Records that no rule matched.
  package var unrouted = 0
  /// Requests kept in quarantine.
  package var quarantined = 0
  /// Requests without a valid credential that are kept, neither replayed nor discarded, by source.
  package var refused: [RefusedStatus] = []
  /// Since when the delivery that waits longest does: its arrival, or its last replay.
  package var oldestWaitingSince: Instant?
  /// The database and its disk, measured now.
  package var room = Room()
  /// Why a relay refuses records now.
  package var pressure: Pressure?
  /// By name.
  package var sources: [SourceStatus] = []
  package var destinations: [DestinationStatus] = []

  package init() {}
}

/// What a source keeps of requests that it refused.
package struct RefusedStatus: Sendable, Equatable {
  package let source: String
  package let count: Int
  /// When the first of them came.
  package let since: Instant
}

package struct SourceStatus: Sendable, Equatable {
  package let name: String
  package var lastRecordAt: Instant?
  /// Since the start of the day asked for.
  package var accepted = 0
  package var duplicate = 0
  package var refused = 0
  package var quarantined = 0

  package init(name: String) {
    self.name = name
  }
}

package struct DestinationStatus: Sendable, Equatable {
  package let name: String
  package var waiting = 0
  package var sending = 0
  package var dead = 0
  /// Since when the delivery that waits longest does: its arrival, or its last replay.
  package var oldestWaitingSince: Instant?
  package var hold = HoldState()
  /// The rule file does not name it.
  package var isOrphaned = false

  package init(name: String) {
    self.name = name
  }
}

extension QueueVisitor {
  /// `dayStart`: when today began where the person is. Hours are counted as UTC has them, so a zone that is half an hour
  /// off counts today from the hour before. `limits`: those of the rule file.
  package func status(dayStart: Instant, limits: QueueLimits = QueueLimits()) throws -> QueueStatus {
    var status = QueueStatus()
    status.destinations = try destinations()
    status.sources = try sources(dayStart: dayStart)
    status.waiting = status.destinations.reduce(0) { $0 + $1.waiting }
    status.sending = status.destinations.reduce(0) { $0 + $1.sending }
    status.dead = status.destinations.reduce(0) { $0 + $1.dead }
    status.delivered = try count("delivery WHERE state = 'delivered'")
    status.unrouted = try count("record WHERE unrouted = 1")
    status.quarantined = try count("quarantine WHERE state = 'kept'")
    status.refused = try refusedStatus()
    status.room = try room(limits)
    var gauge = PressureGauge(limits: limits)
    gauge.read(status.room)
    status.pressure = gauge.pressure
    status.oldestWaitingSince = status.destinations.compactMap(\.oldestWaitingSince).min()
    return status
  }

  /// Destinations that have something to say: deliveries not ended well, or a hold now or earlier. By name.
  package func destinations() throws -> [DestinationStatus] {
    var found: [String: DestinationStatus] = [:]
    for (name, hold) in try holds() {
      found[name] = DestinationStatus(name: name)
      found[name]?.hold = hold
    }
    let counts: [(DeliveryState, WritableKeyPath<DestinationStatus, Int>)] = [
      (.waiting, \.waiting), (.sending, \.sending), (.dead, \.dead),
    ]
    for (state, field) in counts {
      let query = Query(
        "SELECT destination, count(*) FROM delivery WHERE state = '\(state.rawValue)' GROUP BY destination")
      for (name, count) in try rows(query, { ($0.text(0), Int($0.integer(1))) }) {
        found[name, default: DestinationStatus(name: name)][keyPath: field] = count
      }
    }
    let oldest = Query(
      "SELECT destination, min(clock_started_at_ms) FROM delivery WHERE state = 'waiting' GROUP BY destination")
    for (name, since) in try rows(oldest, { ($0.text(0), $0.instant(1)) }) {
      found[name]?.oldestWaitingSince = since
    }
    return found.values.sorted { $0.name < $1.name }
  }

  func refusedStatus() throws -> [RefusedStatus] {
    let query = Query(
      "SELECT source, count(*), min(received_at_ms) FROM refused WHERE state = 'kept' GROUP BY source ORDER BY source")
    return try rows(query) { row in
      RefusedStatus(source: row.text(0), count: Int(row.integer(1)), since: Instant(milliseconds: row.integer(2)))
    }
  }

  /// Whether `destinations` has it: a few looks into indexes, however many deliveries wait.
  package func knows(destination name: String) throws -> Bool {
    if try holds()[name] != nil { return true }
    let states: [DeliveryState] = [.waiting, .sending, .dead]
    let looks = states.map {
      "EXISTS (SELECT 1 FROM delivery WHERE state = '\($0.rawValue)' AND destination = ?1)"
    }
    return try first(Query("SELECT \(looks.joined(separator: " OR "))", [.text(name)])) { $0.integer(0) == 1 } ?? false
  }

  private func sources(dayStart: Instant) throws -> [SourceStatus] {
    let hour: Int64 = 3_600_000
    let firstHour = dayStart.milliseconds.flooredDivision(by: hour).quotient * hour
    let query = Query(
      """
      SELECT source, max(last_record_at_ms),
        coalesce(sum(accepted) FILTER (WHERE hour_at_ms >= ?1), 0), coalesce(sum(duplicate) FILTER (WHERE hour_at_ms >= ?1), 0),
        coalesce(sum(refused) FILTER (WHERE hour_at_ms >= ?1), 0), coalesce(sum(quarantined) FILTER (WHERE hour_at_ms >= ?1), 0)
      FROM source_hour GROUP BY source ORDER BY source
      """, [.integer(firstHour)])
    return try rows(query) { row in
      var source = SourceStatus(name: row.text(0))
      source.lastRecordAt = row.instant(1)
      source.accepted = Int(row.integer(2))
      source.duplicate = Int(row.integer(3))
      source.refused = Int(row.integer(4))
      source.quarantined = Int(row.integer(5))
      return source
    }
  }

  /// Measured now.
  package func room(_ limits: QueueLimits) throws -> Room {
    try naming {
      try RoomMeter(
        connection: connection, path: path, reserveBytes: limits.reserveBytes, freeBytes: freeBytes
      ).measure()
    }
  }

  private func count(_ what: String) throws -> Int {
    try first(Query("SELECT count(*) FROM \(what)")) { Int($0.integer(0)) } ?? 0
  }
}
