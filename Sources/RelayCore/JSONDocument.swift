import Synchronization

/// A JSON text that was read (RFC 8259), with where in it each value stands. A value is built only where somebody asks for
/// it: a record has some twenty of them, and on its way through the relay a handful are asked for.
package final class JSONDocument: Sendable {
  let bytes: [UInt8]
  /// In the order of the text: an object or a list before what is inside it, a key before its value.
  let nodes: [JSONNode]
  /// Texts that are read as the object that they hold, where they hold one.
  private let openable: [Int]
  private let openedDepth: Int
  /// Those of them that somebody has looked into, with what they hold.
  private let opened = Mutex<[(index: Int, inside: JSONDocument?)]>([])

  /// See `JSONScanner` for what is refused.
  package init(
    _ bytes: [UInt8], depth: Int = JSONParser.defaultDepth, zeroLedNumbersAreText: Bool = false
  ) throws(JSONError) {
    nodes = try JSONScanner.nodes(of: bytes, depthLimit: depth, zeroLedNumbersAreText: zeroLedNumbersAreText)
    self.bytes = bytes
    openable = []
    openedDepth = 0
  }

  private init(_ document: JSONDocument, opening openable: [Int], depth: Int) {
    bytes = document.bytes
    nodes = document.nodes
    self.openable = openable
    openedDepth = depth
  }

  /// The same document, with the texts at these indices read as the object that they hold, where they hold one: each when
  /// somebody looks at it first. `depth`: as that of a document.
  package func opening(_ openable: [Int], depth: Int) -> JSONDocument {
    openable.isEmpty ? self : JSONDocument(self, opening: openable, depth: depth)
  }

  package var root: JSONView { JSONView(document: self, index: 0) }

  /// Where the text at this index is opened, what is inside it.
  package func view(at index: Int) -> JSONView {
    if !openable.isEmpty, openable.contains(index), let inside = inside(index) { return inside.root }
    return JSONView(document: self, index: index)
  }

  private func inside(_ index: Int) -> JSONDocument? {
    opened.withLock { opened in
      if let known = opened.first(where: { $0.index == index }) { return known.inside }
      let inside = JSONView(document: self, index: index).documentInside(depth: openedDepth)
      opened.append((index, inside))
      return inside
    }
  }

  @inline(__always)
  func withStorage<Result>(_ body: (JSONStorage) -> Result) -> Result {
    bytes.withUnsafeBufferPointer { bytes in
      nodes.withUnsafeBufferPointer { nodes in body(JSONStorage(bytes: bytes, nodes: nodes)) }
    }
  }
}

/// Where one value of a document stands.
struct JSONNode {
  enum Kind: UInt8 {
    case null, `false`, `true`, number, string, object, array
  }

  let kind: Kind
  /// Whether the bytes are the only way to write this value: a string without escapes, an integer of few digits.
  let isPlain: Bool
  /// Whether the canonical spelling of this value (`withCanonicalBytes`) is that in which it was written.
  let isCanonical: Bool
  /// Of a string: behind its opening quotation mark. 32 bits: a text of 4 GiB is refused.
  let start: UInt32
  /// Behind the value's last byte; of a string: before its closing quotation mark. Unused for an object or a list.
  let end: UInt32
  /// The index of the node behind this value and all that is inside it.
  var next: UInt32
}

// MARK: - Looking at single values

extension JSONDocument {
  package func kind(at index: Int) -> JSONKind {
    switch nodes[index].kind {
    case .null: .null
    case .true, .false: .bool
    case .number: .number
    case .string: .string
    case .object: .object
    case .array: .array
    }
  }

  package func isEmptyString(at index: Int) -> Bool {
    nodes[index].kind == .string && nodes[index].start == nodes[index].end
  }

  /// The text of a string, its escapes replaced; the digits of a number as written.
  func text(at index: Int) -> String {
    withStorage { $0.text(index) }
  }

  func number(at index: Int) -> JSONNumber {
    withStorage { JSONNumber(written: $0.written(index)) }
  }

  /// Text that is not empty, or a number by its digits, without loss: phone numbers and ids come both ways. nil for
  /// everything else.
  package func filledText(at index: Int) -> String? {
    withStorage { storage in
      let node = storage.nodes[index]
      return switch node.kind {
      case .string: node.start == node.end ? nil : storage.text(index)
      case .number where node.isPlain: storage.text(index)
      case .number: JSONNumber(written: storage.written(index)).integer?.decimalText ?? storage.text(index)
      case .null, .true, .false, .object, .array: nil
      }
    }
  }

  /// The value of this key of the object at this index; of duplicates the last.
  func value(of key: JSONKey, in index: Int) -> Int? {
    withStorage { storage in
      var found: Int?
      storage.forEachMember(of: index) { position in
        if storage.has(key, at: position, head: storage.head(ofKey: position)) { found = position + 1 }
      }
      return found
    }
  }

  /// The elements of the list at this index; none for anything else.
  func elements(of index: Int) -> [Int] {
    withStorage { storage in
      var elements: [Int] = []
      storage.forEachElement(of: index) { elements.append($0) }
      return elements
    }
  }

  /// The keys of the object at this index as they were read, duplicates too. A value stands behind its key.
  func keys(of index: Int) -> [Int] {
    withStorage { storage in
      var keys: [Int] = []
      storage.forEachMember(of: index) { keys.append($0) }
      return keys
    }
  }
}
