/// What a source keeps of requests that were refused with 401: `keep_refused`. The oldest go first where a limit is reached,
/// and strangers can fill it.
package struct KeepRefused: Sendable, Equatable {
  /// Requests. Default 1,000, at most 100,000.
  package var count = 1000
  /// Milliseconds from when one was received. Default 7 days, at most a year.
  package var span = 7 * day
  /// Bytes of all their bodies, headers and queries: the bound on disk. Default 64 MiB, at most 10 GiB.
  package var bytes = 64 << 20

  package init() {}

  private static let day: Int64 = 86_400_000
}

extension KeepRefused {
  static let keys = ["count", "days", "bytes"]

  /// nil where it is switched off.
  init?(reading node: Node, auth: SourceAuth?) {
    let what = #"an object such as {"count": 1000, "days": 7}"#
    guard let reader = ObjectReader(node, keys: Self.keys, what: what) else { return nil }
    self.init()
    count = reader["count"]?.integer(1...100_000).map(Int.init) ?? count
    span = reader["days"]?.decimal(0.01...365).map { Int64($0 * Double(Self.day)) } ?? span
    bytes = reader["bytes"]?.integer(65_536...10_737_418_240).map(Int.init) ?? bytes
    guard reader.isEnabled else { return nil }
    if auth == SourceAuth.none { node.warning(#"keeps nothing: "auth": "none" refuses nobody"#) }
  }
}
