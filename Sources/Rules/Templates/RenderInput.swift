import RelayCore

/// What a request is rendered from.
package struct RenderInput: Sendable {
  package var record: RawRecord
  /// The record as read; may be nil where `Destination.needsRecord` is false.
  package var reading: Record?
  package var recordID: Identifier
  package var receivedAt: Instant
  package var revision: Int
  package var deliveryID: Identifier
  /// From 1.
  package var attempt: Int
  package var rule: String
  /// What the destination's lookup gave; nil where it gave nothing.
  package var lookup: JSON?
  /// What an earlier delivery of the same call to the destination left; where there is something, `capture.update` is
  /// rendered.
  package var captured: JSON?
  /// Stand for what answers would have said, where a person is to see the request and nobody was asked.
  package static let unknownLookup = JSON.string("{{lookup}}")
  package static let unknownCaptured = JSON.string("{{captured}}")

  /// Shows `•••` in place of secrets: for people. Default false.
  package var masksSecrets: Bool

  package init(
    record: RawRecord, reading: Record?, recordID: Identifier, receivedAt: Instant, revision: Int,
    deliveryID: Identifier, attempt: Int, rule: String, lookup: JSON? = nil, captured: JSON? = nil,
    masksSecrets: Bool = false
  ) {
    self.lookup = lookup
    self.captured = captured
    self.record = record
    self.reading = reading
    self.recordID = recordID
    self.receivedAt = receivedAt
    self.revision = revision
    self.deliveryID = deliveryID
    self.attempt = attempt
    self.rule = rule
    self.masksSecrets = masksSecrets
  }
}

/// A request ready to be sent, but for the headers that the relay adds itself.
package struct RenderedRequest: Sendable, Equatable {
  package var method: String
  package var url: String
  /// Those of the destination, without `content-type`.
  package var headers: [(name: String, value: String)]
  package var body: [UInt8]
  /// nil where there is no body, and where the record came without one.
  package var contentType: String?

  package static func == (left: RenderedRequest, right: RenderedRequest) -> Bool {
    left.method == right.method && left.url == right.url && left.body == right.body
      && left.contentType == right.contentType && left.headers.elementsEqual(right.headers, by: ==)
  }
}

/// Why a request can't be rendered. Holds no value of the record.
package struct TemplateError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Where the template stands in the rule file: `destinations.crm.body.call_id`.
  package let path: String
  package let message: String
  /// A value that the filter `required` asks for is missing.
  let isMissingValue: Bool

  package init(path: String, message: String, isMissingValue: Bool = false) {
    self.path = path
    self.message = message
    self.isMissingValue = isMissingValue
  }

  package var description: String { "\(path): \(message)" }
}

extension ValuePath {
  /// Everything but what is known of the delivery itself.
  var needsRecord: Bool {
    switch self {
    case .source, .provider, .kind, .call, .body, .header, .query: true
    case .recordID, .receivedAt, .revision, .deliveryID, .attempt, .rule, .destination, .lookup, .captured: false
    }
  }

  var isLookup: Bool { if case .lookup = self { true } else { false } }

  /// nil is missing.
  func value(in input: RenderInput, destination: String) -> JSON? {
    switch self {
    case .recordID: .string(input.recordID.description)
    case .receivedAt: .string(input.receivedAt.rfc3339)
    case .revision: .integer(Int64(input.revision))
    case .deliveryID: .string(input.deliveryID.description)
    case .attempt: .integer(Int64(input.attempt))
    case .rule: .string(input.rule)
    case .destination: .string(destination)
    case .lookup(let steps): input.lookup.flatMap { JSONView($0).value(at: steps)?.json }
    case .captured: input.captured
    default: input.reading.flatMap(value)
    }
  }

  private func value(in record: Record) -> JSON? {
    switch self {
    case .source: .string(record.source)
    case .provider: .string(record.provider.rawValue)
    case .kind: .string(record.kind.rawValue)
    case .call(nil, _): record.call.json
    case .call(.custom, let steps): record.reading.look { $0.custom }?.value(at: steps)?.json
    case .call(.extra, let steps): record.reading.look { $0.extra }?.value(at: steps)?.json
    case .call(.request, let steps):
      record.reading.look { $0.request }.flatMap { JSONView($0.json).value(at: steps)?.json }
    case .call(let field?, _): record.reading.look { $0[field] }
    case .body(let steps): record.body.value(at: steps)?.json
    case .header(let name?): RecordValue.header(name, of: record)
    case .header(nil): RecordValue.headers.json(of: record)
    case .query(let name?): record.query[name].map(JSON.string)
    case .query(nil): RecordValue.query.json(of: record)
    default: nil
    }
  }
}
