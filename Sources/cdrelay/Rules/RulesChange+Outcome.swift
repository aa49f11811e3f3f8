import Digests
import DurableQueue
import Glibc
import RelayCore

/// What became of a change, told.
extension RulesChange {
  func accepted(_ swap: FileSwap, _ load: RulesLoad) throws -> ExitCode {
    try visitor.note(invocation.action(), ofRules: load.version)
    for line in load.missingSecrets {
      let then = line.hasPrefix("sources.") ? "; its requests are answered 503" : ""
      invocation.surroundings.complain("missing for the relay: \(line)\(then)")
    }
    for line in load.needsRestart { invocation.surroundings.complain("\(line) acts once the relay is restarted") }
    return try tell(
      [
        "changed": .bool(true), "version": .integer(load.version),
        "missing_secrets": .array(load.missingSecrets.map(JSON.string)),
        "needs_restart": .array(load.needsRestart.map(JSON.string)),
      ],
      "\(swap.target) holds the new rules, and the relay has taken them: version \(load.version) is in force")
  }

  func takeBack(_ swap: FileSwap, _ old: [UInt8]?, _ load: RulesLoad, _ relay: Int32) throws -> ExitCode {
    var end = "\(swap.target) holds the refused rules"
    if let old {
      try swap.replace(with: old)
      // Waited for, so that whoever comes next finds all as it was before.
      _ = try RelayWord(visitor: visitor, process: relay).ask(about: old, after: load.number)
      end = "\(swap.target) holds the old ones again"
    }
    if invocation.wantsJSON {
      try invocation.output.line([
        "changed": .bool(false), "problems": .array(load.problems.map(JSON.string)),
        "version": .integer(load.version),
      ])
    }
    return try fail(
      "the relay refused the new rules; version \(load.version) stays in force, and \(end):\n"
        + load.problems.joined(separator: "\n"))
  }

  /// The relay took the new rules, but sources lost their secret by them. `word`: about the old ones, which are back.
  func tookBack(
    _ swap: FileSwap, _ lost: [(source: String, line: String)], _ load: RulesLoad, _ word: RulesLoad?
  ) throws -> ExitCode {
    try visitor.note(invocation.action(), ofRules: load.version)
    let still = word?.sourcesWithoutSecret.map(\.source) ?? []
    let problems = lost.map { source, line in
      "\(source): its requests \(still.contains(source) ? "are answered 503" : "were answered 503 meanwhile"): \(line)"
    }
    if invocation.wantsJSON {
      try invocation.output.line([
        "changed": .bool(false), "problems": .array(problems.map(JSON.string)),
        "version": .integer(word?.version ?? load.version),
      ])
    }
    let end =
      word.map { $0.isRefused ? "the relay refused them, see `cdrelay status`" : "version \($0.version) is in force" }
      ?? "the relay has not said within \(Self.patience / 1000) s whether it takes them back, see `cdrelay status`"
    return try fail(
      "the new rules were taken back, the relay lacks a secret that it had; \(swap.target) holds the old ones again, and "
        + "\(end):\n" + problems.joined(separator: "\n"))
  }

  func tell(_ json: JSONObject, _ sentence: String) throws -> ExitCode {
    if invocation.wantsJSON { try invocation.output.line(json) } else { try invocation.output.line(sentence) }
    return .done
  }

  func fail(_ sentence: String) throws -> ExitCode {
    invocation.surroundings.complain("cdrelay: \(sentence)")
    return .failed
  }
}

/// Asks the relay to look at its rule file, and waits until it says what became of that.
struct RelayWord {
  let visitor: QueueVisitor
  let process: Int32

  /// nil where it does not say in time. `after`: the number of the load before.
  func ask(about bytes: [UInt8], after number: Int64) throws -> RulesLoad? {
    let hash = SHA256.hash(bytes)
    kill(process, SIGHUP)
    for _ in 0..<(RulesChange.patience / 50) {
      // What died says nothing any more. Whether it did is asked first: its last word may be there.
      let isAlive = kill(process, 0) == 0 || errno != ESRCH
      if let load = try visitor.lastRulesLoad(), load.number > number,
        load.fileHash == hash || (load.fileHash == nil && load.isRefused)
      {
        return load
      }
      guard isAlive else { return nil }
      usleep(50_000)
    }
    return nil
  }
}
