import Digests
import DurableQueue
import Rules

/// What was in force before a change, and what stood on disk: to tell what a change loses, and to put it back.
struct RulesBefore {
  let load: RulesLoad?
  /// On disk; nil where there is none.
  let file: [UInt8]?
  /// False where nothing was ever in force.
  let isFileAnother: Bool
  private let stored: StoredRules?

  init(_ visitor: QueueVisitor, file: [UInt8]?) throws {
    self.file = file
    load = try visitor.lastRulesLoad()
    stored = try load.flatMap { try visitor.rules(version: $0.version) } ?? visitor.newestRules()
    isFileAnother = Self.isAnother(file, load, stored)
  }

  private static func isAnother(_ file: [UInt8]?, _ load: RulesLoad?, _ stored: StoredRules?) -> Bool {
    guard let file, let stored else { return false }
    if let load, !load.isRefused, load.fileHash == SHA256.hash(file) { return false }
    // Written secrets are masked in what is kept: only where it has none do the texts tell that they are the same.
    return file != Array(stored.text.utf8)
  }

  /// What puts it in force again; nil where that is not kept.
  var inForce: [UInt8]? {
    guard isFileAnother else { return file }
    return stored.flatMap { $0.text.contains("\"\(Secret.mask)\"") ? nil : Array($0.text.utf8) }
  }

  /// Of those that were there before. Not those that missed it already.
  func sourcesThatLostASecret(in new: RulesLoad) -> [(source: String, line: String)] {
    let secrets = SecretsResolver(mode: .unresolved, environment: [:])
    let rules = stored.flatMap {
      try? RuleFile.parse(Array($0.text.utf8), path: "rules version \($0.version)", secrets: secrets)
    }
    let missed = load?.sourcesWithoutSecret.map(\.source) ?? []
    let had = Set(rules?.sources.map(\.name) ?? []).subtracting(missed)
    return new.sourcesWithoutSecret.filter { had.contains($0.source) }
  }
}
