import Digests
import DurableQueue
import HTTPTypes
import ProviderAPIs
import Providers
import RelayCore
import Rules

/// Makes records of what an API gave, by the source's own decoder, and knows how they are compared.
struct FetchedDesk {
  let source: FetchedSource
  let receivedAt: Instant
  let run: FetchedRun
  private let rules: RuleFile

  init(_ source: FetchedSource, _ rules: RuleFile, receivedAt: Instant) {
    self.source = source
    self.rules = rules
    self.receivedAt = receivedAt
    run = FetchedRun(of: source.source, rules: rules)
  }

  /// A row of an answer.
  struct Row {
    /// Tells it from others of its list.
    let identity: Int
    /// As it came.
    let text: [UInt8]
    let contentType: String
    /// The reason where it can't be read.
    let record: Result<FetchedRecord, Unacceptable>
  }

  func rows(_ calls: FetchedCalls) -> [Row] {
    switch calls.content {
    case .rows(let rows):
      rows.map { row in
        self.row(calls, JSON.object(row).bytes, "application/json") { () throws(Unacceptable) in
          try telecmi(row, calls)
        }
      }
    case .csv(let bytes): csv(bytes, calls)
    }
  }

  private func csv(_ bytes: [UInt8], _ calls: FetchedCalls) -> [Row] {
    var reader = CSVReader()
    reader.append(bytes)
    reader.finish()
    var columns: [String]?
    var rows: [Row] = []
    while let item = reader.next() {
      switch item {
      case .row(_, let cells):
        guard let columns else {
          columns = cells
          continue
        }
        let text = Array(cells.joined(separator: "\t").utf8)
        rows.append(row(calls, text, "text/plain") { () throws(Unacceptable) in try callr(columns, cells, calls) })
      case .bad(_, let reason, let text):
        rows.append(
          row(calls, text, "text/plain") { () throws(Unacceptable) in
            throw Unacceptable(status: 422, reason: reason)
          })
      }
    }
    return rows
  }

  private func row(
    _ calls: FetchedCalls, _ text: [UInt8], _ contentType: String, _ make: () throws(Unacceptable) -> FetchedRow
  ) -> Row {
    var hasher = Hasher()
    hasher.combine(calls.endpoint)
    hasher.combine(calls.direction)
    hasher.combine(text)
    return Row(identity: hasher.finalize(), text: text, contentType: contentType, record: record(make))
  }

  private func record(_ make: () throws(Unacceptable) -> FetchedRow) -> Result<FetchedRecord, Unacceptable> {
    do throws(Unacceptable) {
      return .success(
        try FetchedRecord(
          try make(), of: source.source, rules: rules, receivedAt: receivedAt, sender: source.api.host,
          credential: FetchedMark.credential))
    } catch {
      return .failure(error)
    }
  }

  private func telecmi(_ row: JSONObject, _ calls: FetchedCalls) throws(Unacceptable) -> FetchedRow {
    guard let list = TeleCMIList(rawValue: calls.endpoint.rawValue) else {
      throw Unacceptable(status: 422, reason: "a list that has no calls")
    }
    let path = source.api.path(calls.endpoint) ?? calls.endpoint.rawValue
    return try FetchedRow.telecmi(row, of: list, app: source.api.appID, from: path)
  }

  private func callr(
    _ columns: [String], _ cells: [String], _ calls: FetchedCalls
  ) throws(Unacceptable) -> FetchedRow {
    guard cells.count == columns.count else {
      throw Unacceptable(status: 422, reason: "it has \(cells.count) cells, its file \(columns.count) columns")
    }
    return try FetchedRow.callr(
      columns: columns, cells: cells, direction: calls.direction.flatMap(Call.Direction.init),
      from: calls.endpoint.rawValue)
  }
}

extension FetchedDesk.Row {
  /// For quarantine; nil where it can be read.
  func quarantined(_ calls: FetchedCalls, _ desk: FetchedDesk) -> NewQuarantine? {
    guard case .failure(let problem) = record else { return nil }
    return NewQuarantine(
      source: desk.source.name, receivedAt: desk.receivedAt, sender: desk.source.api.host,
      credential: FetchedMark.credential, status: problem.status,
      reason: "a row of \(calls.endpoint.rawValue): \(problem.reason)",
      raw: RawRecord(body: text, contentType: contentType, headers: HTTPHeaders(), query: FormFields()),
      size: text.count, contentHash: SHA256.hash(text))
  }
}
