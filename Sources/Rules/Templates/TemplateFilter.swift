import HTTPTypes
import RelayCore

/// A step that a placeholder's value goes through, from left to right. Missing and null are the same to all of them; what a
/// filter can do nothing with becomes missing.
enum TemplateFilter: Sendable, Equatable {
  /// Makes a missing value an error.
  case required
  /// Stands in for a missing value.
  case fallback(JSON)
  /// What stands at another path stands in for a missing value.
  case or(ValuePath)
  /// Missing unless one of these texts stands at another path.
  case onlyIf(ValuePath, [String])
  /// Scalars as text; lists and objects as their JSON.
  case string
  /// Text that is a number as a number.
  case number
  /// The value's JSON as text.
  case json
  case times(ExactDecimal)
  case dividedBy(ExactDecimal)
  /// To so many decimals.
  case round(Int, ExactDecimal.Direction)
  case date(DateFormat)
  case secondsAs(DurationFormat)
  /// A phone number in international form, with `+`.
  case e164(Country?)
  case digits
  /// All but so many characters at the end become `*`.
  case mask(Int)
  case upper, lower
  case replace(String, with: String)
  /// To so many characters, with this text at the end of what was longer.
  case truncate(Int, end: String)
  case map(Table)
  case urlEncode
  /// The name of a recording as a link to it, by source.
  case recordingLink([String: SourceRecordings])

  enum Failure: Error, Equatable {
    /// `required` found none.
    case missingValue
    /// Why a link can't be made.
    case noLink(String)
  }

  /// The other path that it looks at.
  var path: ValuePath? {
    switch self {
    case .or(let path), .onlyIf(let path, _): path
    case .recordingLink: .source
    default: nil
    }
  }

  /// nil is missing.
  /// - Parameter look: the value at another path.
  func apply(_ value: JSON?, _ look: (ValuePath) -> JSON? = { _ in nil }) throws(Failure) -> JSON? {
    let present = value == .null ? nil : value
    switch self {
    case .required:
      guard let present else { throw .missingValue }
      return present
    case .fallback(let fallback): return present ?? fallback
    case .or(let path): return present ?? look(path)
    case .onlyIf(let path, let texts): return look(path).map { texts.contains($0.plainText) } == true ? present : nil
    case .recordingLink(let recordings): return try Self.link(present?.plainText ?? "", recordings, look)
    default: return present.flatMap(transformed)
    }
  }

  private func transformed(_ value: JSON) -> JSON? {
    switch self {
    case .required, .fallback, .or, .onlyIf, .recordingLink: value
    case .string: .string(value.plainText)
    case .number: value.numberInside.map(JSON.number)
    case .json: .string(value.text)
    case .times(let factor): Self.decimal(value)?.times(factor)?.json
    case .dividedBy(let divisor): Self.decimal(value)?.divided(by: divisor)?.json
    case .round(let decimals, let direction): Self.decimal(value)?.rounded(to: decimals, direction).json
    case .date(let format): Instant(reading: value).map(format.write)
    case .secondsAs(let format): Self.decimal(value).flatMap(format.write)
    case .e164(let country):
      Digits(phoneNumber: value.plainText, in: country).map { .string("+" + $0.text) }
    case .digits: Self.digits(value.plainText)
    case .mask(let shown): .string(Self.masked(value.plainText, shown))
    case .upper: .string(value.plainText.uppercased())
    case .lower: .string(value.plainText.lowercased())
    case .replace(let old, let new): .string(value.plainText.replacing(old, with: new))
    case .truncate(let count, let end): .string(Self.truncated(value.plainText, count, end))
    case .map(let table): table[value.plainText]
    case .urlEncode: .string(PercentEncoding.encode(value.plainText))
    }
  }

  /// Counted from the record's receipt, so that a retry sends the same bytes.
  private static func link(
    _ recording: String, _ recordings: [String: SourceRecordings], _ look: (ValuePath) -> JSON?
  ) throws(Failure) -> JSON? {
    if recording.isEmpty { return nil }
    let source = look(.source)?.string ?? ""
    guard let known = recordings[source], let received = look(.receivedAt).flatMap(Instant.init(reading:)) else {
      throw .noLink("source \(source) has no recordings; write \"recordings\" into it")
    }
    do throws(SourceRecordings.Refusal) {
      return .string(try known.link(to: recording, from: received))
    } catch {
      throw .noLink(error.sentence)
    }
  }

  private static func decimal(_ value: JSON) -> ExactDecimal? {
    value.numberInside.flatMap(ExactDecimal.init)
  }

  private static func digits(_ text: String) -> JSON? {
    let digits = text.unicodeScalars.filter { ("0"..."9").contains($0) }
    return digits.isEmpty ? nil : .string(String(String.UnicodeScalarView(digits)))
  }

  private static func masked(_ text: String, _ shown: Int) -> String {
    let hidden = max(0, text.count - shown)
    return String(repeating: "*", count: hidden) + text.dropFirst(hidden)
  }

  private static func truncated(_ text: String, _ count: Int, _ end: String) -> String {
    text.count <= count ? text : String(text.prefix(max(0, count - end.count)) + end.prefix(count))
  }
}

extension JSON {
  /// The value inside a text: text as it is, null as nothing, lists and objects as their JSON.
  var plainText: String {
    switch self {
    case .null: ""
    case .string(let text): text
    default: text
    }
  }
}
