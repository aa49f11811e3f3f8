import Synchronization
import Telemetry

/// What `/metrics` says of changed rules.
final class ReloadCounts: MetricsSource {
  private let accepted = Counter()
  private let refused = Counter()
  private let isRefused = Atomic<Bool>(false)
  private let version = Atomic<Int64>(0)

  var versionInForce: Int64 { version.load(ordering: .relaxed) }

  /// At a start nothing was reloaded yet.
  func started(version: Int64, isRefused: Bool) {
    self.version.store(version, ordering: .relaxed)
    self.isRefused.store(isRefused, ordering: .relaxed)
  }

  func accepted(version: Int64) {
    accepted.add()
    started(version: version, isRefused: false)
  }

  func wasRefused() {
    refused.add()
    isRefused.store(true, ordering: .relaxed)
  }

  func write(to page: inout MetricsPage) {
    page.add(
      "cdrelay_rules_reloads_total", .counter,
      "Rule files that the relay looked at since it started, by what became of them.",
      [.init(accepted.value, ["result": "accepted"]), .init(refused.value, ["result": "refused"])])
    page.add(
      "cdrelay_rules_refused", .gauge, "1 while the rule file is refused and an earlier version is in force.",
      isRefused.load(ordering: .relaxed) ? 1 : 0)
    page.add(
      "cdrelay_rules_version", .gauge, "The version of the rules in force, as records keep it.",
      version.load(ordering: .relaxed))
  }
}
