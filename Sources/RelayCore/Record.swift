import HTTPTypes

/// When a record came about.
package enum RecordKind: String, Sendable, CaseIterable {
  /// After the call.
  case cdr
  /// During it.
  case live
}

/// What makes two records the same one: equal keys are the same event, equal contents the same words about it.
package struct RecordIdentity: Sendable, Hashable {
  /// Readable, without the source: `2222223:16132200-57fa-47b5-888d-4ab5b7e631ee:a:cdr:answered`.
  package let key: String
  /// The record's own time, with which its place in the unique index begins, so that records of one time lie together
  /// (a unique index over random ids halves the rate of inserts at 5 million rows). Zero where the record has none.
  /// Part of the identity: a re-send with another time of its own is another record, not a revision.
  package let time: Instant
  /// SHA-256 of the canonical content, less what only counts or moves by itself, cut to 16 bytes.
  package let content: [UInt8]

  package init(key: String, time: Instant, content: [UInt8]) {
    self.key = key
    self.time = time
    self.content = content
  }
}

/// One webhook as its provider's decoder read it: what rules look at and templates are filled from.
package struct Record: Sendable {
  package let source: String
  package let provider: Provider
  package let kind: RecordKind
  /// The same as in `call`.
  package let columns: CallColumns
  /// The same as in `call`.
  package let role: Call.Role?
  /// Read when it is first asked for.
  package let reading: CallReading
  /// As sent, with `custom` and `extra_params` opened where they hold an object.
  package let body: JSONView
  /// Without those that carry credentials.
  package let headers: HTTPHeaders
  /// Without the token.
  package let query: FormFields
  package let identity: RecordIdentity

  package init(
    source: String, provider: Provider, kind: RecordKind, columns: CallColumns, role: Call.Role?,
    reading: CallReading, body: JSONView, headers: HTTPHeaders, query: FormFields, identity: RecordIdentity
  ) {
    self.source = source
    self.provider = provider
    self.kind = kind
    self.columns = columns
    self.role = role
    self.reading = reading
    self.body = body
    self.headers = headers
    self.query = query
    self.identity = identity
  }

  package init(
    source: String, provider: Provider, kind: RecordKind, call: Call, body: JSONView, headers: HTTPHeaders,
    query: FormFields, identity: RecordIdentity
  ) {
    self.init(
      source: source, provider: provider, kind: kind, columns: call.columns, role: call.role,
      reading: CallReading(call), body: body, headers: headers, query: query, identity: identity)
  }

  /// The same as one of a call that was placed through the relay.
  package func marked(_ mark: CallMark) -> Record {
    let reading = reading
    return Record(
      source: source, provider: provider, kind: kind, columns: columns, role: role,
      reading: CallReading {
        var call = reading.look { $0 }
        call.request = mark
        return call
      }, body: body, headers: headers, query: query, identity: identity)
  }

  /// A copy; `reading.look` is for one field of it.
  package var call: Call { reading.look { $0 } }
}
