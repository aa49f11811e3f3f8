/// The members of a JSON object in the order of first appearance. Of duplicate keys the last value wins, in every reader;
/// two spellings of one character (`é` in one scalar or in two) are two keys.
package struct JSONObject: Sendable {
  package struct Member: Sendable, Equatable {
    package let key: String
    package var value: JSON

    package init(key: String, value: JSON) {
      self.key = key
      self.value = value
    }
  }

  package private(set) var members: [Member]

  /// Position by key, kept only for objects too large to search member by member.
  private var positions: [Spelling: Int]?

  private static let searchLimit = 32

  package init() {
    members = []
  }

  /// Takes members as they were read; later ones replace earlier ones of the same key.
  package init(_ read: [Member]) {
    members = read
    if read.count > Self.searchLimit {
      rebuild(from: read)
    } else if Self.hasDuplicates(read) {
      members = []
      for member in read { self[member.key] = member.value }
    }
  }

  package var isEmpty: Bool { members.isEmpty }
  package var count: Int { members.count }

  /// Setting nil removes the member.
  package subscript(key: String) -> JSON? {
    get {
      position(of: key).map { members[$0].value }
    }
    set {
      switch (position(of: key), newValue) {
      case (let position?, let value?):
        members[position].value = value
      case (let position?, nil):
        members.remove(at: position)
        if positions != nil { rebuild(from: members) }
      case (nil, let value?):
        members.append(Member(key: key, value: value))
        if positions != nil {
          positions?[Spelling(text: key)] = members.count - 1
        } else if members.count > Self.searchLimit {
          rebuild(from: members)
        }
      case (nil, nil):
        break
      }
    }
  }

  private func position(of key: String) -> Int? {
    if let positions { return positions[Spelling(text: key)] }
    return members.firstIndex { $0.key.isSpelled(as: key) }
  }

  private mutating func rebuild(from read: [Member]) {
    var table: [Spelling: Int] = [:]
    var kept: [Member] = []
    kept.reserveCapacity(read.count)
    for member in read {
      let key = Spelling(text: member.key)
      if let position = table[key] {
        kept[position].value = member.value
      } else {
        table[key] = kept.count
        kept.append(member)
      }
    }
    members = kept
    positions = kept.count > Self.searchLimit ? table : nil
  }

  private static func hasDuplicates(_ members: [Member]) -> Bool {
    members.indices.contains { position in
      members[..<position].contains { $0.key.isSpelled(as: members[position].key) }
    }
  }
}

extension JSONObject: Equatable {
  /// Order does not count.
  package static func == (left: JSONObject, right: JSONObject) -> Bool {
    left.count == right.count && left.members.allSatisfy { right[$0.key] == $0.value }
  }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  package init(dictionaryLiteral elements: (String, JSON)...) {
    self.init(elements.map { Member(key: $0.0, value: $0.1) })
  }
}
