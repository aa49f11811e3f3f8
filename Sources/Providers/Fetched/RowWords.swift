import RelayCore

/// What people's and portals' exports write for the same things. No provider documents the words of its files: all of these
/// are guesses, beside the providers' own words.
enum RowWords {
  static func direction(_ word: String) -> Call.Direction? {
    switch word {
    case "inbound", "incoming", "in": .inbound
    case "outbound", "outgoing", "out": .outbound
    default: nil
    }
  }

  /// A word that none of these is says nothing: the row is bad, rather than wrong.
  static func status(_ word: String) -> Call.Status? {
    switch word {
    case "answered", "answer", "connected", "completed": .answered
    case "missed", "noanswer", "no answer", "no_answer", "no-answer", "unanswered", "not answered": .missed
    case "busy": .busy
    case "failed": .failed
    case "canceled", "cancelled": .canceled
    case "unallocated": .unallocated
    default: nil
    }
  }
}

extension JSONView {
  /// A count of seconds in any spelling of files: `123`, `123.4`, `2:03`, `00:02:03`.
  var rowSeconds: Int64? {
    if let seconds { return seconds }
    guard let text = string else { return nil }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard (2...3).contains(parts.count) else { return nil }
    var sum: Int64 = 0
    for (place, part) in parts.enumerated() {
      guard let number = JSON.integer(of: String(part)), number >= 0, number < (place == 0 ? 10_000 : 60) else {
        return nil
      }
      sum = sum * 60 + number
    }
    return sum
  }
}
