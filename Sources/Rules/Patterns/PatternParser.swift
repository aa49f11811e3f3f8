/// Reads the part of the common syntax of regular expressions that can be matched in linear time.
struct PatternParser {
  private let scalars: [Unicode.Scalar]
  private var position = 0
  private var depth = 0
  private static let depthLimit = 50
  static let repetitionLimit = 1000

  /// `ignoresCase`: the pattern begins with `(?i)`.
  static func parse(_ text: String) throws(PatternError) -> (syntax: PatternSyntax, ignoresCase: Bool) {
    let ignoresCase = text.hasPrefix("(?i)")
    var parser = PatternParser(scalars: Array((ignoresCase ? text.dropFirst(4) : text[...]).unicodeScalars))
    let syntax = try parser.alternatives()
    if parser.peek == ")" { throw PatternError(message: "\")\" has no \"(\"; write \\) for the character itself") }
    return (syntax, ignoresCase)
  }

  private init(scalars: [Unicode.Scalar]) {
    self.scalars = scalars
  }

  private var peek: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard peek == scalar else { return false }
    position += 1
    return true
  }

  private mutating func next() -> Unicode.Scalar? {
    defer { position += 1 }
    return peek
  }

  private mutating func alternatives() throws(PatternError) -> PatternSyntax {
    var branches = [try sequence()]
    while take("|") { branches.append(try sequence()) }
    return branches.count == 1 ? branches[0] : .alternatives(branches)
  }

  private mutating func sequence() throws(PatternError) -> PatternSyntax {
    var parts: [PatternSyntax] = []
    while let scalar = peek, scalar != "|", scalar != ")" {
      let part = try atom()
      parts.append(try repetition(of: part))
    }
    return parts.count == 1 ? parts[0] : parts.isEmpty ? .empty : .sequence(parts)
  }

  private mutating func atom() throws(PatternError) -> PatternSyntax {
    guard let scalar = next() else { return .empty }
    switch scalar {
    case "(": return try group()
    case "[": return .set(try characterClass())
    case ".": return .set(.any)
    case "^": return .assertion(.textStart)
    case "$": return .assertion(.textEnd)
    case "\\": return try escape()
    case "*", "+", "?", "{":
      throw PatternError(message: "\"\(scalar)\" has nothing to repeat; write \\\(scalar) for the character itself")
    default: return .set(.of(scalar))
    }
  }

  private mutating func group() throws(PatternError) -> PatternSyntax {
    depth += 1
    guard depth <= Self.depthLimit else {
      throw PatternError(message: "groups are nested deeper than \(Self.depthLimit) levels")
    }
    if take("?"), !take(":") {
      switch peek {
      case "=", "!":
        throw PatternError(message: "looking ahead can't be matched in linear time; use $and, $or and $not instead")
      case "<" where position + 1 < scalars.count && (scalars[position + 1] == "=" || scalars[position + 1] == "!"):
        throw PatternError(message: "looking behind can't be matched in linear time; use $and, $or and $not instead")
      case "<", "P":
        throw PatternError(message: "groups have no names here; write ( )")
      default:
        throw PatternError(message: "(?i) stands only at the beginning, and of the other (?…) only (?: ) is known")
      }
    }
    let inner = try alternatives()
    guard take(")") else { throw PatternError(message: "\"(\" has no \")\"; write \\( for the character itself") }
    depth -= 1
    return inner
  }

  private mutating func repetition(of part: PatternSyntax) throws(PatternError) -> PatternSyntax {
    let bounds: (least: Int, most: Int?)
    switch peek {
    case "*": bounds = (0, nil)
    case "+": bounds = (1, nil)
    case "?": bounds = (0, 1)
    case "{": bounds = try braces()
    default: return part
    }
    position += 1
    // Whether a repetition is greedy says which text is found, not whether one is.
    _ = take("?")
    if let scalar = peek, "*+?{".unicodeScalars.contains(scalar) {
      throw PatternError(message: "\"\(scalar)\" repeats what is repeated already; write ( ) around it")
    }
    return .repeated(part, least: bounds.least, most: bounds.most)
  }

  /// `{m}`, `{m,}`, `{m,n}`; stops at the closing brace.
  private mutating func braces() throws(PatternError) -> (least: Int, most: Int?) {
    position += 1
    let least = number()
    var most = least
    if take(",") { most = peek == "}" ? nil : number() ?? -1 }
    guard let least, peek == "}", most ?? least >= least else {
      throw PatternError(message: "expected {m}, {m,} or {m,n} behind \"{\"; write \\{ for the character itself")
    }
    guard max(least, most ?? 0) <= Self.repetitionLimit else {
      throw PatternError(message: "repeats more than \(Self.repetitionLimit) times")
    }
    return (least, most)
  }

  private mutating func number() -> Int? {
    var value: Int?
    while let scalar = peek, ("0"..."9").contains(scalar) {
      value = min((value ?? 0) * 10 + Int(scalar.value - 0x30), 1_000_000)
      position += 1
    }
    return value
  }

  private mutating func escape() throws(PatternError) -> PatternSyntax {
    switch peek {
    case "b":
      position += 1
      return .assertion(.wordBoundary)
    case "B":
      position += 1
      return .assertion(.noWordBoundary)
    default: return .set(try escapedSet())
    }
  }

  private mutating func escapedSet() throws(PatternError) -> ScalarSet {
    guard let scalar = next() else {
      throw PatternError(message: "ends with a backslash; write \\\\ for the character itself")
    }
    switch scalar {
    case "d": return .digit
    case "D": return .digit.inverted
    case "w": return .word
    case "W": return .word.inverted
    case "s": return .space
    case "S": return .space.inverted
    case "t": return .of("\t")
    case "n": return .of("\n")
    case "r": return .of("\r")
    case "1"..."9":
      throw PatternError(message: "\\\(scalar) points back at a group, which can't be matched in linear time")
    case "0", "A"..."Z", "a"..."z":
      throw PatternError(message: "unknown escape \\\(scalar); known are \\d \\D \\w \\W \\s \\S \\b \\B \\t \\n \\r")
    default: return .of(scalar)
    }
  }

  /// Behind `[`. A `]` in first place and a `-` at either end stand for themselves.
  private mutating func characterClass() throws(PatternError) -> ScalarSet {
    let isNegated = take("^")
    var ranges: [ClosedRange<UInt32>] = []
    var isFirst = true
    while let scalar = next() {
      if scalar == "]", !isFirst { return ScalarSet(ranges: ranges, isNegated: isNegated) }
      isFirst = false
      let low = scalar == "\\" ? try escapedSet() : .of(scalar)
      guard peek == "-", position + 1 < scalars.count, scalars[position + 1] != "]" else {
        ranges += low.positiveRanges
        continue
      }
      position += 1
      let last = next() ?? "-"
      let high = last == "\\" ? try escapedSet() : .of(last)
      guard let first = low.onlyScalar, let end = high.onlyScalar, first <= end else {
        throw PatternError(message: "a range inside [ ] goes from a character to a later one, as in [0-9]")
      }
      ranges.append(first...end)
    }
    throw PatternError(message: "\"[\" has no \"]\"; write \\[ for the character itself")
  }
}

extension ScalarSet {
  var onlyScalar: UInt32? {
    guard !isNegated, ranges.count == 1, ranges[0].count == 1 else { return nil }
    return ranges[0].lowerBound
  }
}
