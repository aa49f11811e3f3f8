import HTTPTypes

/// Takes chunked framing off content (RFC 9112 §7.1) and throws chunk extensions and trailers away.
struct ChunkedReader {
  private enum Place {
    case size
    case data(remaining: Int)
    case dataEnd
    case trailers
  }

  /// What came of the bytes looked at.
  enum Progress {
    case needsMore
    case complete
    /// The content is larger than the limit.
    case tooLarge
  }

  private(set) var content: [UInt8] = []
  private var place = Place.size
  private var extensionBytes = 0
  private var trailerBytes = 0
  private var trailerFields = 0

  /// Reads on from where the last call ended. Each byte of content is copied once and each line looked at once.
  mutating func read(_ input: inout InputBuffer, limits: HTTPLimits) throws(ParseError) -> Progress {
    while true {
      switch place {
      case .size:
        guard let line = try input.line(limit: 16 + limits.chunkExtensionBytes, or: Self.longLine) else {
          return .needsMore
        }
        let size = try self.size(input.bytes.span.extracting(line), limits)
        if size > limits.bodyLimit - content.count { return .tooLarge }
        place = size == 0 ? .trailers : .data(remaining: size)
      case .data(let remaining):
        let run = input.run(atMost: remaining)
        if run.isEmpty { return .needsMore }
        content.append(contentsOf: input.bytes[run])
        place = run.count == remaining ? .dataEnd : .data(remaining: remaining - run.count)
      case .dataEnd:
        guard try input.line(limit: 0, or: Self.noLineEnd) != nil else { return .needsMore }
        place = .size
      case .trailers:
        guard let line = try input.line(limit: limits.headBytes - trailerBytes, or: Self.manyTrailers) else {
          return .needsMore
        }
        if line.isEmpty { return .complete }
        try takeTrailer(input.bytes.span.extracting(line), limits)
      }
    }
  }

  /// A trailer must be a sound field, and nothing more is made of it (RFC 9112 §7.1.2).
  private mutating func takeTrailer(_ line: Span<UInt8>, _ limits: HTTPLimits) throws(ParseError) {
    trailerBytes += line.count
    trailerFields += 1
    if trailerFields > limits.headFields { throw Self.manyTrailers }
    _ = try FieldLine(line)
  }

  /// Hex digits, then nothing or extensions, which are counted over the whole content.
  private mutating func size(_ line: Span<UInt8>, _ limits: HTTPLimits) throws(ParseError) -> Int {
    var size: UInt64 = 0
    var digits = 0
    while digits < line.count, let value = PercentEncoding.hexDigit(line[digits]) {
      digits += 1
      if digits > 16 { throw ParseError(400, "a chunk size has more than 16 digits") }
      size = size << 4 | UInt64(value)
    }
    if digits == 0 { throw ParseError(400, "a chunk does not begin with its size in hexadecimal") }
    try skipExtensions(line.extracting(digits...), limits)
    return Int(clamping: size)
  }

  private mutating func skipExtensions(_ rest: Span<UInt8>, _ limits: HTTPLimits) throws(ParseError) {
    if rest.isEmpty { return }
    guard ChunkExtensions.areSound(rest) else {
      throw ParseError(400, "a chunk size is followed by something else than extensions such as ;name=value")
    }
    extensionBytes += rest.count
    if extensionBytes > limits.chunkExtensionBytes {
      throw ParseError(
        400, "the chunk extensions are longer than \(limits.chunkExtensionBytes) bytes together", .chunkExtensionBytes)
    }
  }

  private static let longLine = ParseError(400, "the line of a chunk size is too long", .chunkExtensionBytes)
  private static let noLineEnd = ParseError(400, "a chunk is longer than its size says, or its CRLF is missing")
  private static let manyTrailers = ParseError(431, "the trailers are too large or too many", .headBytes)
}
