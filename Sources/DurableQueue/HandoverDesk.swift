import RelayCore

/// What the writer knows of each destination while it admits, and what the deliveries of one transaction came to. A value:
/// a transaction works on a copy, which counts only once it is committed.
package struct HandoverDesk {
  struct Destination {
    /// Fresh deliveries that the taker has room for.
    var room = 0
    var hold = HoldState()
    /// Got deliveries in this transaction that wait on disk.
    var isDue = false
  }

  private(set) var destinations: [String: Destination] = [:]
  /// Inserted as `sending`, for the taker.
  private(set) var taken: [DueDelivery] = []
  /// Deliveries made in this transaction, wherever they wait.
  private(set) var placed = 0
  private let bodyLimit: Int

  /// Without room, as for a visiting command, every delivery waits on disk. `bodyLimit`: bytes above which one always does.
  package init(holds: [String: HoldState], bodyLimit: Int = 0) {
    self.bodyLimit = bodyLimit
    setHolds(holds)
  }

  mutating func setHolds(_ holds: [String: HoldState]) {
    for name in destinations.keys where holds[name] == nil { destinations[name]?.hold = HoldState() }
    for (name, state) in holds { destinations[name, default: Destination()].hold = state }
  }

  /// Negative takes room back, down to none.
  mutating func grant(_ room: Int, to destination: String) {
    destinations[destination, default: Destination()].room =
      max(0, (destinations[destination]?.room ?? 0) + room)
  }

  /// Whether a fresh delivery is handed over in memory, which takes its room; and how long its destination was held so far.
  /// One that waits behind another neither is nor becomes due. `isHandedOver`: false where it is to be claimed in any case.
  mutating func place(
    _ destination: String, bodyBytes: Int, isBehind: Bool = false, isHandedOver: Bool = true, at now: Instant
  ) -> (isTaken: Bool, heldBefore: Int64) {
    placed += 1
    return { (place: inout Destination) in
      let isTaken = isHandedOver && !isBehind && place.room > 0 && !place.hold.isHeld && bodyBytes <= bodyLimit
      if isTaken { place.room -= 1 } else if !isBehind { place.isDue = true }
      return (isTaken, place.hold.held(at: now))
    }(&destinations[destination, default: Destination()])
  }

  /// Something on disk became due there.
  mutating func becameDue(_ destination: String) {
    destinations[destination, default: Destination()].isDue = true
  }

  mutating func hand(_ delivery: DueDelivery) {
    taken.append(delivery)
  }

  /// What the taker must hear of this transaction; the desk is ready for the next.
  mutating func clear() -> (taken: [DueDelivery], due: Set<String>) {
    var due: Set<String> = []
    for (name, destination) in destinations where destination.isDue {
      due.insert(name)
      destinations[name]?.isDue = false
    }
    defer {
      taken = []
      placed = 0
    }
    return (taken, due)
  }
}
