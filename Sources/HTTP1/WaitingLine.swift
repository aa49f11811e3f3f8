/// Numbers in the order they were put in; the first is found, and any is taken out, in constant time.
struct WaitingLine {
  private static let none: Int32 = -1
  /// By number: its neighbours.
  private var before: [Int32] = []
  private var behind: [Int32] = []
  private var head = none
  private var tail = none

  var first: Int? { head == Self.none ? nil : Int(head) }

  /// The first that is meant, among so many from the front.
  func first(ofNext count: Int, where isMeant: (Int) -> Bool) -> Int? {
    var number = head
    for _ in 0..<count where number != Self.none {
      if isMeant(Int(number)) { return Int(number) }
      number = behind[Int(number)]
    }
    return nil
  }

  /// `number` must not stand in the line.
  mutating func append(_ number: Int) {
    while before.count <= number {
      before.append(Self.none)
      behind.append(Self.none)
    }
    before[number] = tail
    behind[number] = Self.none
    if tail == Self.none { head = Int32(number) } else { behind[Int(tail)] = Int32(number) }
    tail = Int32(number)
  }

  /// `number` must stand in the line.
  mutating func remove(_ number: Int) {
    let (left, right) = (before[number], behind[number])
    if left == Self.none { head = right } else { behind[Int(left)] = right }
    if right == Self.none { tail = left } else { before[Int(right)] = left }
  }
}
