import DurableQueue
import Foundation
import HTTP1
import RelayCore
import Rules
import SQLite
import Simulator
import Telemetry
import TestSupport
import Testing

@testable import cdrelay

/// A day of simulated calls: its webhooks in a database, but for those that were lost, and a simulated API on loopback that
/// knows all of its calls.
final class SimulatedProviderFixture {
  let folder: TemporaryFolder
  let rules: String
  let database: String
  let day: SimulatedDay
  let account = SimulatedAccount()
  let provider: SimulatedProvider
  /// What was posted in it never came.
  let lost: Range<Instant>
  private let server: HTTPServer

  static let begin = Instant(milliseconds: 1_759_276_800_000)  // 2025-10-01T00:00:00Z
  private static let hour: Int64 = 3_600_000

  var source: String { provider == .telecmi ? "telecmi" : "callr" }

  /// - Parameters:
  ///   - begin: of the day.
  ///   - lostHours: what was posted then never came.
  ///   - api: further members of the source's `api`.
  ///   - more: further members of the source.
  init(
    _ provider: SimulatedProvider, calls: Int, begin: Instant = begin, lostHours: Range<Int64> = 10..<12,
    secret: String? = nil, api: String = "", more: String = "",
    _ adjust: (inout SimulatedAPI.Settings) -> Void = { _ in }
  ) throws {
    self.provider = provider
    folder = try TemporaryFolder()
    (rules, database) = (folder.file("rules.json"), folder.file("cdrelay.db"))
    // PIOPIY, which the simulator mixes in by default, has no lists of calls.
    day = SimulatedDay(seed: 7, calls: calls, from: begin, product: .only(.chub))
    lost = begin + lostHours.lowerBound * Self.hour..<begin + lostHours.upperBound * Self.hour
    var settings = SimulatedAPI.Settings()
    settings.pendingAnswers = 0
    adjust(&settings)
    server = HTTPServer(handler: SimulatedAPI(day: day, settings: settings), log: .silent)
    let port = try server.listen("127.0.0.1:0")
    let isTeleCMI = provider == .telecmi
    let text = """
      {"sources": {"\(isTeleCMI ? "telecmi" : "callr")": {
         "provider": "\(isTeleCMI ? "telecmi" : "callr")", "auth": "none", \(more)
         "api": {"base_url": "http://127.0.0.1:\(port)\(isTeleCMI ? "" : "/v2.0")", \(isTeleCMI ? #""app_id": 2222223,"# : "")
           "secret": "\(secret ?? (isTeleCMI ? account.secret : account.apiKey))", "allow_private": true,
           "requests_per_second": 100\(api)}}},
       "destinations": {"crm": {"url": "https://crm.example.com/", "paused": true}},
       "rules": [{"name": "calls", "when": {"call": {"role": "call"}}, "send_to": ["crm"]}]}
      """
    try text.write(toFile: rules, atomically: true, encoding: .utf8)
    try store()
  }

  deinit {
    _ = server.drain(deadlineMilliseconds: 1000)
  }

  var file: RuleFile {
    get throws { try RuleFile.load(path: rules, secrets: SecretsResolver(environment: [:])) }
  }

  /// Ids of the calls whose own record was lost.
  var missing: Set<String> {
    let form: SimulatedProvider = provider == .telecmi ? .telecmi : .callr(.mixed)
    return Set(
      day.missing(form, lost: lost, account: account).map { provider == .telecmi ? $0.mainID : String($0.callid) })
  }

  /// As webhooks would be.
  private func store() throws {
    let webhooks = SimulatedTraffic(day, provider, account: account).filter { !$0.isLive && !lost.contains($0.at) }
    try StoredWebhooks.store(
      webhooks.map { StoredWebhooks.Webhook(body: $0.body, at: $0.at, headers: $0.headers) }, of: source, try file,
      in: database, openedAt: Self.begin)
  }

  // MARK: - Asking

  /// Two days behind the day, so that nothing of it is young.
  static let later = begin + 72 * hour

  static let span = "2025-10-01T00:00:00Z"
  static let end = "2025-10-02T06:00:00Z"

  func reconcile(_ more: String = "") -> CalledCommand {
    CalledCommand(
      "reconcile \(source) --since \(Self.span) --until \(Self.end) --limit 100000 \(more)",
      ["--rules", rules, "--database", database], now: Self.later)
  }

  func backfill(_ more: String = "", isInterrupted: Bool = false, now: Instant = later) -> CalledCommand {
    CalledCommand(
      "backfill \(source) --from \(Self.span) --to \(Self.end) \(more)", ["--rules", rules, "--database", database],
      now: now, isInterrupted: isInterrupted)
  }

  func integer(_ sql: String) throws -> Int64? {
    try Connection(path: database, mode: .readOnly).integer(sql)
  }

  func text(_ sql: String) throws -> String? {
    try Connection(path: database, mode: .readOnly).text(sql)
  }
}

extension CalledCommand {
  /// Ids of the calls that a report lists with this finding.
  func ids(_ finding: String) -> Set<String> {
    let calls = json.first?["calls"]?.array ?? []
    return Set(calls.filter { $0["finding"] == .string(finding) }.compactMap { $0["id"]?.string })
  }
}
