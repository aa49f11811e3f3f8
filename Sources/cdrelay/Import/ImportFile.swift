import Glibc
import Providers
import RelayCore
import Rules

/// A file of rows, read piece by piece: CSV with its titles in the first row, or one JSON object a line.
final class ImportFile {
  enum Item {
    /// Of a table: title's field → text.
    case cells(line: Int, JSONObject)
    /// A JSON object as it stands there.
    case document(line: Int, JSONObject)
    case bad(line: Int, reason: String, text: [UInt8])
  }

  private enum Format {
    case csv(CSVReader)
    case lines(LineReader)
  }

  private let descriptor: Int32
  private let path: String
  private let source: Source
  private var format: Format?
  private(set) var isAtEnd = false
  private var columns: [String]?
  /// Of the columns those that hold a moment.
  private var times: Set<Int> = []
  private let isInterrupted: () -> Bool
  /// nil for a pipe and the like.
  private let state: FileState?
  private(set) var bytesRead = 0

  private static let chunk = 256 << 10

  /// - Parameters:
  ///   - path: `-` for standard input.
  ///   - isInterrupted: asked while a pipe gives nothing.
  init(path: String, source: Source, isInterrupted: @escaping () -> Bool) throws {
    self.path = path == "-" ? "standard input" : path
    self.source = source
    self.isInterrupted = isInterrupted
    descriptor = path == "-" ? fcntl(0, F_DUPFD_CLOEXEC, 0) : open(path, O_RDONLY | O_CLOEXEC)
    var status = stat()
    guard descriptor >= 0, fstat(descriptor, &status) == 0 else {
      throw CommandError("\(self.path): can't read the file: \(String(cString: strerror(errno)))")
    }
    guard status.st_mode & S_IFMT != S_IFDIR else { throw CommandError("\(path): a folder; name a file in it") }
    state = status.st_mode & S_IFMT == S_IFREG ? FileState(status) : nil
  }

  /// Bytes; 0 where that is not known.
  var size: Int { state?.size ?? 0 }

  /// Somebody wrote into it since it was opened: what was read may be half of a row, or of a file.
  var hasChanged: Bool {
    var status = stat()
    guard let state, fstat(descriptor, &status) == 0 else { return false }
    return FileState(status) != state
  }

  private struct FileState: Equatable {
    let size: Int
    let seconds: Int
    let nanoseconds: Int

    init(_ status: stat) {
      (size, seconds, nanoseconds) = (Int(status.st_size), status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
    }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  /// nil at the end, and where a person stopped it while a pipe gave nothing.
  func next() throws -> Item? {
    while true {
      switch format {
      case nil: break
      case .csv(var reader):
        // Taken out while it is used, or it would be copied.
        format = nil
        let item = reader.next()
        format = .csv(reader)
        if let item {
          guard let row = try row(item) else { continue }
          return row
        }
      case .lines(var reader):
        format = nil
        let item = reader.next()
        format = .lines(reader)
        if let item { return document(item) }
      }
      guard !isAtEnd else {
        if case .csv? = format, columns == nil { throw CommandError("\(path): the file is empty") }
        return nil
      }
      guard hasMore() else { return nil }
      try readMore()
    }
  }

  /// Waits for a pipe.
  private func hasMore() -> Bool {
    guard state == nil else { return true }
    var file = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    while true {
      let count = poll(&file, 1, 100)
      if count > 0 || (count < 0 && errno != EINTR) { return true }
      if isInterrupted() { return false }
    }
  }

  private func readMore() throws {
    var bytes = [UInt8](repeating: 0, count: Self.chunk)
    var count = read(descriptor, &bytes, bytes.count)
    while count < 0, errno == EINTR { count = read(descriptor, &bytes, bytes.count) }
    guard count >= 0 else { throw CommandError("\(path): can't read the file: \(String(cString: strerror(errno)))") }
    bytes.removeLast(bytes.count - count)
    bytesRead += count
    isAtEnd = count == 0
    let before = format
    format = nil
    switch try before ?? begin(bytes) {
    case .csv(var reader):
      reader.append(bytes)
      if isAtEnd { reader.finish() }
      format = .csv(reader)
    case .lines(var reader):
      reader.append(bytes)
      if isAtEnd { reader.finish() }
      format = .lines(reader)
    }
  }

  private func begin(_ bytes: [UInt8]) throws -> Format {
    let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      throw CommandError("\(path): UTF-16; save the file as UTF-8")
    }
    if bytes.contains(0) {
      throw CommandError("\(path): holds zero bytes, which text does not; UTF-16? save the file as UTF-8")
    }
    switch text.first(where: { $0 > 0x20 }) {
    case UInt8(ascii: "{"): return .lines(LineReader())
    case UInt8(ascii: "["):
      throw CommandError("\(path): a JSON list; write one object a line, for example with `jq -c '.[]' \(path)`")
    case nil where isAtEnd: throw CommandError("\(path): the file is empty")
    default: return .csv(CSVReader())
    }
  }

  private func row(_ item: CSVReader.Item) throws -> Item? {
    switch item {
    case .bad(let line, let reason, let text):
      guard columns != nil else {
        throw CommandError("\(path): line \(line): \(reason); its first row must hold the titles")
      }
      return .bad(line: line, reason: reason, text: text)
    case .row(let line, let cells):
      guard let columns else {
        try begin(titles: cells)
        return nil
      }
      guard cells.count == columns.count else {
        return .bad(
          line: line,
          reason:
            "expected \(Phrases.count(columns.count, "field", "fields")) as in the first row, found \(cells.count)",
          text: Array(cells.joined(separator: ",").utf8))
      }
      var row = JSONObject()
      for (place, cell) in cells.enumerated() where !columns[place].isEmpty {
        let cell = cell.trimmed
        if !cell.isEmpty { row[columns[place]] = .string(times.contains(place) ? time(cell) : cell) }
      }
      return .cells(line: line, row)
    }
  }

  private func time(_ cell: String) -> String {
    source.importing.time(cell).map { String($0.milliseconds) } ?? cell
  }

  private func begin(titles: [String]) throws {
    let settings = source.importing
    for (field, title) in settings.columns where !titles.contains(where: { FetchedRow.isSameTitle($0, title) }) {
      throw CommandError(
        "\(path): no column \(title), which sources.\(source.name).import.columns says holds \(field); there are "
          + Self.list(titles))
    }
    let provider = source.settings.provider
    let columns = titles.map { title in
      settings.columns.first { FetchedRow.isSameTitle($0.title, title) }?.field
        ?? FetchedRow.column(title.trimmed, provider: provider)
    }
    for (place, column) in columns.enumerated() where !column.isEmpty && columns[..<place].contains(column) {
      throw CommandError(
        "\(path): two columns hold \(Self.list([column])): "
          + "\(Self.list([titles[columns.firstIndex(of: column) ?? 0]])) and \(Self.list([titles[place]]))")
    }
    let moments = FetchedRow.times(of: provider)
    times = Set(columns.indices.filter { index in moments.contains { FetchedRow.isSameTitle($0, columns[index]) } })
    guard !times.isEmpty || moments.isEmpty else {
      throw CommandError(
        "\(path): no column holds a time (\(moments.joined(separator: ", "))); its first row must hold the titles, "
          + "sources.\(source.name).import.columns says which is which; there are \(Self.list(titles))")
    }
    self.columns = columns
  }

  /// Titles for an error. Where there are none the first row is a call: no number of a caller is shown.
  private static func list(_ titles: [String]) -> String {
    titles.map { $0.utf8.count { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } < 6 ? $0 : "…" }
      .joined(separator: ", ")
  }

  private func document(_ line: LineReader.Line) -> Item {
    guard !line.isTooLong else {
      return .bad(line: line.number, reason: "longer than \(LineReader.limit) bytes", text: line.bytes)
    }
    do {
      let json = try JSONParser.parse(line.bytes, depth: source.settings.depthLimit)
      if let object = json.object { return .document(line: line.number, object) }
      return .bad(line: line.number, reason: "expected a JSON object, found \(json.kindInWords)", text: line.bytes)
    } catch {
      return .bad(line: line.number, reason: "not JSON: \(error)", text: line.bytes)
    }
  }
}

/// The lines of a file, without their ends; empty ones are left out.
struct LineReader {
  struct Line {
    let number: Int
    let bytes: [UInt8]
    var isTooLong = false
  }

  /// Bytes of a line at most: 1 MiB, as of a webhook.
  static let limit = 1 << 20
  /// Bytes that are given of a longer one.
  private static let shown = 65_536

  private var bytes: [UInt8] = []
  private var place = 0
  private var number = 0
  private var isAtEnd = false
  private var skips = false

  mutating func append(_ more: [UInt8]) {
    bytes.removeFirst(place)
    place = 0
    bytes.append(
      contentsOf: number == 0 && bytes.isEmpty && more.starts(with: [0xEF, 0xBB, 0xBF]) ? more.dropFirst(3) : more[...])
  }

  mutating func finish() {
    isAtEnd = true
  }

  mutating func next() -> Line? {
    while place < bytes.count {
      let end = bytes[place...].firstIndex(of: 0x0A)
      guard end != nil || isAtEnd || bytes.count - place > Self.limit else { return nil }
      var line = bytes[place..<(end ?? bytes.count)]
      place = end.map { $0 + 1 } ?? bytes.count
      let isRest = skips
      skips = end == nil && !isAtEnd
      if isRest { continue }
      number += 1
      if line.last == 0x0D { line = line.dropLast() }
      if line.allSatisfy({ $0 <= 0x20 }) { continue }
      let isTooLong = line.count > Self.limit
      return Line(number: number, bytes: Array(isTooLong ? line.prefix(Self.shown) : line), isTooLong: isTooLong)
    }
    return nil
  }
}

extension String {
  /// Without spaces before and behind.
  fileprivate var trimmed: String {
    var text = self[...]
    while text.first?.isWhitespace == true { text = text.dropFirst() }
    while text.last?.isWhitespace == true { text = text.dropLast() }
    return String(text)
  }
}
