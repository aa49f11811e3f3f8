import RelayCore

/// A compiled `when`, in the filter syntax that Hookdeck, Outpost and Convoy share. Evaluation is pure and total: every
/// filter has an answer for every record.
indirect enum Filter: Sendable, Equatable {
  /// A scalar: equal to the value, or to any element of a list.
  case equals(JSON)
  /// Keys without `$`: asks for an object, or a list of which an element is one, where every member holds.
  case members([Member])
  /// A list: asks for a list in which each of these matches some element.
  case holds([Filter])
  case comparison(FilterOperator.Comparison, JSON)
  case pattern(Pattern)
  /// `$ieq`: a text that is this one but for upper and lower case.
  case sameLetters(FoldedText)
  /// `$number`: a number, or a text that is one, matched as that number.
  case number(Filter)
  case time(TimeFilter)
  case phone(PhoneFilter)
  /// False asks for the key to be missing: nothing else matches a missing key.
  case exists(Bool)
  /// Several clauses about the same value.
  case all([Filter])
  case any([Filter])
  case not(Filter)

  struct Member: Sendable, Equatable {
    let step: FilterStep
    let filter: Filter
  }
}

/// From a part of the record to a part of that.
enum FilterStep: Sendable, Hashable {
  case source, provider, kind, call, body, headers, query
  case field(CallField)
  /// In lower case.
  case header(String)
  case queryField(String)
  case key(JSONKey)

  /// As a person writes it.
  var name: String {
    switch self {
    case .source: "source"
    case .provider: "provider"
    case .kind: "kind"
    case .call: "call"
    case .body: "body"
    case .headers: "headers"
    case .query: "query"
    case .field(let field): field.rawValue
    case .header(let name), .queryField(let name): name
    case .key(let key): key.text
    }
  }
}

/// The operators of the filter language.
enum FilterOperator: String, CaseIterable {
  case eq = "$eq"
  case neq = "$neq"
  case gt = "$gt"
  case gte = "$gte"
  case lt = "$lt"
  case lte = "$lte"
  case `in` = "$in"
  case nin = "$nin"
  case startsWith = "$startsWith"
  case endsWith = "$endsWith"
  case exist = "$exist"
  case or = "$or"
  case and = "$and"
  case not = "$not"
  case regex = "$regex"
  case ieq = "$ieq"
  case number = "$number"
  case time = "$time"
  case phone = "$phone"

  /// Those that compare the value, a list as a whole, with an operand.
  enum Comparison: String, Sendable, Equatable {
    case equal = "$eq"
    case notEqual = "$neq"
    case greater = "$gt"
    case greaterOrEqual = "$gte"
    case less = "$lt"
    case lessOrEqual = "$lte"
    case among = "$in"
    case notAmong = "$nin"
    case startsWith = "$startsWith"
    case endsWith = "$endsWith"
  }
}

/// A text without the difference of upper and lower case (Unicode §3.13: `Straße` and `STRASSE` are one).
struct FoldedText: Sendable, Equatable {
  /// As it stands in the rule file.
  let written: String
  let folded: String

  init(_ text: String) {
    written = text
    folded = Self.fold(text)
  }

  func matches(_ text: String) -> Bool {
    text == written || Self.fold(text) == folded
  }

  static func fold(_ text: String) -> String {
    text.uppercased().lowercased()
  }
}
