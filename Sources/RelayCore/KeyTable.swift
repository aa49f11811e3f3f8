/// Names of members that are looked for together, each with a number below 64. It is asked for every member of every
/// record, so it hashes a few words instead of whole texts.
package struct KeyTable: Sendable {
  private struct Entry {
    let key: ShortKey
    let number: Int
  }

  /// As many as `ShortKey.place` tells apart, and at least twice as many as names: a free one ends every search.
  private var entries = [Entry?](repeating: nil, count: 256)

  package init(_ names: [(name: String, number: Int)]) {
    precondition(names.count <= entries.count / 2)
    for (name, number) in names {
      let bytes = Array(name.utf8)
      guard let key = bytes.withUnsafeBufferPointer({ ShortKey($0, at: 0, count: $0.count) }), (0..<64) ~= number else {
        preconditionFailure("\(name) has more than \(ShortKey.limit) bytes, or a number beyond 63")
      }
      var place = key.place
      while entries[place] != nil { place = (place + 1) & 255 }
      entries[place] = Entry(key: key, number: number)
    }
  }

  @inline(__always)
  fileprivate subscript(key: ShortKey) -> Int? {
    var place = key.place
    while let entry = entries[place] {
      if entry.key == key { return entry.number }
      place = (place + 1) & 255
    }
    return nil
  }
}

/// Where in a document the members of an object stand that a table names. A class, since its table is dear to copy.
package final class KnownPlaces: Sendable {
  /// By the number of each name; zero for none: there the document itself begins.
  private let places: InlineArray<64, UInt32>
  /// A bit for each number.
  package let present: UInt64

  /// Of duplicates the last counts. A member that is null counts as missing.
  package init(of table: KeyTable, in object: JSONView) {
    var places = InlineArray<64, UInt32>(repeating: 0)
    var present: UInt64 = 0
    object.document.withStorage { storage in
      storage.forEachMember(of: object.index) { key in
        guard let short = storage.shortKey(key), let number = table[short] else { return }
        let isNull = storage.nodes[key + 1].kind == .null
        places[number] = isNull ? 0 : UInt32(truncatingIfNeeded: key + 1)
        present = isNull ? present & ~(1 << UInt64(number)) : present | 1 << UInt64(number)
      }
    }
    self.places = places
    self.present = present
  }

  /// nil where the member is missing or null.
  package subscript(number: Int) -> Int? {
    let place = Int(places[number])
    return place == 0 ? nil : place
  }
}
