import RelayCore

/// Goes over the pages of one list in one slice of time. Pure: takes pages and says what to ask next.
///
/// Seen: a page holds 10 rows whatever `limit` says. So 10 are asked for: with more, an API that counts pages by `limit` and
/// cuts them at 10 would leave rows out. Rows that come in while it reads shift the pages; those seen twice are taken once.
struct TeleCMIPages {
  enum Step: Equatable {
    case ask(page: Int)
    /// There are more calls than are read in one go: ask for the halves of the slice instead.
    case halve
    case done
    /// A minute has more rows than anybody's: pages without an end.
    case tooMany
  }

  /// Rows of a page.
  static let pageSize = 10
  /// A slice that holds more rows is halved: 100 pages.
  static let largest = 1000

  /// Rows of a slice that can't be halved. Of a minute: 150 calls a second.
  static let most = 10_000

  private let mayHalve: Bool
  private var seen: Set<String> = []
  private var page = 1
  private var longestPage = 0
  private var lastPage: [String] = []
  private var count: Int?
  private var isSecondReading = false
  private(set) var rows: [JSONObject] = []
  /// Members of the list that are no rows.
  private(set) var bad = 0

  init(mayHalve: Bool) {
    self.mayHalve = mayHalve
  }

  /// Rows that the API counts and did not give.
  var shortfall: Int { max(0, (count ?? 0) - rows.count - bad) }

  mutating func take(_ answer: TeleCMIPage) -> Step {
    count = answer.count ?? count
    if mayHalve, page == 1, !isSecondReading, let count, count > Self.largest { return .halve }
    let texts = answer.rows.map { JSON.object($0).text }
    for (row, text) in zip(answer.rows, texts) where seen.insert(text).inserted { rows.append(row) }
    if !isSecondReading { bad += answer.bad }
    if mayHalve, rows.count > Self.largest { return .halve }
    if rows.count + bad > Self.most { return .tooMany }
    let size = texts.count + answer.bad
    longestPage = max(longestPage, size)
    let isRepeated = page > 1 && texts == lastPage
    lastPage = texts
    if size > 0, !isRepeated, !isLast(size) {
      page += 1
      return .ask(page: page)
    }
    // Once more from the start: calls that came in or went meanwhile may have shifted some past us.
    guard shortfall > 0, !isSecondReading, page > 1 else { return .done }
    isSecondReading = true
    (page, lastPage) = (1, [])
    return .ask(page: 1)
  }

  private func isLast(_ size: Int) -> Bool {
    guard let count else { return size < max(longestPage, Self.pageSize) }
    let seenSoFar = isSecondReading ? (page - 1) * longestPage + size : rows.count + bad
    return seenSoFar >= count || size < longestPage
  }
}
