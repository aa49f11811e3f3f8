import DurableQueue

/// Deliveries in memory that wait their turn: first in, first out.
struct DeliveryLine {
  private var deliveries: [DueDelivery] = []
  /// Those before it have gone.
  private var head = 0
  /// Bytes of the bodies.
  private(set) var bytes = 0

  var count: Int { deliveries.count - head }
  var isEmpty: Bool { head == deliveries.count }

  mutating func append(_ delivery: DueDelivery) {
    deliveries.append(delivery)
    bytes += delivery.raw.body.count
  }

  mutating func popFirst() -> DueDelivery? {
    guard head < deliveries.count else { return nil }
    let delivery = deliveries[head]
    head += 1
    bytes -= delivery.raw.body.count
    // Moving the rest costs as much as what was taken since, so every delivery is moved once at most.
    if head >= 64, head * 2 >= deliveries.count {
      deliveries.removeFirst(head)
      head = 0
    }
    return delivery
  }

  mutating func popAll() -> [DueDelivery] {
    defer { self = DeliveryLine() }
    return Array(deliveries[head...])
  }
}
