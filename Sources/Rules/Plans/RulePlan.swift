import RelayCore

/// The rules of a file made ready for being asked together: what several look at is read once, and what many compare with
/// a text (of a hundred rules for a hundred teams: the team) says first which of them can match at all. It finds exactly
/// the rules that asking each of them finds.
struct RulePlan: Sendable {
  /// A value that clauses look at.
  enum Slot: Sendable, Hashable {
    case record
    case part(of: Int, FilterStep)
    case number(of: Int)
    case instant(of: Int)
    case phone(of: Int, in: Country?)
    case folded(of: Int)
  }

  /// A step of asking a rule. Plain numbers, and what is asked stands apart: looking at an enumeration with filters inside
  /// would count references several times a rule, which costs more than the asking.
  struct Clause: Sendable {
    enum Kind: UInt8 {
      case all, any, not, object, equals, compares, matches, number, time, phone, sameLetters
    }

    let kind: Kind
    /// Unused for the first three.
    let slot: Int
    /// Of `operands`, `comparisons`, `filters`, `times`, `phones` or `texts`.
    let test: Int
    /// Of `plainTests`, which answers where it can; -1 for none.
    let plain: Int
    /// Behind this clause and those inside it, which come right after it.
    var next: Int
  }

  /// A slot with the rules that each text in it leaves, a bit each.
  struct Look: Sendable {
    let slot: Int
    /// Of a value that no rule names: the rules that ask nothing of it.
    let others: [UInt64]
    let byText: [String: [UInt64]]
  }

  private(set) var slots: [Slot] = [.record]
  private(set) var clauses: [Clause] = []
  /// The first clause of each rule; -1 for one that matches everything.
  private(set) var firstClauses: [Int] = []
  private(set) var operands: [JSON] = []
  private(set) var comparisons: [(comparison: FilterOperator.Comparison, operand: JSON)] = []
  private(set) var filters: [Filter] = []
  private(set) var times: [TimeFilter] = []
  private(set) var phones: [PhoneFilter] = []
  private(set) var texts: [FoldedText] = []
  private(set) var plainTests: [PlainTest] = []
  private(set) var plainTexts = PlainTexts()
  private(set) var looks: [Look] = []
  /// The enabled rules, a bit each.
  private(set) var enabled: [UInt64] = []
  private var positions: [Slot: Int] = [.record: 0]

  /// With fewer rules asking each costs less.
  private static let fewestRules = 6
  private static let mostLooks = 4

  /// nil where asking each rule costs less.
  init?(_ rules: [Rule]) {
    let enabled = rules.indices.filter { rules[$0].isEnabled }
    guard enabled.count >= Self.fewestRules else { return nil }
    self.enabled = Self.bits(enabled, of: rules.count)
    for rule in rules {
      firstClauses.append(rule.when == nil ? -1 : clauses.count)
      if let filter = rule.when { add(filter, 0) }
    }
    looks = makeLooks(rules, enabled)
  }

  // MARK: - Clauses

  private mutating func add(_ filter: Filter, _ slot: Int) {
    switch filter {
    case .all(let filters): add(.all) { plan in for filter in filters { plan.add(filter, slot) } }
    case .any(let filters): add(.any) { plan in for filter in filters { plan.add(filter, slot) } }
    case .not(let filter): add(.not) { $0.add(filter, slot) }
    case .members(let members):
      add(.all) { plan in
        if !plan.isAlwaysObject(slot) { plan.add(.object, slot) }
        for member in members { plan.add(member.filter, plan.position(.part(of: slot, member.step))) }
      }
    case .number(let filter):
      filters.append(filter)
      add(.number, position(.number(of: slot)), filters.count - 1, plain(filter))
    case .time(let filter):
      times.append(filter)
      add(.time, position(.instant(of: slot)), times.count - 1)
    case .phone(let filter):
      phones.append(filter)
      add(
        .phone, position(.phone(of: slot, in: filter.home)), phones.count - 1,
        plain(PlainTest.phone(filter) { plainTexts.add($0) }))
    case .sameLetters(let text):
      texts.append(text)
      add(
        .sameLetters, position(.folded(of: slot)), texts.count - 1,
        plain(PlainTest(kind: .textIs, texts: plainTexts.add([text.folded]))))
    case .equals(let operand):
      operands.append(operand)
      add(.equals, slot, operands.count - 1, plain(filter))
    case .comparison(let comparison, let operand):
      comparisons.append((comparison, operand))
      add(.compares, slot, comparisons.count - 1, plain(filter))
    case .pattern(let pattern):
      filters.append(filter)
      add(.matches, slot, filters.count - 1, plain(PlainTest.pattern(pattern) { plainTexts.add($0) }))
    case .holds, .exists:
      filters.append(filter)
      add(.matches, slot, filters.count - 1)
    }
  }

  private mutating func add(
    _ kind: Clause.Kind, _ slot: Int = 0, _ test: Int = 0, _ plain: Int = -1,
    inside: (inout RulePlan) -> Void = { _ in }
  ) {
    let position = clauses.count
    clauses.append(Clause(kind: kind, slot: slot, test: test, plain: plain, next: position + 1))
    inside(&self)
    clauses[position].next = clauses.count
  }

  private mutating func plain(_ filter: Filter) -> Int {
    switch filter {
    case .equals(let operand): plain(PlainTest.equals(operand) { plainTexts.add($0) })
    case .comparison(let comparison, let operand):
      plain(PlainTest.compares(comparison, operand) { plainTexts.add($0) })
    default: -1
    }
  }

  private mutating func plain(_ test: PlainTest?) -> Int {
    guard let test else { return -1 }
    plainTests.append(test)
    return plainTests.count - 1
  }

  private func isAlwaysObject(_ slot: Int) -> Bool {
    switch slots[slot] {
    case .record, .part(_, .call), .part(_, .headers), .part(_, .query): true
    default: false
    }
  }

  private mutating func position(_ slot: Slot) -> Int {
    if let known = positions[slot] { return known }
    slots.append(slot)
    positions[slot] = slots.count - 1
    return slots.count - 1
  }

  // MARK: - Looks

  private mutating func makeLooks(_ rules: [Rule], _ enabled: [Int]) -> [Look] {
    var asked: [Int: [Int: [String]]] = [:]
    for rule in enabled {
      guard let filter = rules[rule].when else { continue }
      // Of two clauses on the same value either alone leaves no rule out wrongly.
      for (slot, texts) in textsAsked(by: filter, 0) { asked[slot, default: [:]][rule] = texts }
    }
    let useful = asked.filter { $0.value.count >= 2 }.map { slot, texts in
      (slot: slot, texts: texts, different: Set(texts.values.joined()).count)
    }
    // What tells most rules apart first.
    let best = useful.sorted { ($0.different, $0.texts.count, $1.slot) > ($1.different, $1.texts.count, $0.slot) }
    return best.prefix(Self.mostLooks).map { slot, texts, _ in
      let others = enabled.filter { texts[$0] == nil }
      var byText: [String: [Int]] = [:]
      for (rule, texts) in texts { for text in Set(texts) { byText[text, default: []].append(rule) } }
      return Look(
        slot: slot, others: Self.bits(others, of: rules.count),
        byText: byText.mapValues { Self.bits($0 + others, of: rules.count) })
    }
  }

  /// Texts of which one must stand in the slot, or in a list there, wherever the filter matches.
  private mutating func textsAsked(by filter: Filter, _ slot: Int) -> [(slot: Int, texts: [String])] {
    switch filter {
    case .all(let filters): return filters.flatMap { textsAsked(by: $0, slot) }
    case .members(let members):
      return members.flatMap { textsAsked(by: $0.filter, position(.part(of: slot, $0.step))) }
    case .equals(.string(let text)), .comparison(.equal, .string(let text)): return [(slot, [text])]
    case .comparison(.among, .array(let values)):
      let texts = values.compactMap(\.string)
      return texts.count == values.count ? [(slot, texts)] : []
    default: return []
    }
  }

  private static func bits(_ rules: [Int], of count: Int) -> [UInt64] {
    var bits = [UInt64](repeating: 0, count: (count + 63) / 64)
    for rule in rules { bits[rule / 64] |= 1 << UInt64(rule % 64) }
    return bits
  }
}
