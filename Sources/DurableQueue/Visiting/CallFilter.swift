import RelayCore

/// Of which calls a record is. An empty list asks nothing; several values of one list are alternatives.
package struct CallFilter: Sendable, Equatable {
  /// Any id of the provider's (call, conversation, request), or the record's own.
  package var ids: [String] = []
  /// Phone numbers in any spelling.
  package var numbers: [String] = []

  package init() {}

  package var isEmpty: Bool { ids.isEmpty && numbers.isEmpty }

  /// Whether people write phone numbers so.
  package static func isNumber(_ text: String) -> Bool {
    DialledNumber(text) != nil
  }
}

extension CallFilter {
  /// Over `record r`. Phone numbers are met by their last digits only: `matches` decides.
  var condition: Condition {
    var condition = Condition()
    condition.add(anyOf: ids.flatMap(Self.terms(id:)))
    condition.add(anyOf: numbers.flatMap(Self.terms(number:)))
    return condition
  }

  func matches(_ row: RecordRow) -> Bool {
    (ids.isEmpty || ids.contains(where: row.has(id:))) && (numbers.isEmpty || numbers.contains(where: row.has(number:)))
  }

  static func terms(id text: String) -> [Query] {
    let provider = Query("? IN (r.call_id, r.conversation_id, r.request_id)", [.text(text)])
    return [provider] + (Identifier(text).map { [Query("r.id = ?", [.id($0)])] } ?? [])
  }

  /// None for a text that is no number.
  static func terms(number text: String) -> [Query] {
    guard let number = DialledNumber(text) else { return [] }
    let pattern = "%" + number.digits.suffix(DialledNumber.leastShared).map { "\($0)%" }.joined()
    return [Query("r.from_number LIKE ? OR r.to_number LIKE ?", [.text(pattern), .text(pattern)])]
  }
}

extension RecordRow {
  func has(id text: String) -> Bool {
    [id.description, callID, conversationID, requestID].contains(text)
  }

  func has(number text: String) -> Bool {
    guard let sought = DialledNumber(text) else { return false }
    return [from, to].contains { $0.flatMap(DialledNumber.init).map(sought.isSame) ?? false }
  }
}
