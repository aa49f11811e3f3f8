import HTTPTypes
import Outgoing
import RelayCore
import Rules
import TestSupport
import Testing

@testable import ProviderAPIs

/// A client of an API that a test plays: real requests over loopback, and a clock that runs only where the client waits.
final class APIFixture {
  struct NoAPI: Error {}

  let server: ScriptedDestination
  let client: ProviderClient
  let counts = APICounts()
  private let world = World()

  private final class World {
    var clock: Int64 = 0
    var waits: [Int64] = []
    var kept: [(endpoint: String, body: [UInt8])] = []
    var isWanted = true
  }

  /// `api`: further members of the source's `api`, each with a comma before it.
  init(
    _ provider: String, _ api: String = "", rate: Double = 100,
    answer: @escaping @Sendable (ScriptedDestination.Request) -> ScriptedDestination.Answer
  ) throws {
    server = try ScriptedDestination(answer)
    let app = provider == "telecmi" ? #", "app_id": 2222223"# : ""
    let text = """
      {"sources": {"s": {"provider": "\(provider)", "auth": "none",
        "api": {"base_url": "\(server.url)", "secret": "s3cr3t-of-ours", "allow_private": true, "timeout_seconds": 30,
          "requests_per_second": \(rate)\(app)\(api)}}}}
      """
    let rules = try RuleFile.parse(
      Array(text.utf8), path: "rules.json", secrets: SecretsResolver(environment: [:]))
    guard let settings = rules.source(named: "s")?.api,
      let send = APISurroundings.sender(settings, proxy: nil, while: { true })
    else { throw NoAPI() }
    let world = world
    client = ProviderClient(
      source: "s", api: settings,
      APISurroundings(
        send: send,
        wait: { milliseconds in
          world.clock += milliseconds
          world.waits.append(milliseconds)
          return world.isWanted
        }, clock: { world.clock },
        keep: { endpoint, body in
          world.kept.append((endpoint, body))
          return "kept.txt"
        }, userAgent: "cdrelay/test"),
      counts: counts)
  }

  /// Milliseconds of each wait so far.
  var waits: [Int64] { world.waits }
  var kept: [(endpoint: String, body: [UInt8])] { world.kept }

  /// From the next wait on.
  func stop() { world.isWanted = false }

  static let hour = TimeSlice(
    from: Instant(milliseconds: 1_759_309_200_000), to: Instant(milliseconds: 1_759_312_800_000))

  /// What a slice gives.
  func fetch(_ slice: TimeSlice = APIFixture.hour) throws -> [FetchedCalls] {
    var calls: [FetchedCalls] = []
    try client.fetch(slice) { calls.append($0) }
    return calls
  }
}

extension FetchedCalls {
  var rows: [JSONObject] { if case .rows(let rows) = content { rows } else { [] } }
  var csv: String { if case .csv(let bytes) = content { String(decoding: bytes, as: UTF8.self) } else { "" } }
}

extension ScriptedDestination.Request {
  var json: JSON? { try? JSONParser.parse(body) }
  var page: Int { json?["page"]?.integer.map(Int.init) ?? 0 }
  var path: String { String(target.prefix { $0 != "?" }) }
}

extension ScriptedDestination.Answer {
  static func json(_ text: String, status: Int = 200) -> Self {
    .status(status, headers: ["Content-Type: application/json"], body: text)
  }

  /// A page of TeleCMI's: row `n` for each number.
  static func page(_ numbers: some Sequence<Int>, count: Int?) -> Self {
    let rows = numbers.map { #"{"cmiuid": "id-\#($0)", "time": \#(1_759_309_200_000 + $0), "duration": 3}"# }
    let counted = count.map { #""count": \#($0), "# } ?? ""
    return .json(#"{\#(counted)"cdr": [\#(rows.joined(separator: ", "))]}"#)
  }
}
