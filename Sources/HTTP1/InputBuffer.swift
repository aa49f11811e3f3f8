/// The bytes that came and are not yet part of a request. Lines are read in place; no byte is searched twice for a
/// line's end, however the bytes were cut on their way.
struct InputBuffer {
  private(set) var bytes: [UInt8] = []
  private var start = 0
  /// Up to here no LF was found.
  private var scanned = 0

  var count: Int { bytes.count - start }
  var first: UInt8? { start < bytes.count ? bytes[start] : nil }

  mutating func append(_ more: Span<UInt8>) {
    dropConsumed()
    more.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }
  }

  /// The next line without its CRLF, nil until it is complete. Throws `error` as soon as it is longer than `limit`.
  mutating func line(limit: Int, or error: @autoclosure () -> ParseError) throws(ParseError) -> Range<Int>? {
    guard let end = bytes.span.firstIndex(of: Byte.lineFeed, from: scanned) else {
      scanned = bytes.count
      // One byte more may be the CR.
      if count > limit + 1 { throw error() }
      return nil
    }
    if end - start > limit + 1 { throw error() }
    guard end > start, bytes[end - 1] == Byte.carriageReturn else {
      throw ParseError(400, "a line ends with LF without CR before it")
    }
    let line = start..<(end - 1)
    consume(through: end + 1)
    return line
  }

  /// Up to `count` bytes, as many as are there.
  mutating func run(atMost count: Int) -> Range<Int> {
    let run = start..<(start + min(count, self.count))
    consume(through: run.upperBound)
    return run
  }

  /// Gives back the memory of a large read, where all of it has been taken.
  mutating func giveBack() {
    if start == bytes.count, bytes.capacity > Self.keptCapacity { self = InputBuffer() }
  }

  private mutating func consume(through end: Int) {
    start = end
    scanned = end
  }

  /// Bytes that an idle connection may keep for its next request.
  private static let keptCapacity = 16_384

  /// Moves what is left to the front, only where that is the smaller part: each byte moves once on average.
  private mutating func dropConsumed() {
    if start == 0 { return }
    if start == bytes.count {
      bytes.removeAll(keepingCapacity: bytes.capacity <= Self.keptCapacity)
    } else if start >= count {
      bytes.removeFirst(start)
    } else {
      return
    }
    scanned -= start
    start = 0
  }
}
