/// One value of a document, looked at where it stands. Of duplicate keys the last wins, as in `JSONObject`.
package struct JSONView: Sendable {

  package let document: JSONDocument
  package let index: Int

  init(document: JSONDocument, index: Int) {
    self.document = document
    self.index = index
  }

  /// Of a value that did not come as JSON: it is written and read again, so that there is one way of looking at values.
  package init(_ value: JSON) {
    do throws(JSONError) {
      self = try JSONDocument(value.bytes, depth: .max).root
    } catch {
      preconditionFailure("the JSON writer wrote what its reader refuses: \(error)")
    }
  }

  package var kind: JSONKind { document.kind(at: index) }

  package var isEmptyString: Bool { document.isEmptyString(at: index) }

  /// The text of a string; nil for anything else.
  package var string: String? {
    kind == .string ? document.text(at: index) : nil
  }

  /// The value of this key of an object; nil where this is no object or has no such key.
  package subscript(key: JSONKey) -> JSONView? {
    document.value(of: key, in: index).map(document.view)
  }

  package subscript(key: String) -> JSONView? {
    self[JSONKey(key)]
  }

  /// The elements of a list; nothing where this is none.
  package var elements: [JSONView] {
    document.elements(of: index).map(document.view)
  }

  /// The value, built.
  package var json: JSON {
    switch document.nodes[index].kind {
    case .null: .null
    case .true: .bool(true)
    case .false: .bool(false)
    case .number: .number(document.number(at: index))
    case .string: .string(document.text(at: index))
    case .array: .array(elements.map(\.json))
    case .object: .object(JSONObject(members))
    }
  }

  /// As they were read: of duplicates all.
  private var members: [JSONObject.Member] {
    document.keys(of: index).map { key in
      JSONObject.Member(key: document.text(at: key), value: document.view(at: key + 1).json)
    }
  }

  package var kindInWords: String { kind.words }
}

extension JSONView: Equatable {
  package static func == (left: JSONView, right: JSONView) -> Bool {
    left.json == right.json
  }

  /// The same as for the built value, which is built only where it must be.
  package static func == (left: JSONView, right: JSON) -> Bool {
    guard case .string(let text) = right else { return left.json == right }
    return left.string == text
  }
}

// MARK: - Documents in texts

extension JSONView {
  /// The document that a text holds where it is an object; nil where it is none.
  package func documentInside(depth: Int) -> JSONDocument? {
    guard kind == .string, let text = document.objectText(at: index) else { return nil }
    return try? JSONDocument(text, depth: depth)
  }
}

extension JSONDocument {
  /// The bytes of a string that may be an object; nil where they can't.
  fileprivate func objectText(at index: Int) -> [UInt8]? {
    withStorage { storage in
      storage.withText(index) { text in
        guard let first = text.first(where: { $0 > 0x20 }), first == UInt8(ascii: "{") else { return nil }
        return Array(text)
      }
    }
  }
}
