/// Finding the name that a person probably meant.
enum NearestName {
  /// `: did you mean --state?`, or nothing where no name is near.
  static func question(_ typed: String, among known: [String]) -> String {
    of(typed, among: known).map { ": did you mean \($0)?" } ?? ""
  }

  /// The closest name: one of which what was typed is the beginning, else one that differs in at most a third of the
  /// letters (at least one may).
  static func of(_ typed: String, among known: [String]) -> String? {
    if typed.count > 2, let whole = known.first(where: { $0.hasPrefix(typed) }) { return whole }
    let limit = max(1, typed.count / 3)
    let near = known.map { (name: $0, distance: distance(Array(typed.utf8), Array($0.utf8))) }
    return near.filter { $0.distance <= limit }.min { $0.distance < $1.distance }?.name
  }

  /// Levenshtein distance with swapped neighbours as one step (optimal string alignment).
  private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for i in left.indices {
      var row = [i + 1]
      for j in right.indices {
        var best = min(last[j] + (left[i] == right[j] ? 0 : 1), last[j + 1] + 1, row[j] + 1)
        if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] { best = min(best, beforeLast[j - 1] + 1) }
        row.append(best)
      }
      (beforeLast, last) = (last, row)
    }
    return last[right.count]
  }
}
