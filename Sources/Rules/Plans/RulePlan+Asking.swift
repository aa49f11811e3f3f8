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
    private var plainValues: [PlainValue]
    /// Of the texts among them.
    private(set) var bytes: [UInt8] = []
    /// What a list stands before was asked for since this was last set: then the answer counts for nothing.
    var metList = false

    init(_ record: Record, _ slots: [Slot]) {
      self.record = record
      self.slots = slots
      values = [Value](repeating: .unread, count: slots.count)
      values[0] = .present(.record)
      plainValues = [PlainValue](repeating: PlainValue(), count: slots.count)
    }

    mutating func plain(_ slot: Int) -> PlainValue {
      if plainValues[slot].kind == .unread { plainValues[slot] = readPlain(slot) }
      return plainValues[slot]
    }

    private mutating func readPlain(_ slot: Int) -> PlainValue {
      switch value(slot) {
      case .missing, .unread: return PlainValue(kind: .missing)
      case .present(.json(.string(let text))), .folded(let text): return keep(text)
      case .phone(let number): return keep(number.text)
      case .present(.json(.number(.integer(let integer)))), .number(.number(.integer(let integer))):
        return PlainValue(kind: .integer, integer: integer)
      case .present, .number, .instant, .behindList: return PlainValue(kind: .other)
      }
    }

    private mutating func keep(_ text: String) -> PlainValue {
      let start = bytes.count
      bytes.append(contentsOf: text.utf8)
      return PlainValue(
        kind: .text, start: start, count: bytes.count - start, isASCII: bytes[start...].allSatisfy { $0 < 0x80 })
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
        guard matches(firstClauses[rule], &memo) ?? rules[rule].matches(record) else { continue }
        if matched(rule) { return }
      }
    }
  }

  /// nil where a list stood on the way.
  private func matches(_ clause: Int, _ memo: inout Memo) -> Bool? {
    if clause < 0 { return true }
    memo.metList = false
    let holds = holds(clause, &memo)
    return memo.metList ? nil : holds
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

extension RulePlan {
  private func holds(_ position: Int, _ memo: inout Memo) -> Bool {
    let clause = clauses[position]
    switch clause.kind {
    case .all:
      var inside = position + 1
      while inside < clause.next {
        if !holds(inside, &memo) { return false }
        inside = clauses[inside].next
      }
      return true
    case .any:
      var inside = position + 1
      while inside < clause.next {
        if holds(inside, &memo) { return true }
        inside = clauses[inside].next
      }
      return false
    case .not: return !holds(position + 1, &memo)
    default: return (clause.plain < 0 ? nil : plainly(clause, &memo)) ?? test(clause, &memo)
    }
  }

  private func plainly(_ clause: Clause, _ memo: inout Memo) -> Bool? {
    let value = memo.plain(clause.slot)
    if value.kind == .other { return nil }
    return memo.bytes.withUnsafeBufferPointer { bytes in
      plainTexts.places.withUnsafeBufferPointer { places in
        plainTexts.bytes.withUnsafeBufferPointer { plainTests[clause.plain].holds(value, bytes, places, $0) }
      }
    }
  }

  private func test(_ clause: Clause, _ memo: inout Memo) -> Bool {
    switch memo.value(clause.slot) {
    case .present(let value): return test(clause, value, &memo)
    case .number(let number): return filters[clause.test].matches(.json(number), of: nil)
    case .instant(let instant): return times[clause.test].matches(instant)
    case .phone(let number): return phones[clause.test].matches(number)
    case .folded(let folded): return texts[clause.test].folded == folded
    case .missing, .unread: return clause.kind == .matches && filters[clause.test].matches(nil, of: nil)
    case .behindList:
      memo.metList = true
      return false
    }
  }

  private func test(_ clause: Clause, _ value: RecordValue, _ memo: inout Memo) -> Bool {
    switch (clause.kind, value) {
    case (.object, _):
      if value.isList { memo.metList = true }
      return value.isObject
    case (.equals, .json(let json)): return Filter.equals(json, operands[clause.test])
    case (.compares, .json(let json)):
      return comparisons[clause.test].comparison.holds(json, comparisons[clause.test].operand)
    case (.equals, _): return Filter.equals(operands[clause.test]).matches(value, of: nil)
    case (.compares, _):
      // Only of whole parts the record is needed, whose copy would cost more than all else here.
      let json = value.json(of: value.isPart ? memo.record : nil)
      return comparisons[clause.test].comparison.holds(json, comparisons[clause.test].operand)
    default: return filters[clause.test].matches(value, of: value.isPart ? memo.record : nil)
    }
  }
}
