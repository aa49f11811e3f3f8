import DurableQueue
import Providers
import RelayCore
import Rules

/// How two rule files differ about one record. Pure.
struct RecordComparison {
  struct Difference {
    let destination: String
    let change: RulesDiff.Change
    /// The rule that sends it; of a gone delivery the one that sent it.
    let rule: String
    let places: [ChangedPlace]
    /// Why a delivery is gone or new; asked for examples only.
    let why: () -> String?
  }

  struct Outcome {
    let differences: [Difference]
    /// Why the new file would not take a record that the old one takes.
    let refusal: String?
    /// Whether a rule matches, also where the destination skips revisions; nil where the record is not taken.
    let isRouted: (old: Bool?, new: Bool?)
  }

  private let old: RuleFile
  private let new: RuleFile
  /// Defined in the same way by both: their requests are equal where the record is.
  private let sameDestinations: Set<String>
  private let sameSources: Set<String>

  init(old: RuleFile, new: RuleFile) {
    self.old = old
    self.new = new
    sameDestinations = Set(new.destinations.filter { old.destination(named: $0.name) == $0 }.map(\.name))
    sameSources = Set(
      new.sources.filter { source in old.source(named: source.name)?.settings == source.settings }.map(\.name))
  }

  func compare(_ row: RecordRow, _ raw: RawRecord) -> Outcome {
    let before = side(old, row, raw)
    let after = side(new, row, raw, read: sameSources.contains(row.source) ? before.record : nil)
    var differences: [Difference] = []
    for route in before.routes where after.route(to: route.destination) == nil {
      differences.append(
        Difference(destination: route.destination, change: .gone, rule: route.rule, places: []) {
          after.refusal ?? after.record.map { Self.reason(new, route, row, $0) }
        })
    }
    for route in after.routes {
      guard let earlier = before.route(to: route.destination) else {
        differences.append(
          Difference(destination: route.destination, change: .new, rule: route.rule, places: []) {
            before.refusal ?? before.record.map { Self.reason(old, route, row, $0) }
          })
        continue
      }
      let places = changedPlaces(earlier, before, route, after, row, raw)
      guard !places.isEmpty else { continue }
      differences.append(
        Difference(destination: route.destination, change: .changed, rule: route.rule, places: places) { nil })
    }
    return Outcome(
      differences: differences, refusal: before.refusal == nil ? after.refusal : nil,
      isRouted: (before.isRouted, after.isRouted))
  }

  // MARK: - One file's side

  private struct Side {
    var routes: [Route] = []
    var isRouted: Bool?
    /// nil where it would not be taken.
    var record: Record?
    var refusal: String?

    func route(to destination: String) -> Route? { routes.first { $0.destination == destination } }
  }

  /// `read`: the record where the other file reads it in the same way.
  private func side(_ rules: RuleFile, _ row: RecordRow, _ raw: RawRecord, read: Record? = nil) -> Side {
    guard let source = rules.source(named: row.source) else {
      return Side(refusal: "\(rules.path) has no enabled source \(row.source)")
    }
    do throws(Unacceptable) {
      let record = if let read { read } else { try Decoder.decode(raw, settings: source.settings) }
      let routes = rules.route(record)
      return Side(
        routes: routes.filter { row.revision == 0 || !$0.skipsRevisions }, isRouted: !routes.isEmpty, record: record)
    } catch {
      return Side(refusal: "the sender would be answered \(error.status): \(error.reason)")
    }
  }

  /// Why this file makes no delivery that the other makes, by its rule of the same name.
  private static func reason(_ rules: RuleFile, _ route: Route, _ row: RecordRow, _ record: Record) -> String {
    let name = route.destination
    guard let destination = rules.destination(named: name) else { return "\(rules.path) has no destination \(name)" }
    guard destination.isEnabled else { return "destination \(name) is disabled in \(rules.path)" }
    guard let explanation = rules.explain(record).first(where: { $0.rule == route.rule }) else {
      return "\(rules.path) has no rule \(route.rule)"
    }
    guard explanation.outcome == .matched else { return "\(explanation)" }
    let skips = row.revision > 0 && destination.onRevision == .skip
    return skips ? "destination \(name) skips revisions" : "\(explanation), and does not send to \(name)"
  }

  // MARK: - Requests

  private func changedPlaces(
    _ earlier: Route, _ before: Side, _ later: Route, _ after: Side, _ row: RecordRow, _ raw: RawRecord
  ) -> [ChangedPlace] {
    let name = later.destination
    if sameDestinations.contains(name), sameSources.contains(row.source), earlier.rule == later.rule { return [] }
    guard let first = old.destination(named: name), let second = new.destination(named: name) else { return [] }
    let requests = zip(
      self.requests(first, earlier, before.record, row, raw), self.requests(second, later, after.record, row, raw))
    return requests.flatMap { one, other in ChangedPlace.between(one.request, other.request, in: one.name) }
  }

  /// All that a destination may send for the record: the delivery, what it asks before, and what goes in the delivery's place
  /// once an earlier one of the call was taken. What answers would have said is the same on both sides.
  private func requests(
    _ destination: Destination, _ route: Route, _ record: Record?, _ row: RecordRow, _ raw: RawRecord
  ) -> [(name: String?, request: Result<RenderedRequest?, TemplateError>)] {
    var input = RenderInput(
      record: raw, reading: record, recordID: row.id, receivedAt: row.receivedAt, revision: row.revision,
      deliveryID: row.id, attempt: 1, rule: route.rule, masksSecrets: true)
    let asked = input
    let asks = destination.asks(beforeUpdate: false) || destination.asks(beforeUpdate: true)
    let lookup = Result { () throws(TemplateError) in try asks ? destination.renderLookup(asked) : nil }
    if case .success(nil) = lookup {} else { input.lookup = RenderInput.unknownLookup }
    var later = input
    later.captured = RenderInput.unknownCaptured
    let (first, update) = (input, later)
    return [
      (nil, Result { () throws(TemplateError) in try destination.render(first) }),
      ("lookup", lookup),
      (
        "update",
        Result { () throws(TemplateError) in try destination.capture == nil ? nil : destination.render(update) }
      ),
    ]
  }
}
