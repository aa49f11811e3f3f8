import RelayCore

/// The calls that the API knows: those of its day, made when they are asked for, and those that were placed through it.
struct CallBook: Sendable {
  /// A call by its time; a negative number is one that was placed.
  private struct Entry: Sendable {
    let at: Int64
    let number: Int
  }

  let day: SimulatedDay?
  private var lists: [TeleCMIList: [Entry]] = [:]
  private var voicemails: [Entry] = []
  private(set) var placed: [SimulatedCall] = []

  init(day: SimulatedDay?) {
    self.day = day
    for list in TeleCMIList.allCases { lists[list] = [] }
    for call in day.map({ Array($0.calls) }) ?? [] { add(call, as: call.number) }
    for list in TeleCMIList.allCases { lists[list]?.sort { ($0.at, $0.number) < ($1.at, $1.number) } }
    voicemails.sort { ($0.at, $0.number) < ($1.at, $1.number) }
  }

  private mutating func add(_ call: SimulatedCall, as number: Int) {
    let entry = Entry(at: call.telecmiTime.milliseconds, number: number)
    lists[TeleCMIList(call)]?.append(entry)
    if call.ending == .voicemail { voicemails.append(entry) }
  }

  /// A call that is over.
  mutating func add(placed call: SimulatedCall) {
    placed.append(call)
    let entry = Entry(at: call.telecmiTime.milliseconds, number: -placed.count)
    let list = TeleCMIList(call)
    let place = Self.firstIndex(in: lists[list] ?? [], at: entry.at + 1)
    lists[list]?.insert(entry, at: place)
  }

  /// A page of ten, newest first (the order is not documented), and how many there are in all. `from` and `to` in
  /// milliseconds, both inclusive (not documented).
  func page(_ list: TeleCMIList, from: Int64, to: Int64, number: Int) -> (calls: [SimulatedCall], count: Int) {
    page(of: lists[list] ?? [], from: from, to: to, number: number)
  }

  func voicemailPage(from: Int64, to: Int64, number: Int) -> (calls: [SimulatedCall], count: Int) {
    page(of: voicemails, from: from, to: to, number: number)
  }

  /// Seen: fixed at ten, whatever `limit` says.
  static let pageSize = 10

  private func page(of entries: [Entry], from: Int64, to: Int64, number: Int) -> (calls: [SimulatedCall], count: Int) {
    let low = Self.firstIndex(in: entries, at: from)
    let high = max(low, Self.firstIndex(in: entries, at: to == .max ? to : to + 1))
    let count = high - low
    guard number >= 1, number <= count / Self.pageSize + 1 else { return ([], count) }
    let skipped = (number - 1) * Self.pageSize
    let rows = (skipped..<max(skipped, min(skipped + Self.pageSize, count))).map { call(entries[high - 1 - $0].number) }
    return (rows, count)
  }

  private static func firstIndex(in entries: [Entry], at moment: Int64) -> Int {
    var (low, high) = (0, entries.count)
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].at < moment { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private func call(_ number: Int) -> SimulatedCall {
    if number < 0 { return placed[-number - 1] }
    guard let day else { preconditionFailure("a call of a day that is not there") }
    return day[number]
  }

  /// Those of one direction that began in this time, oldest first: Callr's export. Placing is TeleCMI's.
  func began(_ direction: SimulatedCall.Direction, _ time: Range<Instant>) -> [SimulatedCall] {
    guard let day else { return [] }
    return day.calls.filter { $0.direction == direction && time.contains($0.startedAt) }
  }

  /// The seconds that a recording or voicemail of this name holds; nil where there is none.
  func seconds(ofFile name: String, _ account: SimulatedAccount) -> Int64? {
    let stem = name.prefix { $0 != "_" }
    guard stem.count == 22, let number = Int(stem.suffix(8)) else { return nil }
    var candidates = placed.indices.contains(number) ? [placed[number]] : []
    if let day, number < day.count { candidates.append(day[number]) }
    for call in candidates {
      if call.recording(account) == name { return call.talkSeconds }
      if call.voicemail(account) == name { return call.voicemailSeconds }
    }
    return nil
  }
}
