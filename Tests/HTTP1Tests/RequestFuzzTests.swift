import HTTPTypes
import TestSupport
import Testing

@testable import HTTP1

/// Whatever comes in, in whatever pieces: no trap, no loop, and one reading only. Long runs: `Tests/Benchmarks/fuzz.sh`.
@Suite("Fuzz: mangled requests")
struct RequestFuzzTests {
  @Test func oneReadingOnly() {
    let run = FuzzRun("CDRELAY_FUZZ_REQUESTS", orElse: 4000)
    var accepted = 0
    var refused: [Int: Int] = [:]
    for index in 0..<run.count {
      var random = run.random(of: index)
      let bytes = MangledRequests.make(&random)
      let limits = random.below(2) == 0 ? HTTPLimits() : Self.tight
      let whole = FuzzReading(bytes, limits: limits)
      accepted += whole.requests.count
      if let error = whole.error { refused[error.status, default: 0] += 1 }
      if let failure = Self.failure(of: whole, bytes, limits, &random) {
        Issue.record("CDRELAY_FUZZ_SEED=\(run.seed &+ UInt64(index)): \(failure): \(Self.shown(bytes))")
        return
      }
    }
    let counts = refused.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
    print("CDRELAY_FUZZ_REQUESTS: \(accepted) requests accepted; refused \(counts)")
    // Otherwise the cases have become too dull to find anything.
    if run.count >= 1000 {
      #expect(accepted > run.count / 4 && accepted < 2 * run.count)
      #expect(Set(refused.keys).isSuperset(of: [400, 414, 417, 421, 431, 501, 505]))
    }
  }

  private static let tight = {
    var limits = HTTPLimits()
    limits.bodyLimit = 20
    limits.headBytes = 150
    limits.headFields = 4
    limits.requestLineBytes = 60
    limits.chunkExtensionBytes = 8
    return limits
  }()

  /// What is wrong with the reading of these bytes; nil where nothing is.
  private static func failure(
    of whole: FuzzReading, _ bytes: [UInt8], _ limits: HTTPLimits, _ random: inout SeededRandom
  ) -> String? {
    let cuts = (0...random.below(4)).map { _ in random.below(bytes.count + 1) }.sorted()
    if FuzzReading(bytes, cuts: cuts, limits: limits) != whole { return "another reading when cut at \(cuts)" }
    if random.below(16) == 0, FuzzReading(bytes, cuts: Array(bytes.indices), limits: limits) != whole {
      return "another reading byte by byte"
    }
    var ends: [Int] = []
    for request in whole.requests {
      let start = ends.last ?? 0
      guard case .bytes(let body) = request.body else { break }
      guard request.end > start, request.end <= bytes.count else { return "a request ends at \(request.end)" }
      guard let reference = ReferenceFraming(bytes, from: start) else { return "the plain reader refuses a request" }
      if reference != ReferenceFraming(end: request.end, content: body) { return "the plain reader sees \(reference)" }
      guard let again = canonical(request, body), again == request.canonical else { return "not the same written anew" }
      ends.append(request.end)
    }
    if ends.isEmpty { return nil }
    let read = 1 + random.below(ends.count)
    let rest = FuzzReading(Array(bytes[ends[read - 1]...]), limits: limits)
    return rest.isWhat(whole, hasBehind: read)
      ? nil : "what is behind byte \(ends[read - 1]) reads differently by itself"
  }

  /// What is read of a request that is written anew, with nothing in it that could be seen in two ways.
  private static func canonical(_ request: FuzzReading.Request, _ body: [UInt8]) -> FuzzReading.Canonical? {
    let target = request.path + (request.query.map { "?" + $0 } ?? "")
    var text = "\(request.method) \(target) HTTP/1.\(request.isHTTP10 ? 0 : 1)\r\n"
    for field in request.canonical.fields { text += "\(field.name): \(field.value)\r\n" }
    text += "content-length: \(body.count)\r\n\r\n"
    let bytes = Array(text.utf8) + body
    let reading = FuzzReading(bytes, limits: HTTPLimits())
    guard reading.requests.count == 1, reading.error == nil, reading.requests[0].end == bytes.count else { return nil }
    return reading.requests[0].canonical
  }

  private static func shown(_ bytes: [UInt8]) -> String {
    String(reflecting: String(decoding: bytes, as: UTF8.self))
  }
}

/// All that came of some bytes, to be compared.
struct FuzzReading: Equatable {
  struct Request: Equatable {
    let method: String
    let path: String
    let query: String?
    let headers: HTTPHeaders
    let body: HTTPRequest.Body
    let isPersistent: Bool
    let isHTTP10: Bool
    /// How many bytes of the input it and all before it took; 0 where the content was not read.
    var end: Int

    var canonical: Canonical {
      Canonical(
        method: method, path: path, query: query, body: body, isPersistent: isPersistent,
        fields: headers.fields.filter { $0.name != "content-length" && $0.name != "transfer-encoding" })
    }
  }

  /// A request less what speaks of its framing.
  struct Canonical: Equatable {
    let method: String
    let path: String
    let query: String?
    let body: HTTPRequest.Body
    let isPersistent: Bool
    let fields: [HTTPHeaders.Field]
  }

  var requests: [Request] = []
  var error: ParseError?
  var progress = RequestParser.Progress.nothing
  var hasStopped = false

  init(_ bytes: [UInt8], cuts: [Int] = [], limits: HTTPLimits) {
    var parser = RequestParser(limits: limits)
    var start = 0
    for end in cuts + [bytes.count] {
      parser.append(bytes.span.extracting(start..<end))
      start = end
      do throws(ParseError) {
        while let parsed = try parser.next() { requests.append(Self.request(parsed, end - parser.bufferedBytes)) }
      } catch {
        self.error = self.error ?? error
      }
    }
    progress = parser.progress
    hasStopped = parser.hasStopped
  }

  private static func request(_ parsed: RequestParser.Parsed, _ end: Int) -> Request {
    var isRead = true
    if case .tooLarge = parsed.request.body { isRead = false }
    return Request(
      method: parsed.request.method, path: parsed.request.path, query: parsed.request.query,
      headers: parsed.request.headers, body: parsed.request.body, isPersistent: parsed.isPersistent,
      isHTTP10: parsed.isHTTP10, end: isRead ? end : 0)
  }

  /// Whether this is what another reading has behind its first requests.
  func isWhat(_ other: FuzzReading, hasBehind read: Int) -> Bool {
    guard requests.count == other.requests.count - read else { return false }
    let isSame = zip(requests, other.requests[read...]).allSatisfy { mine, its in
      var mine = mine
      mine.end = its.end
      return mine == its
    }
    return isSame && error == other.error && progress == other.progress && hasStopped == other.hasStopped
  }
}
