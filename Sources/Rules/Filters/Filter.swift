import RelayCore

/// A compiled `when`.
struct Filter: Sendable, Equatable {
  func matches(_ record: Record) -> Bool { false }
}

struct FilterCompiler {
  let loading: Loading
  let names: KnownNames
  func compile(_ node: Node) -> Filter? { nil }
}
