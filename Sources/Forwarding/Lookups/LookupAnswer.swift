import Outgoing
import RelayCore
import Rules

/// What an answer that was accepted says to a lookup.
enum LookupAnswer: Equatable {
  case found(JSON)
  case none
  /// No JSON, or longer than is read: nobody knows what it says.
  case unreadable(String)

  init(_ answer: Answer, _ lookup: Lookup) {
    guard !answer.body.isEmpty else {
      self = .none
      return
    }
    guard !answer.isCut, let json = answer.json else {
      self = .unreadable("status \(answer.status): the answer is \(answer.isCut ? "longer than 1 MiB" : "no JSON")")
      return
    }
    self = lookup.value.value(in: json).map(LookupAnswer.found) ?? .none
  }

  /// Why a delivery whose destination says `"if_none": "dead_letter"` is one.
  static let noneInWords = "lookup: the answer holds no value, and if_none is dead_letter"
  static let notAskedInWords = "lookup: \(Lookup.notMadeInWords)"
}

extension Lookup {
  /// Milliseconds for which what was found, or not found, is used again.
  func cacheMilliseconds(of value: JSON?) -> Int64 {
    value == nil ? min(cacheMilliseconds, Self.longestMiss) : cacheMilliseconds
  }
}

extension Capture {
  /// What an accepted answer leaves; nil where it leaves nothing.
  func value(of result: SendResult) -> JSON? {
    guard case .answered(let answer) = result, !answer.isCut else { return nil }
    return answer.json.flatMap { value(of: $0) }
  }
}
