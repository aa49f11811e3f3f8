/// Finding the name that a person probably meant.
package enum NearestName {
  /// The closest of the candidates, nil where none is close: at most a third of the letters differ (at least one may),
  /// or it begins with what was typed (three letters at least).
  static func of(_ name: String, among candidates: some Collection<String>) -> String? {
    let typed = Array(name.lowercased().unicodeScalars)
    let limit = max(1, typed.count / 3)
    var nearest: (name: String, distance: Int)?
    for candidate in candidates {
      let distance = distance(typed, Array(candidate.lowercased().unicodeScalars))
      if distance <= limit, distance < nearest?.distance ?? .max { nearest = (candidate, distance) }
    }
    if let nearest { return nearest.name }
    return typed.count < 3 ? nil : candidates.first { $0.lowercased().unicodeScalars.starts(with: typed) }
  }

  /// `; did you mean crm?`, else what there is: `; known are a, b and c`, else nothing.
  static func hint(for name: String, among candidates: [String]) -> String {
    if let nearest = of(name, among: candidates) { return "; did you mean \(nearest)?" }
    return candidates.isEmpty || candidates.count > 24 ? "" : "; known are \(list(candidates))"
  }

  /// `: did you mean --state?`, or nothing where no name is near: behind words of a command line.
  package static func question(_ typed: String, among known: [String]) -> String {
    of(typed, among: known).map { ": did you mean \($0)?" } ?? ""
  }

  /// `a`, `a and b`, `a, b and c`.
  package static func list(_ names: [String], _ word: String = "and") -> String {
    guard names.count > 1, let last = names.last else { return names.first ?? "" }
    return "\(names.dropLast().joined(separator: ", ")) \(word) \(last)"
  }

  /// Damerau-Levenshtein distance, optimal string alignment: insert, remove, replace, swap neighbours.
  private static func distance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
    var before: [Int] = []
    var last = Array(0...right.count)
    for i in 0..<left.count {
      var row = [i + 1]
      for j in 0..<right.count {
        var best = min(last[j] + (left[i] == right[j] ? 0 : 1), last[j + 1] + 1, row[j] + 1)
        if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] { best = min(best, before[j - 1] + 1) }
        row.append(best)
      }
      before = last
      last = row
    }
    return last[right.count]
  }
}
