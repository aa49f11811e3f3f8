extension JSONView {
  /// One spelling for each value as sent, nothing in it opened: of duplicate keys the last, keys sorted by their bytes,
  /// numbers in canonical text, only what must be escaped is. What content hashes are taken of. `keys`: members of an
  /// object that are left out, not those of objects inside it; other values are written whole.
  package func withCanonicalBytes<Result>(
    without keys: [JSONKey] = [], _ body: (UnsafeBufferPointer<UInt8>) -> Result
  ) -> Result {
    document.withStorage { storage in
      var writer = CanonicalWriter(storage: storage)
      writer.write(index, without: keys)
      return body(writer.out.bytes)
    }
  }
}

private struct CanonicalWriter: ~Copyable {
  private let storage: JSONStorage
  var out: ByteBuffer

  init(storage: JSONStorage) {
    self.storage = storage
    out = ByteBuffer(capacity: storage.bytes.count)
  }

  mutating func write(_ index: Int, without keys: [JSONKey] = []) {
    let node = storage.nodes[index]
    switch node.kind {
    case .string: writeString(index)
    case .number where node.isCanonical: out.append(contentsOf: storage.written(index))
    case .number: out.append(JSONNumber(written: storage.written(index)).canonicalText)
    case .null: out.append("null")
    case .true: out.append("true")
    case .false: out.append("false")
    case .array: writeArray(index)
    case .object: writeObject(index, without: keys)
    }
  }

  @inline(__always)
  private mutating func writeString(_ index: Int) {
    guard storage.nodes[index].isCanonical else {
      return JSONText.withUnescaped(storage.written(index), keepsHalves: true) { JSON.write(quoted: $0, to: &out) }
    }
    let node = storage.nodes[index]
    let (start, end) = (Int(node.start), Int(node.end))
    if start > 0, storage.bytes[start - 1] == UInt8(ascii: "\"") {
      return out.append(contentsOf: UnsafeBufferPointer(rebasing: storage.bytes[start - 1..<end + 1]))
    }
    // Digits that are read as text.
    out.append(UInt8(ascii: "\""))
    out.append(contentsOf: storage.written(index))
    out.append(UInt8(ascii: "\""))
  }

  private mutating func writeArray(_ array: Int) {
    out.append(UInt8(ascii: "["))
    storage.forEachElement(of: array) { element in
      if element > array + 1 { out.append(UInt8(ascii: ",")) }
      write(element)
    }
    out.append(UInt8(ascii: "]"))
  }

  private mutating func writeObject(_ object: Int, without keys: [JSONKey]) {
    out.append(UInt8(ascii: "{"))
    // Each member has two nodes at least. On the stack for objects of up to 64 members.
    let capacity = (Int(storage.nodes[object].next) - object) / 2
    withUnsafeTemporaryAllocation(of: KeyPlace.self, capacity: capacity) { buffer in
      var count = 0
      storage.forEachMember(of: object) { key in
        let head = storage.head(ofKey: key)
        for left in keys where storage.has(left, at: key, head: head) { return }
        buffer.initializeElement(at: count, to: KeyPlace(head: head, index: key))
        count += 1
      }
      writeMembers(storage.sorted(buffer[..<count]))
    }
    out.append(UInt8(ascii: "}"))
  }

  private mutating func writeMembers(_ keys: UnsafeMutableBufferPointer<KeyPlace>) {
    var isFirst = true
    for position in keys.indices {
      // The last of equal keys stands last.
      if position + 1 < keys.count, storage.areEqual(keys[position], keys[position + 1]) { continue }
      if !isFirst { out.append(UInt8(ascii: ",")) }
      isFirst = false
      if let member = storage.canonicalMember(keys[position].index) {
        out.append(contentsOf: member)
        continue
      }
      writeString(keys[position].index)
      out.append(UInt8(ascii: ":"))
      write(keys[position].index + 1)
    }
  }
}

/// Where a key stands, and its first eight bytes, which tell it from most others.
private struct KeyPlace {
  let head: UInt64
  let index: Int
}

extension JSONStorage {
  /// Key, colon and value, where they are written canonically and nothing stands between them: so most members are sent,
  /// and copying them at once is cheaper than piece by piece.
  @inline(__always)
  fileprivate func canonicalMember(_ index: Int) -> UnsafeBufferPointer<UInt8>? {
    let (key, value) = (nodes[index], nodes[index + 1])
    guard key.isCanonical, value.isCanonical else { return nil }
    let start = Int(key.end) + 2
    let isQuoted = value.kind == .string
    // Digits that are read as text have no quotation marks.
    guard Int(value.start) == (isQuoted ? start + 1 : start), !isQuoted || bytes[start] == UInt8(ascii: "\"") else {
      return nil
    }
    return UnsafeBufferPointer(rebasing: bytes[Int(key.start) - 1..<Int(value.end) + (isQuoted ? 1 : 0)])
  }

  /// By the keys' bytes, equal ones by their place.
  fileprivate func sorted(
    _ keys: Slice<UnsafeMutableBufferPointer<KeyPlace>>
  ) -> UnsafeMutableBufferPointer<KeyPlace> {
    var keys = UnsafeMutableBufferPointer(rebasing: keys)
    guard keys.count <= Self.fewKeys else {
      keys.sort(by: precedes)
      return keys
    }
    for position in keys.indices.dropFirst() {
      let key = keys[position]
      var place = position
      while place > 0, precedes(key, keys[place - 1]) {
        keys[place] = keys[place - 1]
        place -= 1
      }
      keys[place] = key
    }
    return keys
  }

  /// Up to which sorting by insertion is the fastest: a record has fewer.
  private static var fewKeys: Int { 40 }

  @inline(__always)
  private func precedes(_ left: KeyPlace, _ right: KeyPlace) -> Bool {
    if left.head != right.head { return left.head < right.head }
    let order = compare(left.index, right.index)
    return order == 0 ? left.index < right.index : order < 0
  }

  @inline(__always)
  fileprivate func areEqual(_ left: KeyPlace, _ right: KeyPlace) -> Bool {
    left.head == right.head && compare(left.index, right.index) == 0
  }

  @inline(never)
  private func compare(_ left: Int, _ right: Int) -> Int {
    withText(left) { left in
      withText(right) { right in
        for position in 0..<min(left.count, right.count) where left[position] != right[position] {
          return left[position] < right[position] ? -1 : 1
        }
        return left.count - right.count
      }
    }
  }
}
