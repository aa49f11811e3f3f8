/// What was measured of the queue and its disk.
package struct Room: Sendable, Equatable {
  /// Deliveries waiting or being sent.
  package var unsettled: Int64 = 0
  /// The database and its log, without the free pages inside.
  package var databaseBytes: Int64 = 0
  /// Of the file system, for this user.
  package var freeBytes: Int64 = .max
  /// False where the reserve file is not there, or not whole.
  package var hasReserve = true

  package init() {}
}

/// Decides which limit is passed. What has passed one counts as past it until it is an eighth inside again, so that
/// answers do not change with each record.
package struct PressureGauge: Sendable {
  var limits: QueueLimits
  private var passed: Set<Pressure.Limit> = []
  package private(set) var pressure: Pressure?

  package init(limits: QueueLimits) {
    self.limits = limits
  }

  package mutating func read(_ room: Room) {
    let missingReserve = limits.reserveBytes > 0 && !room.hasReserve
    set(.reserve, missingReserve, found: room.freeBytes, allowed: limits.reserveBytes)
    let leastFree = limits.minFreeBytes + (passed.contains(.freeBytes) ? limits.minFreeBytes / 8 : 0)
    set(.freeBytes, room.freeBytes < leastFree, found: room.freeBytes, allowed: limits.minFreeBytes)
    let measured = [
      (Pressure.Limit.databaseBytes, room.databaseBytes, limits.maxDatabaseBytes),
      (.deliveries, room.unsettled, limits.maxUnsettledDeliveries),
    ]
    for (limit, found, allowed) in measured {
      set(limit, found >= allowed - (passed.contains(limit) ? allowed / 8 : 0), found: found, allowed: allowed)
    }
    if passed.isEmpty { pressure = nil }
  }

  /// Whether the reserve can be made (again) without passing another limit.
  package func hasRoomForReserve(_ room: Room) -> Bool {
    let needed = limits.reserveBytes + limits.minFreeBytes
    return limits.reserveBytes > 0 && room.freeBytes >= needed + needed / 8
  }

  /// Whether the reserve is to be given up: what else is free is less than it holds.
  package func needsReserve(_ room: Room) -> Bool {
    limits.reserveBytes > 0 && room.hasReserve && room.freeBytes < limits.reserveBytes
  }

  /// The first in order that is passed is told, with what was found at first.
  private mutating func set(_ limit: Pressure.Limit, _ isPassed: Bool, found: Int64, allowed: Int64) {
    if isPassed { passed.insert(limit) } else { passed.remove(limit) }
    let first = Pressure.Limit.allCases.first(where: passed.contains)
    if first == limit, pressure?.limit != limit { pressure = Pressure(limit, found: found, allowed: allowed) }
  }
}
