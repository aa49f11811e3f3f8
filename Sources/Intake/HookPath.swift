import HTTPTypes

/// The path of a webhook: `/hooks/{source}` or `/hooks/{source}/{token}`.
struct HookPath: Equatable {
  let source: String
  /// Percent-decoded; nil where the path has none.
  let token: String?

  /// nil for every other path.
  init?(_ path: String) {
    guard path.hasPrefix("/hooks/") else { return nil }
    let parts = path.dropFirst("/hooks/".count).split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let source = Self.decoded(parts[0]), !source.isEmpty else { return nil }
    self.source = source
    guard parts.count == 2, !parts[1].isEmpty else {
      token = nil
      return
    }
    guard let token = Self.decoded(parts[1]) else { return nil }
    self.token = token
  }

  private static func decoded(_ part: Substring) -> String? {
    if !part.utf8.contains(UInt8(ascii: "%")) { return String(part) }
    return PercentEncoding.decode(part).flatMap { String(validating: $0, as: UTF8.self) }
  }
}
