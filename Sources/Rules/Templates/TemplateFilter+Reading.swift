import RelayCore

extension TemplateFilter {
  enum Name: String, CaseIterable {
    case required, `default`, or
    case onlyIf = "only_if"
    case string, number, json, times
    case dividedBy = "divided_by"
    case round, date
    case secondsAs = "seconds_as"
    case e164, digits, mask, upper, lower, replace, truncate, map
    case urlEncode = "url_encode"
    case recordingLink = "recording_link"
  }

  static let names = Name.allCases.map(\.rawValue)

  /// `argument` as written behind the colon; nil without one.
  init(name text: String, argument: String?, _ loading: Loading) throws(ValuePath.Malformed) {
    guard let name = Name(rawValue: text) else {
      throw ValuePath.Malformed(message: "unknown filter \(text)\(NearestName.hint(for: text, among: Self.names))")
    }
    let arguments = TemplateArguments(filter: text, text: argument)
    switch name {
    case .default:
      guard let argument else {
        throw ValuePath.Malformed(message: "filter default needs a value, as in {{call.agent | default: nobody}}")
      }
      self = .fallback(TemplateArguments.value(argument[...]))
    case .or:
      try arguments.expect(1...1, "{{call.ended_at | or: call.started_at}}")
      self = .or(try Self.path(arguments, loading))
    case .onlyIf:
      try arguments.expect(2...20, "{{call.customer_number | only_if: call.direction, inbound}}")
      self = .onlyIf(
        try Self.path(arguments, loading), (1..<20).compactMap { arguments[$0]?.plainText })
    case .times, .dividedBy, .round: self = try Self.arithmetic(name, arguments)
    case .date: self = try Self.date(arguments, loading)
    case .secondsAs:
      try arguments.expect(1...1, "{{call.answered_seconds | seconds_as: hh:mm}}")
      self = .secondsAs(try arguments.word(0, default: .minutes))
    case .e164: self = try Self.e164(arguments)
    case .mask:
      try arguments.expect(0...1, "{{call.from | mask: 4}}")
      self = .mask(try arguments.integer(0, 0...1000, default: 4))
    case .replace:
      try arguments.expect(2...2, "{{call.agent | replace: \".\", \" \"}}")
      self = .replace(try Self.text(arguments, 0), with: arguments[1]?.plainText ?? "")
    case .truncate:
      try arguments.expect(1...2, "{{call.agent | truncate: 255}}")
      self = .truncate(try arguments.integer(0, 1...1_000_000, default: 1), end: arguments[1]?.plainText ?? "")
    case .map: self = try Self.map(arguments, loading)
    case .recordingLink:
      try arguments.expect(0...0, "")
      guard !loading.recordings.isEmpty else {
        throw ValuePath.Malformed(
          message: "filter recording_link: no source has recordings; write \"recordings\" into one, beside its \"api\"")
      }
      self = .recordingLink(loading.recordings)
    case .required, .string, .number, .json, .digits, .upper, .lower, .urlEncode:
      try arguments.expect(0...0, "")
      self = Self.plain(name)
    }
  }

  private static func plain(_ name: Name) -> TemplateFilter {
    switch name {
    case .required: .required
    case .number: .number
    case .json: .json
    case .digits: .digits
    case .upper: .upper
    case .lower: .lower
    case .urlEncode: .urlEncode
    default: .string
    }
  }

  private static func arithmetic(
    _ name: Name, _ arguments: TemplateArguments
  ) throws(ValuePath.Malformed) -> TemplateFilter {
    if name == .round {
      try arguments.expect(0...2, "{{body.rate | round: 2}}")
      return .round(try arguments.integer(0, 0...20, default: 0), try arguments.word(1, default: .nearest))
    }
    try arguments.expect(1...1, "{{call.answered_seconds | \(name.rawValue): 60}}")
    let number = try arguments.number(0)
    if name == .times { return .times(number) }
    guard !number.isZero else { throw ValuePath.Malformed(message: "filter divided_by: nothing is divided by 0") }
    return .dividedBy(number)
  }

  private static func date(
    _ arguments: TemplateArguments, _ loading: Loading
  ) throws(ValuePath.Malformed) -> TemplateFilter {
    try arguments.expect(1...2, "{{call.started_at | date: \"yyyy-MM-dd HH:mm\", Europe/Paris}}")
    let zone = arguments[1].map { $0.plainText } ?? loading.timeZone
    guard let clock = arguments[1] == nil ? loading.clock(zone) : loading.knownClock(zone) else {
      throw ValuePath.Malformed(
        message: "filter date: expected the name of a time zone such as Europe/Paris, found \(JSON.string(zone).shown)")
    }
    return .date(try DateFormat(arguments[0]?.plainText ?? "", clock))
  }

  private static func e164(_ arguments: TemplateArguments) throws(ValuePath.Malformed) -> TemplateFilter {
    try arguments.expect(0...1, "{{call.from | e164: FR}}")
    guard let value = arguments[0] else { return .e164(nil) }
    guard let country = Country.named[value.plainText.uppercased()] else {
      throw ValuePath.Malformed(
        message: "filter e164: expected a country's two letters, as in FR, found \(value.shown)")
    }
    return .e164(country)
  }

  private static func map(
    _ arguments: TemplateArguments, _ loading: Loading
  ) throws(ValuePath.Malformed) -> TemplateFilter {
    try arguments.expect(1...1, "{{call.agent | map: owners}}")
    let name = try text(arguments, 0)
    guard let table = loading.tables[name] else {
      let hint = NearestName.hint(for: name, among: loading.tables.keys.sorted())
      throw ValuePath.Malformed(message: "filter map: unknown table \(name)\(hint)")
    }
    return .map(table)
  }

  /// Of another value of the record.
  private static func path(
    _ arguments: TemplateArguments, _ loading: Loading
  ) throws(ValuePath.Malformed) -> ValuePath {
    let path = try ValuePath(try text(arguments, 0)[...])
    if let problem = loading.offers.problem(path) { throw ValuePath.Malformed(message: problem) }
    return path
  }

  private static func text(_ arguments: TemplateArguments, _ position: Int) throws(ValuePath.Malformed) -> String {
    guard let text = arguments[position]?.plainText, !text.isEmpty else {
      throw ValuePath.Malformed(message: "filter \(arguments.filter): expected a text, found an empty one")
    }
    return text
  }
}
