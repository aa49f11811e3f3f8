import HTTPTypes
import RelayCore
import Simulator
import TestSupport
import Testing

/// providers.md §4 and the table of the CDR.
@Suite struct CallrExportTests {
  private static let key = [("x-api-key", "simulated-api-key"), ("host", "127.0.0.1:8090")]
  private static let day = SimulatedDay(seed: 7, calls: 400, from: Trying.midnight)
  private static let window = "from=2025-10-01T00:00:00Z&to=2025-10-02T00:00:00Z"

  private func file(_ api: AskedAPI, _ direction: String, _ window: String = window) throws -> HTTPResponse {
    let begun = try #require(api.post("/v2.0/calls/export?direction=\(direction)&\(window)", headers: Self.key))
    #expect(begun.status == 202)
    let id = try #require(begun.json?["taskid"]?.string)
    for _ in 0..<2 {
      let task = try #require(api.get("/v2.0/tasks/\(id)", headers: Self.key))
      #expect(task.status == 202 && task.json?["status"]?.string == "pending")
    }
    let task = try #require(api.post("/v2.0/tasks/\(id)", headers: Self.key))
    #expect(task.status == 200 && task.json?["status"]?.string == "completed")
    let url = try #require(task.json?["url"]?.string)
    #expect(url.hasPrefix("http://127.0.0.1:8090/"))
    return try #require(api.get(String(url.dropFirst("http://127.0.0.1:8090".count))))
  }

  @Test func anExportIsATaskAndThenAFileOfTheTablesColumns() throws {
    let api = AskedAPI(calls: 400)
    var ids: Set<String> = []
    for direction in ["inbound", "outbound"] {
      let file = try file(api, direction)
      #expect(file.headers["content-type"] == "text/csv; charset=utf-8")
      let table = CSV.read(file.text)
      #expect(table[0] == SimulatedCall.callrFields && table.dropFirst().allSatisfy { $0.count == 24 })
      let column = try #require(table[0].firstIndex(of: "callid"))
      let calls = Self.day.calls.filter { $0.direction.rawValue == direction }
      #expect(table.dropFirst().map { $0[column] } == calls.map { String($0.callid) })
      ids.formUnion(table.dropFirst().map { $0[column] })
      #expect(file.text.hasSuffix("\r\n"))
      #expect(file.text.contains("\"Sales, Europe\"") && file.text.contains("\"\"late\"\""))
    }
    #expect(ids.count == 400)
  }

  /// Each row says what the webhook said.
  @Test func rowsAgreeWithWebhooks() throws {
    let table = CSV.read(try file(AskedAPI(calls: 400), "outbound").text)
    let rows = table.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(table[0], $0)) }
    let calls = Self.day.calls.filter { $0.direction == .outbound }
    for (call, row) in zip(calls, rows) {
      let main = try #require(call.webhooks(.callr(.webhook), Trying.account).last { $0.isMain })
      let data = try #require(try JSONParser.parse(main.body)["data"]?.object)
      #expect(data.keys == Set(SimulatedCall.callrFields))
      for member in data.members { #expect(row[member.key] == member.value.string ?? member.value.text) }
    }
  }

  @Test func aWindowMayBeGivenInAnyLikelyForm() throws {
    let from = Trying.midnight + 10 * 3_600_000
    let expected = Self.day.calls.count {
      $0.direction == .inbound && $0.startedAt >= from && $0.startedAt < from + 3_600_000
    }
    #expect(expected > 5)
    let seconds = from.milliseconds / 1000
    for window in [
      "from=2025-10-01T10:00:00.000Z&to=2025-10-01T11:00:00.000Z", "from=\(seconds)&to=\(seconds + 3600)",
      "from=\(seconds)000&to=\(seconds + 3600)000", "from=2025-10-01%2010:00:00&to=2025-10-01%2011:00:00",
    ] {
      #expect(CSV.read(try file(AskedAPI(calls: 400), "inbound", window).text).count == expected + 1, "\(window)")
    }
    #expect(CSV.read(try file(AskedAPI(calls: 400), "inbound", "from=2025-10-01&to=2025-10-02").text).count > expected)
  }

  @Test func refusalsAreCallrs() throws {
    let api = AskedAPI(calls: 10)
    let path = "/v2.0/calls/export?direction=inbound&\(Self.window)"
    let unauthorized = try #require(api.post(path))
    #expect(unauthorized.status == 401 && unauthorized.json?.object?.keys == ["code", "message"])
    // Basic: `account:simulated-api-key`.
    #expect(api.post(path, headers: [("authorization", "Basic YWNjb3VudDpzaW11bGF0ZWQtYXBpLWtleQ==")])?.status == 202)
    #expect(api.post("/v2.0/calls/export?\(Self.window)", headers: Self.key)?.status == 400)
    #expect(api.post("/v2.0/calls/export?direction=inbound&from=x&to=y", headers: Self.key)?.status == 400)
    #expect(api.get(path, headers: Self.key)?.status == 405)
    #expect(api.get("/v2.0/tasks/nothing", headers: Self.key)?.status == 404)
    #expect(api.get("/v2.0/files/nothing.csv")?.status == 404)
  }
}

/// RFC 4180, read for the tests.
enum CSV {
  static func read(_ text: String) -> [[String]] {
    var rows: [[String]] = []
    var row: [String] = []
    var field: [UInt8] = []
    var isQuoted = false
    var bytes = Array(text.utf8)[...]
    while let byte = bytes.popFirst() {
      switch byte {
      case UInt8(ascii: "\"") where isQuoted && bytes.first == UInt8(ascii: "\""):
        field.append(byte)
        bytes.removeFirst()
      case UInt8(ascii: "\""): isQuoted.toggle()
      case UInt8(ascii: ",") where !isQuoted:
        row.append(String(decoding: field, as: UTF8.self))
        field = []
      case UInt8(ascii: "\r") where !isQuoted: break
      case UInt8(ascii: "\n") where !isQuoted:
        rows.append(row + [String(decoding: field, as: UTF8.self)])
        (row, field) = ([], [])
      default: field.append(byte)
      }
    }
    return rows
  }
}
