import DurableQueue
import RelayCore

extension Command {
  static let backup = Command(
    "backup", "Copies the database while the relay runs",
    details: """
      The copy is of the moment at which it was begun, synced and checked before it gets its name. It is marked as a copy: a
      relay that is started on it holds every destination until `cdrelay destinations resume NAME`, since what waits in a
      copy may have been sent since. Copy the rule file and the secrets too; they are not in it. A copy holds what the
      database holds: keep it as you keep that one.
      """,
    positionals: [Positional("FILE", .one, "The copy; must not be there yet.")],
    options: Visit.options + [Option("--json", nil, "What was done as one JSON object.")]
  ) { invocation in
    let visit = try Visit(invocation)
    var shown: Int64?
    let receipt = try visit.visitor.backup(to: invocation.arguments.positionals[0], action: invocation.action()) {
      done, all in
      let step: Int64 = invocation.surroundings.isTerminal ? 64 << 20 : 1 << 30
      guard all > step, done >= all || done - (shown ?? -step) >= step else { return }
      shown = done
      let isOver = done >= all ? ", now checking the copy" : ""
      invocation.surroundings.complain("\(DiskSpace.words(done)) of \(DiskSpace.words(all)) copied\(isOver)")
    }
    if invocation.wantsJSON {
      try invocation.output.line([
        "file": .string(receipt.path), "bytes": .integer(receipt.bytes), "copied_at": .instant(receipt.copiedAt),
      ])
    } else {
      try invocation.output.line(
        "\(receipt.path): \(DiskSpace.words(receipt.bytes)), checked, as of \(receipt.copiedAt.rfc3339)")
    }
    return .done
  }
}
