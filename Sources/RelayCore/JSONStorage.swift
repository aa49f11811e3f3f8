/// What a document is kept in, for as long as somebody looks at it: code that looks at every value of a record counts no
/// references meanwhile, which would cost more than the looking.
struct JSONStorage {
  let bytes: UnsafeBufferPointer<UInt8>
  let nodes: UnsafeBufferPointer<JSONNode>

  /// The bytes of a value as written; of a string those between its quotation marks.
  @inline(__always)
  func written(_ index: Int) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(rebasing: bytes[Int(nodes[index].start)..<Int(nodes[index].end)])
  }

  /// The bytes that a string stands for.
  @inline(__always)
  func withText<Result>(_ index: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    nodes[index].isPlain ? body(written(index)) : JSONText.withUnescaped(written(index), body)
  }

  func text(_ index: Int) -> String {
    nodes[index].isPlain || nodes[index].kind == .number
      ? String(decoding: written(index), as: UTF8.self)
      : JSONText.withUnescaped(written(index)) { String(decoding: $0, as: UTF8.self) }
  }

  /// The members of the object at this index as they were read, duplicates too; nothing for any other value. A value stands
  /// behind its key.
  @inline(__always)
  func forEachMember(of index: Int, _ body: (_ key: Int) -> Void) {
    guard nodes[index].kind == .object else { return }
    let end = Int(nodes[index].next)
    var key = index + 1
    while key < end {
      body(key)
      key = Int(nodes[key + 1].next)
    }
  }

  @inline(__always)
  func forEachElement(of index: Int, _ body: (Int) -> Void) {
    guard nodes[index].kind == .array else { return }
    let end = Int(nodes[index].next)
    var element = index + 1
    while element < end {
      body(element)
      element = Int(nodes[element].next)
    }
  }

  /// See `JSONText.head`.
  @inline(__always)
  func head(ofKey index: Int) -> UInt64 {
    let node = nodes[index]
    if node.isPlain { return JSONText.head(bytes, at: Int(node.start), count: Int(node.end - node.start)) }
    return JSONText.withUnescaped(written(index)) { JSONText.head($0, at: 0, count: $0.count) }
  }

  @inline(__always)
  func shortKey(_ index: Int) -> ShortKey? {
    let node = nodes[index]
    if node.isPlain { return ShortKey(bytes, at: Int(node.start), count: Int(node.end - node.start)) }
    return JSONText.withUnescaped(written(index)) { ShortKey($0, at: 0, count: $0.count) }
  }

  /// Whether the key at this index, with this head, is that one.
  @inline(__always)
  func has(_ key: JSONKey, at index: Int, head: UInt64) -> Bool {
    head == key.head
      && withText(index) { $0.count == key.bytes.count && ($0.count <= 8 || $0.elementsEqual(key.bytes)) }
  }
}
