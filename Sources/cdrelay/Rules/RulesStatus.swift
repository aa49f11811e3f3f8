import DurableQueue
import RelayCore

/// Which rules are in force, and what became of the file when the relay looked at it last.
struct RulesStatus {
  private let newest: StoredRules?
  private let load: RulesLoad?

  init(_ visitor: QueueVisitor) throws {
    load = try visitor.lastRulesLoad()
    newest = try load.flatMap { try visitor.rules(version: $0.version) } ?? visitor.newestRules()
  }

  /// Empty where no relay ever ran here.
  func lines(now: Instant) -> [String] {
    guard let newest else { return [] }
    let path = newest.path.map { " from \($0)" } ?? ""
    var lines = [
      "Rules: version \(newest.version)\(path), accepted \(Phrases.relative(newest.loadedAt, to: now))."
    ]
    guard let load else { return lines }
    if load.isRefused {
      lines.append(load.refusal)
      lines += load.problems.dropFirst().map { "  \($0)" }
    }
    lines += load.missingSecrets.map { "A secret is missing: \($0)." }
    lines += load.needsRestart.map { "\($0) was changed and acts once the relay is restarted." }
    return lines
  }

  var json: JSON {
    .object([
      "version": newest.map { .integer($0.version) } ?? .null, "accepted_at": .instant(newest?.loadedAt),
      "path": .text(load?.path ?? newest?.path), "loaded_at": .instant(load?.at),
      "refused": .bool(load?.isRefused == true), "problems": .array((load?.problems ?? []).map(JSON.string)),
      "missing_secrets": .array((load?.missingSecrets ?? []).map(JSON.string)),
      "needs_restart": .array((load?.needsRestart ?? []).map(JSON.string)),
    ])
  }
}
