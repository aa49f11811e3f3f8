import RelayCore

extension RulePlan {
  /// The values of one record that were looked at so far.
  struct Memo {
    enum Value {
      case unread, missing
      case present(RecordValue)
      case number(JSON)
      case instant(Instant)
      case phone(Digits)
      case folded(String)
      /// A list stands on the way, and any of its elements may lead on.
      case behindList
    }

    let record: Record
    private let slots: [Slot]
    private var values: [Value]
    /// What a list stands before was asked for since this was last set: then the answer counts for nothing.
    var metList = false

    init(_ record: Record, _ slots: [Slot]) {
      self.record = record
      self.slots = slots
      values = [Value](repeating: .unread, count: slots.count)
      values[0] = .present(.record)
    }

    mutating func value(_ slot: Int) -> Value {
      if case .unread = values[slot] { values[slot] = read(slots[slot]) }
      return values[slot]
    }

    private mutating func read(_ slot: Slot) -> Value {
      switch slot {
      case .record: return .present(.record)
      case .part(let whole, let step):
        guard case .present(let whole) = value(whole) else { return orBehindList(whole) }
        if whole.isList { return .behindList }
        return whole.part(step, of: record).map { .present($0.built) } ?? .missing
      case .number(let base):
        guard case .present(let base) = value(base) else { return orBehindList(base) }
        return base.number.map { .number(.number($0)) } ?? .missing
      case .instant(let base):
        guard case .present(let base) = value(base) else { return orBehindList(base) }
        return base.instant.map(Value.instant) ?? .missing
      case .phone(let base, let country):
        guard case .present(let base) = value(base) else { return orBehindList(base) }
        return base.digitsText.flatMap { Digits(phoneNumber: $0, in: country) }.map(Value.phone) ?? .missing
      case .folded(let base):
        guard case .present(let base) = value(base) else { return orBehindList(base) }
        return base.text.map { .folded(FoldedText.fold($0)) } ?? .missing
      }
    }

    private mutating func orBehindList(_ slot: Int) -> Value {
      if case .behindList = value(slot) { .behindList } else { .missing }
    }
  }

  /// Calls this for each rule that matches, in order, until it says stop.
  func forEachMatch(of record: Record, in rules: [Rule], _ matched: (_ rule: Int) -> Bool) {
    var memo = Memo(record, slots)
    for (word, bits) in candidates(&memo).enumerated() {
      var bits = bits
      while bits != 0 {
        let rule = word * 64 + bits.trailingZeroBitCount
        bits &= bits - 1
        if matches(rules[rule], clauses[rule], &memo), matched(rule) { return }
      }
    }
  }

  private func matches(_ rule: Rule, _ clause: Clause?, _ memo: inout Memo) -> Bool {
    guard let clause else { return true }
    memo.metList = false
    let holds = clause.holds(&memo)
    return memo.metList ? rule.matches(memo.record) : holds
  }

  /// As many as this are asked without further looks.
  private static let fewCandidates = 2

  /// A bit for each rule.
  private func candidates(_ memo: inout Memo) -> [UInt64] {
    var left = enabled
    for look in looks {
      guard let mask = mask(look, &memo) else { continue }
      var count = 0
      for word in left.indices {
        left[word] &= mask[word]
        count += left[word].nonzeroBitCount
      }
      if count <= Self.fewCandidates { break }
    }
    return left
  }

  /// nil where the value tells nothing: of a list any element may match.
  private func mask(_ look: Look, _ memo: inout Memo) -> [UInt64]? {
    switch memo.value(look.slot) {
    case .behindList: return nil
    case .present(let value):
      if value.isList { return nil }
      return value.text.flatMap { look.byText[$0] } ?? look.others
    default: return look.others
    }
  }
}

extension RulePlan.Clause {
  fileprivate func holds(_ memo: inout RulePlan.Memo) -> Bool {
    switch self {
    case .all(let clauses):
      for clause in clauses where !clause.holds(&memo) { return false }
      return true
    case .any(let clauses):
      for clause in clauses where clause.holds(&memo) { return true }
      return false
    case .not(let clause): return !clause.holds(&memo)
    case .object(let slot):
      guard case .present(let value) = read(slot, &memo) else { return false }
      if value.isList { memo.metList = true }
      return value.isObject
    case .matches(let slot, let filter):
      guard case .present(let value) = read(slot, &memo) else { return filter.matches(nil, of: memo.record) }
      return filter.matches(value, of: memo.record)
    case .number(let slot, let filter):
      guard case .number(let value) = read(slot, &memo) else { return false }
      return filter.matches(.json(value), of: memo.record)
    case .time(let slot, let filter):
      guard case .instant(let instant) = read(slot, &memo) else { return false }
      return filter.matches(instant)
    case .phone(let slot, let filter):
      guard case .phone(let number) = read(slot, &memo) else { return false }
      return filter.matches(number)
    case .sameLetters(let slot, let text):
      guard case .folded(let folded) = read(slot, &memo) else { return false }
      return text.folded == folded
    }
  }

  private func read(_ slot: Int, _ memo: inout RulePlan.Memo) -> RulePlan.Memo.Value {
    let value = memo.value(slot)
    if case .behindList = value { memo.metList = true }
    return value
  }
}
