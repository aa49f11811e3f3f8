import HTTPTypes

/// The path of a webhook: `/hooks/{source}` or `/hooks/{source}/{token}`.
struct HookPath: Equatable {
  let source: String
  /// Percent-decoded; nil where the path has none.
  let token: String?

  private static let prefix: StaticString = "/hooks/"

  /// nil for every other path.
  init?(_ path: String) {
    var path = path
    guard let read = path.withUTF8(Self.read) else { return nil }
    self = read
  }

  private init(source: String, token: String?) {
    self.source = source
    self.token = token
  }

  private static func read(_ path: UnsafeBufferPointer<UInt8>) -> HookPath? {
    guard path.starts(with: UnsafeBufferPointer(start: prefix.utf8Start, count: prefix.utf8CodeUnitCount)) else {
      return nil
    }
    let rest = path[prefix.utf8CodeUnitCount...]
    let end = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
    guard let source = decoded(rest[..<end]), !source.isEmpty else { return nil }
    let behind = rest[end...].dropFirst()
    if behind.isEmpty { return HookPath(source: source, token: nil) }
    return decoded(behind).map { HookPath(source: source, token: $0) }
  }

  private static func decoded(_ part: Slice<UnsafeBufferPointer<UInt8>>) -> String? {
    let text = String(decoding: part, as: UTF8.self)
    guard part.contains(UInt8(ascii: "%")) else { return text }
    return PercentEncoding.decode(text).flatMap { String(validating: $0, as: UTF8.self) }
  }
}
