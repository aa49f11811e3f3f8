import DurableQueue
import Providers
import Rules

extension TrafficCheck {
  /// Warnings of rules beside the newest records of a database. Those whose bodies are gone, and those that these rules would
  /// not take, say nothing.
  static func warnings(_ rules: RuleFile, _ visitor: QueueVisitor) throws -> [RuleProblem] {
    var check = TrafficCheck(rules)
    try visitor.forEachStoredRecord(since: nil, limit: records) { stored in
      guard let raw = stored.raw, let source = rules.source(named: stored.row.source),
        let record = try? Decoder.decode(raw, settings: source.settings)
      else { return }
      check.add(record)
    }
    return check.warnings
  }
}
