import HTTPTypes
import RelayCore

extension SimulatedAPI {
  /// An export that was asked for.
  struct Export: Sendable {
    let direction: SimulatedCall.Direction
    let time: Range<Instant>
    var asked = 0
  }

  /// Callr: `POST /v2.0/calls/export?direction=&from=&to=` with `x-api-key` is documented, that it is a task follows from the
  /// table of migration. **What the answers look like is not documented**: `taskid`, `status` and `url` are guesses, and so is
  /// every form of `from` and `to`. nil for another path.
  func callr(_ request: HTTPRequest) -> HTTPResponse? {
    let prefix = "/v2.0/"
    guard request.path.hasPrefix(prefix) else { return nil }
    let words = request.path.dropFirst(prefix.count).split(separator: "/").map(String.init)
    // A file lies behind an address of its own, as files do; a key is not asked for.
    if words.count == 2, words[0] == "files", request.method == "GET" { return file(words[1]) }
    guard isCallrAllowed(request.headers) else { return problem(401, "Invalid credentials", code: "unauthorized") }
    switch (request.method, words.first, words.count) {
    case ("POST", "calls"?, 2) where words[1] == "export": return beginExport(Parameters(request))
    // The table lists POST, which may be a slip.
    case ("POST", "tasks"?, 2), ("GET", "tasks"?, 2): return task(words[1], host: request.headers["host"])
    case (_, "calls"?, 2) where words[1] == "export":
      return problem(405, "Use POST", code: "method-not-allowed")
    default: return problem(404, "No such resource")
    }
  }

  /// `x-api-key: KEY`, or Basic with the key as password.
  private func isCallrAllowed(_ headers: HTTPHeaders) -> Bool {
    if headers["x-api-key"] == settings.account.apiKey { return true }
    guard let field = headers["authorization"], field.lowercased().hasPrefix("basic "),
      let bytes = Base64Text.decode(String(field.dropFirst(6)))
    else { return false }
    return bytes.split(separator: ":", maxSplits: 1).last.map(String.init) == settings.account.apiKey
  }

  private func beginExport(_ parameters: Parameters) -> HTTPResponse {
    guard let direction = parameters.text("direction").flatMap(SimulatedCall.Direction.init) else {
      return problem(400, "direction: expected inbound or outbound", code: "invalid-parameter")
    }
    guard let from = moment(parameters.text("from")), let to = moment(parameters.text("to")), from <= to else {
      return problem(400, "from, to: expected two times", code: "invalid-parameter")
    }
    let id = state.withLock { state in
      state.exports.append(Export(direction: direction, time: from..<to))
      return state.exports.count
    }
    return json(["taskid": .string(Self.taskID(id)), "status": .string("pending")], status: 202)
  }

  /// RFC 3339, a date, or seconds or milliseconds since 1970.
  private func moment(_ text: String?) -> Instant? {
    guard let text else { return nil }
    if let number = Int64(text) { return Instant(milliseconds: number < 100_000_000_000 ? number * 1000 : number) }
    return Instant(rfc3339: text) ?? Instant(rfc3339: text + "T00:00:00Z")
  }

  private static func taskID(_ number: Int) -> String { "export\(number)" }

  private func export(_ id: String) -> Int? {
    guard id.hasPrefix("export"), let number = Int(id.dropFirst("export".count)) else { return nil }
    return state.withLock { $0.exports.indices.contains(number - 1) ? number : nil }
  }

  private func task(_ id: String, host: String?) -> HTTPResponse {
    guard let number = export(id) else { return problem(404, "No such task") }
    let asked = state.withLock { state in
      state.exports[number - 1].asked += 1
      return state.exports[number - 1].asked
    }
    guard asked > settings.pendingAnswers else {
      return json(["taskid": .string(id), "status": .string("pending")], status: 202)
    }
    return json([
      "taskid": .string(id), "status": .string("completed"),
      "url": .string("http://\(host ?? "127.0.0.1")/v2.0/files/\(id).csv"),
    ])
  }

  private func file(_ name: String) -> HTTPResponse {
    guard name.hasSuffix(".csv"), let number = export(String(name.dropLast(4))) else {
      return problem(404, "No such file")
    }
    let (export, book) = state.withLock { ($0.exports[number - 1], $0.book) }
    return HTTPResponse(
      status: 200, headers: HTTPHeaders([("content-type", "text/csv; charset=utf-8")]),
      body: CallrCSV.file(book.began(export.direction, export.time)))
  }
}
