/// Why records are refused for now, all with 503. Settling, deleting, replaying and sending go on meanwhile.
package struct Pressure: Sendable, Equatable {
  /// What is short, by the name of its setting in `relay.queue`; in the order in which it is told.
  package enum Limit: String, Sendable, CaseIterable {
    /// The reserve file was given up, and there is no room yet to make it again.
    case reserve = "reserve_bytes"
    case freeBytes = "min_free_bytes"
    case databaseBytes = "max_database_bytes"
    case deliveries = "max_unsettled_deliveries"
    /// As many requests wait for the writer as may.
    case requests = "max_waiting_requests"
  }

  package let limit: Limit
  /// What was found when records began to be refused, and the limit: rows or bytes.
  package let found: Int64
  package let allowed: Int64

  package init(_ limit: Limit, found: Int64, allowed: Int64) {
    self.limit = limit
    self.found = found
    self.allowed = allowed
  }

  /// The setting's whole name.
  package var setting: String { "relay.queue.\(limit.rawValue)" }

  /// What is wrong, with the setting.
  package var reason: String {
    switch limit {
    case .reserve:
      "the relay's disk was full and its reserve of \(DiskSpace.words(allowed)) was given up (\(setting)); "
        + "\(DiskSpace.words(found)) are free"
    case .freeBytes:
      "\(DiskSpace.words(found)) are free on the relay's disk, below \(DiskSpace.words(allowed)) (\(setting))"
    case .databaseBytes:
      "the relay's database has \(DiskSpace.words(found)), the limit is \(DiskSpace.words(allowed)) (\(setting))"
    case .deliveries: "\(found) deliveries are not settled, the limit is \(allowed) (\(setting))"
    case .requests: "more comes in than the relay can store at once (\(setting), relay.queue.max_waiting_request_bytes)"
    }
  }

  /// What an admin does about it.
  package var mending: String {
    switch limit {
    case .reserve, .freeBytes: "make room on the disk of the database; records are taken again within a second or two"
    case .databaseBytes: "delete old records, or raise \(setting)"
    case .deliveries: "see to the destinations that deliveries wait for, cancel what is not wanted, or raise \(setting)"
    case .requests: "nothing, unless it stays so"
    }
  }

  /// Seconds after which sending it again makes sense.
  package var retryAfterSeconds: Int {
    switch limit {
    case .requests: 1
    case .reserve, .freeBytes: 30
    case .databaseBytes, .deliveries: 60
    }
  }
}
