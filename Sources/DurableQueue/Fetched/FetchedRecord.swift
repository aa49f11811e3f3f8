import Digests
import RelayCore

/// A row of a provider's API or of a file, read by the source's decoder: what it would be stored as, and what is compared
/// with what is stored.
package struct FetchedRecord: Sendable {
  package let record: Record
  package let raw: RawRecord
  package let facts: CallFacts
  let dedupKey: [UInt8]
  let contentHash: [UInt8]
  let origin: FetchedMark.Origin?
  private let dedupScope: String
  private let receivedAt: Instant
  private let sender: String
  private let credential: String
  private let route: @Sendable (Record) -> [Route]

  /// - Parameters:
  ///   - sender: where it comes from: the host of the API, the name of the file.
  ///   - credential: of `FetchedMark`.
  ///   - route: the rules; asked only for what is stored.
  package init(
    record: Record, raw: RawRecord, dedupScope: String, receivedAt: Instant, sender: String, credential: String,
    route: @escaping @Sendable (Record) -> [Route]
  ) {
    self.record = record
    self.raw = raw
    facts = CallFacts(record)
    dedupKey = Admission.dedupKey(scope: dedupScope, identity: record.identity)
    contentHash = record.identity.content
    origin = FetchedMark.Origin(credential: credential)
    self.dedupScope = dedupScope
    self.receivedAt = receivedAt
    self.sender = sender
    self.credential = credential
    self.route = route
  }

  var routes: [Route] { route(record) }

  func new(rulesVersion: Int64) -> NewRecord {
    NewRecord(
      record: record, raw: raw, routes: route(record), receivedAt: receivedAt, sender: sender, credential: credential,
      bodyHash: SHA256.hash(raw.body), rulesVersion: rulesVersion, dedupScope: dedupScope)
  }
}

/// A call that is stored, and by what it was recognised.
package struct KnownCall: Sendable, Equatable {
  package enum Sign: String, Sendable {
    /// An id of the provider's.
    case id
    /// Numbers, time and duration.
    case numbers
  }

  /// All of its records that were looked at, the oldest first: its legs, its revisions.
  package let records: [Identifier]
  package let sign: Sign
}

/// What became of a fetched row.
package enum FetchedOutcome: Sendable, Equatable {
  /// It was not there, and is now.
  case stored(Identifier)
  /// It is not there: the answer of a comparison, which writes nothing.
  case missing
  case known(KnownCall)
  /// It came twice among the rows given: what became of it is said of the other.
  case repeated
  /// Its call is stored, and says otherwise in these fields of `CallField`. Nothing was written.
  case different(KnownCall, fields: [String])
  /// Somebody takes part in it whom `erase` removed: nothing was written.
  case erased
}
