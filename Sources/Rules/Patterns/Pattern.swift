/// A compiled regular expression. Looks for a match anywhere in a text, in time proportional to the text's length times the
/// size of the program, whatever the pattern: all places of the program that a text may have led to are followed at once
/// (Thompson 1968; Cox, "Regular Expression Matching: the Virtual Machine Approach", 2009).
struct Pattern: Sendable, Equatable {
  enum Instruction: Sendable, Equatable {
    case set(ScalarSet)
    case textStart, textEnd, wordBoundary, noWordBoundary
    case split(Int, Int)
    case jump(Int)
    case match
  }

  /// Instructions of a program; repetitions are unrolled.
  static let sizeLimit = 2000

  /// As written.
  let text: String
  private let program: [Instruction]
  private let ignoresCase: Bool
  private let isAnchored: Bool
  /// What a text that matches begins with, where the pattern says so: seen without running it.
  let beginning: [Unicode.Scalar]

  init(_ text: String) throws(PatternError) {
    let (syntax, ignoresCase) = try PatternParser.parse(text)
    var compiler = PatternCompiler()
    try compiler.emit(syntax)
    try compiler.append(.match)
    self.text = text
    self.ignoresCase = ignoresCase
    program = compiler.program
    isAnchored = program.first == .textStart
    beginning = isAnchored && !ignoresCase ? Self.beginning(program.dropFirst()) : []
  }

  func matches(_ subject: String) -> Bool {
    beginning.isEmpty || subject.unicodeScalars.starts(with: beginning) ? run(subject).isMatch : false
  }

  private static func beginning(_ program: ArraySlice<Instruction>) -> [Unicode.Scalar] {
    var scalars: [Unicode.Scalar] = []
    for instruction in program {
      guard case .set(let set) = instruction, let only = set.onlyScalar, let scalar = Unicode.Scalar(only) else {
        break
      }
      scalars.append(scalar)
    }
    return scalars
  }

  /// `steps`: instructions looked at.
  func run(_ subject: String) -> (isMatch: Bool, steps: Int) {
    var threads = ThreadList(size: program.count)
    var nextThreads = ThreadList(size: program.count)
    var stack: [Int] = []
    var steps = 0
    var before: Unicode.Scalar?
    var scalars = subject.unicodeScalars.makeIterator()
    var here = scalars.next()
    while true {
      if before == nil || !isAnchored { stack.append(0) }
      if follow(&stack, into: &threads, before, here, &steps) { return (true, steps) }
      guard let scalar = here else { return (false, steps) }
      if threads.isEmpty, isAnchored { return (false, steps) }
      before = scalar
      here = scalars.next()
      for index in 0..<threads.count {
        steps += 1
        let place = threads[index]
        guard case .set(let set) = program[place] else { continue }
        if ignoresCase ? set.containsIgnoringCase(scalar) : set.contains(scalar.value) { stack.append(place + 1) }
        if follow(&stack, into: &nextThreads, before, here, &steps) { return (true, steps) }
      }
      swap(&threads, &nextThreads)
      nextThreads.removeAll()
    }
  }

  /// Goes on from the places of the stack to all that need no character; true at a match.
  private func follow(
    _ stack: inout [Int], into threads: inout ThreadList, _ before: Unicode.Scalar?, _ here: Unicode.Scalar?,
    _ steps: inout Int
  ) -> Bool {
    while let place = stack.popLast() {
      guard threads.mark(place) else { continue }
      steps += 1
      switch program[place] {
      case .set: threads.add(place)
      case .jump(let target): stack.append(target)
      case .split(let first, let second):
        stack.append(second)
        stack.append(first)
      case .textStart: if before == nil { stack.append(place + 1) }
      case .textEnd: if here == nil { stack.append(place + 1) }
      case .wordBoundary: if isWord(before) != isWord(here) { stack.append(place + 1) }
      case .noWordBoundary: if isWord(before) == isWord(here) { stack.append(place + 1) }
      case .match: return true
      }
    }
    return false
  }

  private func isWord(_ scalar: Unicode.Scalar?) -> Bool {
    scalar.map { ScalarSet.word.contains($0.value) } ?? false
  }
}

/// Places of a program, each at most once.
private struct ThreadList {
  private var places: [Int] = []
  private var seen: [Bool]
  private var marked: [Int] = []

  init(size: Int) {
    seen = [Bool](repeating: false, count: size)
  }

  var isEmpty: Bool { places.isEmpty }
  var count: Int { places.count }
  subscript(index: Int) -> Int { places[index] }

  /// False where the place was seen already.
  mutating func mark(_ place: Int) -> Bool {
    if seen[place] { return false }
    seen[place] = true
    marked.append(place)
    return true
  }

  mutating func add(_ place: Int) {
    places.append(place)
  }

  mutating func removeAll() {
    for place in marked { seen[place] = false }
    marked.removeAll(keepingCapacity: true)
    places.removeAll(keepingCapacity: true)
  }
}

private struct PatternCompiler {
  private(set) var program: [Pattern.Instruction] = []

  mutating func append(_ instruction: Pattern.Instruction) throws(PatternError) {
    guard program.count < Pattern.sizeLimit else {
      throw PatternError(message: "is too large: its repetitions unroll to more than \(Pattern.sizeLimit) steps")
    }
    program.append(instruction)
  }

  mutating func emit(_ syntax: PatternSyntax) throws(PatternError) {
    switch syntax {
    case .empty: break
    case .set(let set): try append(.set(set))
    case .assertion(.textStart): try append(.textStart)
    case .assertion(.textEnd): try append(.textEnd)
    case .assertion(.wordBoundary): try append(.wordBoundary)
    case .assertion(.noWordBoundary): try append(.noWordBoundary)
    case .sequence(let parts):
      for part in parts { try emit(part) }
    case .alternatives(let branches): try emit(branches)
    case .repeated(let part, let least, let most): try emit(part, least, most)
    }
  }

  private mutating func emit(_ branches: [PatternSyntax]) throws(PatternError) {
    var jumps: [Int] = []
    for branch in branches.dropLast() {
      let split = program.count
      try append(.split(split + 1, 0))
      try emit(branch)
      jumps.append(program.count)
      try append(.jump(0))
      program[split] = .split(split + 1, program.count)
    }
    if let last = branches.last { try emit(last) }
    for jump in jumps { program[jump] = .jump(program.count) }
  }

  private mutating func emit(_ part: PatternSyntax, _ least: Int, _ most: Int?) throws(PatternError) {
    for _ in 0..<least {
      let before = program.count
      try emit(part)
      if program.count == before { return }
    }
    guard let most else {
      let split = program.count
      try append(.split(split + 1, 0))
      try emit(part)
      try append(.jump(split))
      program[split] = .split(split + 1, program.count)
      return
    }
    var splits: [Int] = []
    for _ in least..<most {
      splits.append(program.count)
      try append(.split(program.count + 1, 0))
      try emit(part)
    }
    for split in splits { program[split] = .split(split + 1, program.count) }
  }
}
