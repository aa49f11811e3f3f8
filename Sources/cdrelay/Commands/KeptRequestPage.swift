import DurableQueue
import RelayCore

/// A kept request with all that came with it.
struct KeptRequestPage {
  let table: KeptRequestTable
  let row: KeptRequestRow
  let raw: RawRecord

  func write(to invocation: Invocation) throws {
    let output = invocation.output
    let body = String(decoding: raw.body, as: UTF8.self)
    if invocation.wantsJSON {
      var object = row.json
      object["content_type"] = .text(raw.contentType)
      object["headers"] = .array(raw.headers.fields.map { .array([.string($0.name), .string($0.value)]) })
      object["query"] = .array(raw.query.fields.map { .array([.string($0.name), .string($0.value)]) })
      object["body"] = .string(body)
      return try output.line(object)
    }
    try output.line(title)
    try output.line("Answered \(row.status): \(row.reason)")
    try output.line(
      "Received \(Phrases.count(row.times, "time", "times")) from \(row.sender), \(credential): "
        + "first \(row.receivedAt.rfc3339), last \(row.lastReceivedAt.rfc3339)")
    if let record = row.record { try output.line("A replay made record \(record) of it.") }
    for field in raw.headers.fields { try output.line("\(field.name): \(field.value)") }
    for field in raw.query.fields { try output.line("?\(field.name)=\(field.value)") }
    try output.line("Body:")
    try output.line(body.isEmpty ? "(none kept)" : body)
  }

  private var title: String {
    switch table {
    case .quarantine: "Quarantine \(row.id): a request to \(row.source), \(row.state.rawValue)"
    case .refused: "Refused \(row.id): a request to \(row.source), \(row.state.rawValue)"
    }
  }

  private var credential: String {
    switch table {
    case .quarantine: "authenticated by \(row.credential)"
    case .refused: "which presented \(row.credential)"
    }
  }
}

/// Kept requests as a table on the terminal.
struct KeptRequestList {
  private let kind: KeptRequestTable
  private var table: Table

  init(_ kind: KeptRequestTable) {
    self.kind = kind
    let first: [(title: String, alignment: Table.Alignment)] = [
      ("ID", .right), ("RECEIVED", .right), ("TIMES", .right), ("SOURCE", .left), ("STATE", .left),
    ]
    switch kind {
    case .quarantine: table = Table(columns: first + [("ANSWER", .right), ("BYTES", .right), ("REASON", .left)])
    case .refused: table = Table(columns: first + [("BYTES", .right), ("SENDER", .left), ("CREDENTIAL", .left)])
    }
  }

  mutating func add(_ row: KeptRequestRow, now: Instant) {
    let size = row.size.map { String($0) } ?? "?"
    let first = [
      row.id.description, Phrases.relative(row.receivedAt, to: now), String(row.times), row.source, row.state.rawValue,
    ]
    switch kind {
    case .quarantine: table.add(cells: first + [String(row.status), size, row.reason])
    case .refused: table.add(cells: first + [size, row.sender, row.credential])
    }
  }

  func write(to output: Output) throws {
    if !table.isEmpty { try table.write(to: output) }
  }
}

extension KeptRequestRow {
  var json: JSONObject {
    [
      "id": .id(id), "source": .string(source), "state": .string(state.rawValue), "received_at": .instant(receivedAt),
      "last_received_at": .instant(lastReceivedAt), "times": .count(times), "sender": .string(sender),
      "credential": .string(credential), "status": .count(status), "reason": .string(reason),
      "size": size.map { .count($0) } ?? .null, "record": .id(record), "settled_at": .instant(settledAt),
    ]
  }
}
