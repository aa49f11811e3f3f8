import RelayCore

/// Rows with their columns aligned, for terminals.
struct Table {
  enum Alignment {
    case left, right
  }

  private let columns: [(title: String, alignment: Alignment)]
  private var rows: [[String]] = []

  init(_ columns: (String, Alignment)...) {
    self.init(columns: columns)
  }

  init(columns: [(String, Alignment)]) {
    self.columns = columns.map { (title: $0.0, alignment: $0.1) }
  }

  var isEmpty: Bool { rows.isEmpty }
  var count: Int { rows.count }

  mutating func add(_ cells: String...) {
    add(cells: cells)
  }

  /// One cell for each column.
  mutating func add(cells: [String]) {
    rows.append(cells)
  }

  /// The titles and the rows gathered so far.
  func write(to output: Output, withTitles: Bool = true) throws {
    let lines = (withTitles ? [columns.map(\.title)] : []) + rows
    let widths = columns.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    for line in lines {
      let cells = line.indices.map { column in
        let pad = String(repeating: " ", count: widths[column] - line[column].count)
        return columns[column].alignment == .left ? line[column] + pad : pad + line[column]
      }
      var text = Substring(cells.joined(separator: "  "))
      while text.last == " " { text = text.dropLast() }
      try output.line(String(text))
    }
  }
}
