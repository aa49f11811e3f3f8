import HTTPTypes

/// HTTP/1.1 requests out of bytes (RFC 9112). It never sees a socket, and it gives the same requests and the same error
/// however the bytes were cut on their way.
///
///     append(bytes); while let parsed = try next() { … }
///
/// After an error, or a request whose content is not read, no byte is looked at any more.
struct RequestParser {
  /// A request, and what its connection needs to know of it.
  struct Parsed {
    var request: HTTPRequest
    /// Whether another request may follow (RFC 9112 §9.3).
    let isPersistent: Bool
    let isHTTP10: Bool
  }

  /// How far the next request has come.
  enum Progress: Equatable {
    case nothing
    case inHead
    case inBody
  }

  private enum Stage {
    case betweenRequests
    case head
    case fixedBody(length: Int)
    case chunkedBody
    case stopped
  }

  /// The address that requests are given as their sender's.
  private let peer: String
  private let limits: HTTPLimits
  private var input = InputBuffer()
  private var stage = Stage.betweenRequests
  private var skippedEmptyLine = false
  /// Has the head of the request under way.
  private var reader = HeadReader()
  private var content: [UInt8] = []
  private var chunks = ChunkedReader()
  private var owesContinue = false

  init(limits: HTTPLimits, peer: String = "127.0.0.1") {
    self.limits = limits
    self.peer = peer
  }

  /// Bytes that no request was made of yet.
  var bufferedBytes: Int { input.count }

  var progress: Progress {
    switch stage {
    case .betweenRequests, .stopped: .nothing
    case .head: .inHead
    case .fixedBody, .chunkedBody: .inBody
    }
  }

  /// Whether no byte is looked at any more.
  var hasStopped: Bool {
    if case .stopped = stage { true } else { false }
  }

  /// Whether the request under way is known to be a HEAD, the answer to which has no body, a refusal neither.
  var isHead: Bool { reader.head.method == "HEAD" }

  /// Content of the request under way read so far, in bytes.
  var contentBytes: Int { content.count + chunks.content.count }

  /// Content-Length of the request under way; nil for a chunked one.
  var declaredBytes: Int? {
    if case .fixedBody(let length) = stage { length } else { nil }
  }

  /// True once for a request whose sender waits for `100 Continue` and whose content will be read.
  mutating func takeContinue() -> Bool {
    defer { owesContinue = false }
    return owesContinue
  }

  /// Where nothing waits to be looked at, a large buffer is given back.
  mutating func giveBack() {
    input.giveBack()
  }

  /// No byte is looked at any more, and those that were kept are given back.
  mutating func stop() {
    stage = .stopped
    input = InputBuffer()
    content = []
    chunks = ChunkedReader()
  }

  mutating func append(_ bytes: Span<UInt8>) {
    if case .stopped = stage { return }
    input.append(bytes)
  }

  /// The next complete request; nil where more bytes are needed.
  mutating func next() throws(ParseError) -> Parsed? {
    do throws(ParseError) {
      while true {
        switch stage {
        case .betweenRequests: guard try beginHead() else { return nil }
        case .head: guard try readHead() else { return nil }
        case .fixedBody(let length):
          if length > limits.bodyLimit { return stopped(declared: length == .max ? nil : length) }
          return readFixedBody(length)
        case .chunkedBody: return try readChunkedBody()
        case .stopped: return nil
        }
      }
    } catch {
      stage = .stopped
      throw error
    }
  }

  // MARK: Head

  /// RFC 9112 §2.2: one empty line before a request is passed over. What can't begin a method (TLS, say) is refused
  /// before a line's end is waited for.
  private mutating func beginHead() throws(ParseError) -> Bool {
    guard let first = input.first else { return false }
    if first == Byte.carriageReturn, !skippedEmptyLine {
      guard try input.line(limit: 0, or: Self.noMethod) != nil else { return false }
      skippedEmptyLine = true
      return true
    }
    guard Byte.isToken(first) else { throw Self.noMethod }
    stage = .head
    return true
  }

  private mutating func readHead() throws(ParseError) -> Bool {
    guard try reader.read(&input, limits: limits) else { return false }
    beginBody()
    return true
  }

  // MARK: Body

  private mutating func beginBody() {
    switch reader.head.framing {
    case .length(let length):
      stage = .fixedBody(length: length)
      owesContinue = reader.head.expectsContinue && length > 0 && length <= limits.bodyLimit
    case .chunked:
      stage = .chunkedBody
      owesContinue = reader.head.expectsContinue
    }
  }

  private mutating func readFixedBody(_ length: Int) -> Parsed? {
    let run = input.run(atMost: length - content.count)
    if run.count == length { return finished(Array(input.bytes[run])) }
    // Reserved as it comes, not as it is promised; in few and large steps, which leave little behind.
    let needed = content.count + run.count
    if needed > content.capacity { content.reserveCapacity(min(length, max(65_536, 4 * needed))) }
    content.append(contentsOf: input.bytes[run])
    if content.count < length { return nil }
    return finished(content)
  }

  private mutating func readChunkedBody() throws(ParseError) -> Parsed? {
    switch try chunks.read(&input, limits: limits) {
    case .needsMore: nil
    case .complete: finished(chunks.content)
    case .tooLarge: stopped(declared: nil)
    }
  }

  private mutating func finished(_ body: [UInt8]) -> Parsed {
    defer { reader = HeadReader() }
    stage = .betweenRequests
    skippedEmptyLine = false
    content = []
    chunks = ChunkedReader()
    owesContinue = false
    return parsed(.bytes(body), isPersistent: reader.head.isPersistent)
  }

  private mutating func stopped(declared: Int?) -> Parsed {
    stage = .stopped
    owesContinue = false
    return parsed(.tooLarge(declared: declared), isPersistent: false)
  }

  private func parsed(_ body: HTTPRequest.Body, isPersistent: Bool) -> Parsed {
    let head = reader.head
    return Parsed(
      request: HTTPRequest(
        method: head.method, path: head.path, query: head.query, headers: head.headers, body: body, peer: peer),
      isPersistent: isPersistent, isHTTP10: head.isHTTP10)
  }

  private static let noMethod = ParseError(400, "this is not an HTTP request: it does not begin with a method")
}
