import RelayCore

/// Which records a person means. What is nil asks nothing.
package struct RecordFilter: Sendable, Equatable {
  /// The record's id, any id of the provider's, or a phone number in any spelling.
  package var what: String?
  package var sources: [String] = []
  package var kind: RecordKind?
  package var isUnrouted: Bool = false
  /// Received at or after.
  package var since: Instant?
  /// Received before.
  package var until: Instant?

  package init() {}
}

extension RecordFilter {
  /// Over `record r`. Phone numbers are met by their last digits only: `matches` decides.
  var condition: Condition {
    var condition = Condition()
    if let what { condition.add(anyOf: Self.alternatives(what)) }
    condition.add("r.source", isIn: sources)
    if let kind { condition.add("r.kind = ?", .text(kind.rawValue)) }
    if isUnrouted { condition.add("r.unrouted = 1") }
    if let since { condition.add("r.received_at_ms >= ?", .instant(since)) }
    if let until { condition.add("r.received_at_ms < ?", .instant(until)) }
    return condition
  }

  /// True where `what` is one of the record's ids or numbers.
  func matches(_ row: RecordRow) -> Bool {
    guard let what else { return true }
    if [row.id.description, row.callID, row.conversationID, row.requestID].contains(what) { return true }
    guard let sought = DialledNumber(what) else { return false }
    return [row.from, row.to].contains { $0.flatMap(DialledNumber.init).map(sought.isSame) ?? false }
  }

  private static func alternatives(_ what: String) -> [Query] {
    var alternatives = [Query("? IN (r.call_id, r.conversation_id, r.request_id)", [.text(what)])]
    if let id = Identifier(what) { alternatives.append(Query("r.id = ?", [.id(id)])) }
    if let number = DialledNumber(what) {
      let pattern = "%" + number.digits.suffix(DialledNumber.leastShared).map { "\($0)%" }.joined()
      alternatives.append(Query("r.from_number LIKE ? OR r.to_number LIKE ?", [.text(pattern), .text(pattern)]))
    }
    return alternatives
  }
}

/// A phone number as people and providers write it, for comparing spellings: `+33 6 39 98 00 42`, `0033639980042` and
/// `06 39 98 00 42` are the same.
struct DialledNumber {
  /// Fewer digits than these tell no two numbers apart: shorter ones (extensions) must be equal.
  static let leastShared = 7

  /// Without international prefix and without the trunk zero of a national spelling.
  let digits: String

  /// nil for text that holds other characters than numbers are written with, or no digit.
  init?(_ text: String) {
    let punctuation: Set<Character> = ["+", " ", "-", ".", "/", "(", ")"]
    guard text.allSatisfy({ ("0"..."9").contains($0) || punctuation.contains($0) }) else { return nil }
    // `+49 (0)30 …`: the zero is for those who call from inside the country.
    let international = text.split(separator: "(0)", omittingEmptySubsequences: false).joined()
    let digits = PhoneNumber.digits(international).drop { $0 == "0" }
    guard !digits.isEmpty else { return nil }
    self.digits = String(digits)
  }

  /// Equal, or one is the other without its country code.
  func isSame(_ other: DialledNumber) -> Bool {
    if digits == other.digits { return true }
    guard min(digits.utf8.count, other.digits.utf8.count) >= Self.leastShared else { return false }
    return digits.hasSuffix(other.digits) || other.digits.hasSuffix(digits)
  }
}
