import RelayCore

/// A record that is stored, as far as its columns tell.
struct StoredLeg {
  let row: RecordRow
  /// Its own, with which its key begins.
  let time: Instant

  var id: Int64 { row.id.number }
  var origin: FetchedMark.Origin? { FetchedMark.Origin(credential: row.credential) }

  var ids: [String] {
    [row.callID, row.conversationID, row.requestID].compactMap { $0 }.filter {
      !$0.isEmpty && !$0.hasPrefix(FetchedMark.idPrefix)
    }
  }
}

/// The records of a span of time, those that share an id taken for one call. Only records made after the call: of a call of
/// which nothing but live events came, the record is missing.
final class StoredCalls {
  /// Sorted by their own time.
  let legs: [StoredLeg]
  /// By place among the legs: the place of the first of the same call.
  private var parents: [Int]
  private var placesByID: [String: Int] = [:]
  private var members: [Int: [Int]] = [:]
  private var facts: [Int: CallFacts] = [:]
  private let read: (Identifier) throws -> Record?

  /// `read`: a record whole; nil where its body is gone or can't be read any more.
  init(_ legs: [StoredLeg], read: @escaping (Identifier) throws -> Record?) {
    self.legs = legs.sorted { ($0.time, $0.id) < ($1.time, $1.id) }
    self.read = read
    parents = Array(self.legs.indices)
    for (place, leg) in self.legs.enumerated() {
      for id in leg.ids {
        if let other = placesByID[id] { join(place, other) } else { placesByID[id] = place }
      }
    }
    for place in self.legs.indices { members[root(place), default: []].append(place) }
  }

  private func root(_ place: Int) -> Int {
    var place = place
    while parents[place] != place {
      parents[place] = parents[parents[place]]
      place = parents[place]
    }
    return place
  }

  private func join(_ left: Int, _ right: Int) {
    let (left, right) = (root(left), root(right))
    parents[max(left, right)] = min(left, right)
  }

  /// The call of a leg.
  func call(of place: Int) -> Int { root(place) }

  /// The legs of a call.
  func legs(of call: Int) -> [Int] { members[call] ?? [] }

  func ids(of call: Int) -> [Int64] { legs(of: call).map { legs[$0].id } }

  /// The call that has one of these ids.
  func call(named ids: [String]) -> Int? {
    ids.lazy.compactMap { self.placesByID[$0] }.first.map(root)
  }

  func facts(of place: Int) throws -> CallFacts {
    if let known = facts[place] { return known }
    let leg = legs[place]
    let found = try read(leg.row.id).map { CallFacts($0) } ?? CallFacts(leg.row, time: leg.time)
    facts[place] = found
    return found
  }

  /// Legs whose own time is not further from one of these moments than `tolerance`.
  func legs(near moments: [Instant], within tolerance: Int64) -> [Int] {
    var found: [Int] = []
    for moment in moments {
      var place = firstLeg(from: moment + -tolerance)
      while place < legs.count, legs[place].time <= moment + tolerance {
        if !found.contains(place) { found.append(place) }
        place += 1
      }
    }
    return found
  }

  private func firstLeg(from time: Instant) -> Int {
    var (low, high) = (0, legs.count)
    while low < high {
      let middle = (low + high) / 2
      if legs[middle].time < time { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
