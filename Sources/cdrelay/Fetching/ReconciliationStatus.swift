import DurableQueue
import RelayCore

/// The counts of a kept comparison.
struct ReconciliationStatus {
  let report: JSONObject
  let comparedAt: Instant
  let provider: Int
  let missing: Int
  let stored: Int
  let extra: Int
  let different: Int
  let shortfall: Int

  /// nil where none came to its end.
  init?(_ kept: KeptReconciliation) {
    guard let text = kept.report, let comparedAt = kept.comparedAt,
      let report = (try? JSONParser.parse(Array(text.utf8)))?.object
    else { return nil }
    self.report = report
    self.comparedAt = comparedAt
    func count(_ key: String) -> Int { report[key]?.integer.map(Int.init) ?? 0 }
    provider = count("provider")
    missing = count("missing")
    stored = count("stored")
    extra = count("extra")
    different = count("different")
    shortfall = count("shortfall")
  }

  /// Missing still.
  var open: Int { max(0, missing - stored) }
}

extension KeptReconciliation {
  /// What `status --json` has below a source.
  var json: JSON {
    .object([
      "compared_at": .instant(comparedAt), "failed_at": .instant(failedAt), "failure": .text(failure),
      "report": ReconciliationStatus(self).map { .object($0.report) } ?? .null,
    ])
  }

  /// A line of `status`.
  func sentence(now: Instant) -> String {
    var parts: [String] = []
    if let status = ReconciliationStatus(self) {
      let missing =
        status.missing == 0
        ? "none missing" : "\(Phrases.grouped(status.missing)) missing, \(Phrases.grouped(status.stored)) fetched"
      parts.append(
        "compared \(Phrases.relative(status.comparedAt, to: now)): \(Phrases.count(status.provider, "call", "calls")) at the "
          + "provider, \(missing), \(Phrases.grouped(status.extra)) extra, \(Phrases.grouped(status.different)) different"
      )
    }
    if let failedAt { parts.append("failed \(Phrases.relative(failedAt, to: now)): \(failure ?? "")") }
    return "\(source): " + parts.joined(separator: "; ")
  }
}
