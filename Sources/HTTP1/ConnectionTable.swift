/// The connections of one loop, by an identity that is never given twice: an answer for a connection that is gone finds
/// nothing, even where its socket's number is in use again.
struct ConnectionTable {
  /// Slot in the low half, the number of its earlier users in the high half. Fits the user data of an epoll event.
  struct Identity: Sendable, Equatable {
    let raw: UInt64

    var slot: Int { Int(raw & 0xFFFF_FFFF) }
  }

  private var slots: [Connection?] = []
  private var generations: [UInt32] = []
  private var free: [Int] = []
  private(set) var count = 0
  /// Where the last look for `longestWaiting` ended.
  private var hand = 0

  /// Where the next connection goes. Stays the same until `insert`.
  func nextIdentity() -> Identity {
    let slot = free.last ?? slots.count
    let generation = slot < generations.count ? generations[slot] : 0
    return Identity(raw: UInt64(generation) << 32 | UInt64(slot))
  }

  /// The connection's identity is that of `nextIdentity`.
  mutating func insert(_ connection: Connection) {
    if free.popLast() == nil {
      slots.append(connection)
      generations.append(0)
    } else {
      slots[connection.identity.slot] = connection
    }
    count += 1
  }

  mutating func remove(_ connection: Connection) {
    let slot = connection.identity.slot
    slots[slot] = nil
    generations[slot] &+= 1
    free.append(slot)
    count -= 1
  }

  subscript(identity: Identity) -> Connection? {
    guard identity.slot < slots.count, let connection = slots[identity.slot], connection.identity == identity else {
      return nil
    }
    return connection
  }

  var all: [Connection] { slots.compactMap(\.self) }

  subscript(slot slot: Int) -> Connection? { slots[slot] }

  /// Of the next so many slots, the connection that has waited longest for its peer: near enough to the longest of all,
  /// for a cost that does not grow with the table.
  /// `network`: only of this one.
  mutating func longestWaiting(ofNext count: Int, network: UInt64? = nil) -> Connection? {
    var found: Connection?
    for _ in 0..<min(count, slots.count) {
      hand = hand + 1 < slots.count ? hand + 1 : 0
      guard let connection = slots[hand], connection.state.waitsForPeer,
        network == nil || connection.network == network
      else { continue }
      if connection.state.waitingSince < found?.state.waitingSince ?? .max { found = connection }
    }
    return found
  }
}
