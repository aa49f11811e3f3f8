import DurableQueue
import HTTPTypes
import RelayCore
import Rules

/// What `rules test` sends through the rules: a person's bytes, a documented record, or one that came.
struct TrialSample {
  let raw: RawRecord
  let source: Source
  /// Of one that came; nil for others.
  var row: RecordRow?

  static let options = [
    Option("--source", "NAME", "The source that the sample comes to. Default: the record's own, else the only one."),
    Option(
      "--sample", "NAME", "A documented record in place of SAMPLE: \(DocumentedSample.names.joined(separator: ", ")).",
      choices: DocumentedSample.names),
    Option("--record", "ID", "A stored record in place of SAMPLE."), Visit.options[0],
  ]

  init(_ invocation: Invocation, _ rules: RuleFile) throws {
    let arguments = invocation.arguments
    let file = arguments.positionals.dropFirst().first
    let given = [file.map { _ in "SAMPLE" }, arguments["--sample"].map { _ in "--sample" }]
    if let first = (given + [arguments["--record"].map { _ in "--record" }]).compactMap({ $0 }).dropFirst().first {
      throw UsageError("give one record: \(first) does not go with another")
    }
    if let text = arguments["--record"] {
      guard let id = Identifier(text) else { throw UsageError("--record: expected an id in digits, found \(text)") }
      let visitor = try QueueVisitor(path: try invocation.databasePath(rules))
      guard let row = try visitor.record(id) else { throw CommandError("no record has the id \(id)") }
      guard let raw = try visitor.raw(ofRecord: id) else {
        throw CommandError("record \(id): its body is no longer kept")
      }
      self.row = row
      self.raw = raw
      source = try Self.source(of: rules, named: arguments["--source"] ?? row.source, among: rules.sources)
    } else if let name = arguments["--sample"] {
      let sample = try DocumentedSample.named(name)
      raw = RawRecord(sample: Array(sample.body.utf8))
      let speakers = rules.sources.filter { $0.settings.provider == sample.provider }
      if arguments["--source"] == nil, !speakers.contains(where: \.isEnabled) {
        throw CommandError("\(rules.path) has no enabled source of provider \(sample.provider.rawValue)")
      }
      source = try Self.source(of: rules, named: arguments["--source"], among: speakers)
    } else {
      source = try Self.source(of: rules, named: arguments["--source"], among: rules.sources)
      raw = RawRecord(sample: try invocation.read(file ?? "-"))
    }
  }

  /// `candidates`: which it may be where none is named.
  private static func source(of rules: RuleFile, named name: String?, among candidates: [Source]) throws -> Source {
    let known = rules.sources.filter(\.isEnabled).map(\.name)
    guard let name else {
      let candidates = candidates.filter(\.isEnabled)
      if candidates.count == 1 { return candidates[0] }
      let names = (candidates.isEmpty ? known : candidates.map(\.name)).joined(separator: ", ")
      throw UsageError("missing --source NAME: \(rules.path) has \(known.isEmpty ? "no enabled one" : names)")
    }
    if let source = rules.source(named: name) { return source }
    throw CommandError("\(rules.path): no enabled source \(name)" + NearestName.question(name, among: known))
  }
}

extension RawRecord {
  /// What a sender of such bytes says: JSON, else a form where it looks like one.
  init(sample: [UInt8]) {
    let first = sample.first { $0 > 0x20 }
    let isForm = first != UInt8(ascii: "{") && first != UInt8(ascii: "[") && sample.contains(UInt8(ascii: "="))
    self.init(
      body: sample, contentType: isForm ? "application/x-www-form-urlencoded" : "application/json",
      headers: HTTPHeaders(), query: FormFields())
  }
}
