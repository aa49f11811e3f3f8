import RelayCore

/// What lookups of one destination gave, for as long as it may be used again. Bounded: of the entries the younger half is
/// kept when there are too many.
struct LookupCache {
  /// SHA-256 of a request: method, URL, headers and body.
  typealias Key = [UInt8]

  struct Entry: Equatable {
    /// nil: the answer held none.
    let value: JSON?
    let askedAt: Instant
    let endsAt: Instant
  }

  /// Entries of a generation; there are two.
  static let generation = 5000
  /// Bytes of JSON; a longer value is asked for each time.
  static let longestValue = 1024

  private var young: [Key: Entry] = [:]
  private var old: [Key: Entry] = [:]

  var count: Int { young.count + old.count }

  /// - Parameter since: what was asked before does not count; nil where all does.
  func entry(_ key: Key, since: Instant?, _ now: Instant) -> Entry? {
    guard let entry = young[key] ?? old[key], entry.endsAt > now, since.map({ entry.askedAt >= $0 }) ?? true else {
      return nil
    }
    return entry
  }

  mutating func keep(_ value: JSON?, for milliseconds: Int64, under key: Key, asked askedAt: Instant, _ now: Instant) {
    guard milliseconds > 0, (value?.text.utf8.count ?? 0) <= Self.longestValue else { return }
    if young[key] == nil, young.count >= Self.generation {
      old = young
      young = [:]
    }
    young[key] = Entry(value: value, askedAt: askedAt, endsAt: now + milliseconds)
  }
}
