import HTTPTypes
import RelayCore

/// A row of a provider's API or of a file, made into the body of a webhook of the same provider, so that one decoder, one
/// set of rules and one queue serve both. Nothing of the row is lost: it stands whole below `backfilled`.
///
/// | member of `backfilled` | |
/// |---|---|
/// | `from` | the path of the API, `export`, or `calls.csv line 17` |
/// | `row` | the row as it came; missing where the body is the row: a file of webhook bodies |
package struct FetchedRow: Sendable, Equatable {
  package let body: JSONObject

  /// As if it had been posted: without headers, since nobody sent any.
  package var raw: RawRecord {
    RawRecord(
      body: JSON.object(body).bytes, contentType: "application/json", headers: HTTPHeaders(), query: FormFields())
  }

  init(_ body: JSONObject, from: String, row: JSONObject?) {
    var mark: JSONObject = ["from": .string(from)]
    mark["row"] = row.map(JSON.object)
    var body = body
    body[FetchedMark.member] = .object(mark)
    self.body = body
  }

  /// The body of a webhook as it was kept elsewhere.
  package static func webhook(_ body: JSONObject, from: String) -> FetchedRow {
    FetchedRow(body, from: from, row: nil)
  }

  /// A row whose provider has no dialect of rows: its body is the row.
  package static func generic(_ row: JSONObject, from: String) -> FetchedRow {
    FetchedRow(row, from: from, row: nil)
  }
}
