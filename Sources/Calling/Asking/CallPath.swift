import RelayCore

/// `/calls/{source}`, or `/calls/{source}/{id}`.
struct CallPath: Equatable {
  let source: String
  let id: Identifier?

  /// nil for every other path.
  init?(_ path: String) {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 3 || parts.count == 4, parts[0].isEmpty, parts[1] == "calls", !parts[2].isEmpty else {
      return nil
    }
    source = String(parts[2])
    guard parts.count == 4 else {
      id = nil
      return
    }
    guard let id = Identifier(parts[3]) else { return nil }
    self.id = id
  }
}
