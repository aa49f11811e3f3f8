import HTTPTypes
import Testing

@testable import HTTP1

/// All that came of some bytes: the requests, then an error or not, and whether more bytes are wanted.
struct ParsedOutcome: Equatable, CustomStringConvertible {
  var requests: [String] = []
  var isPersistent: [Bool] = []
  var error: ParseError?
  var progress = RequestParser.Progress.nothing
  /// Whether what follows is looked at.
  var hasStopped = false

  /// Parses the bytes cut at the given places.
  init(_ bytes: [UInt8], cuts: [Int] = [], limits: HTTPLimits = HTTPLimits()) {
    var parser = RequestParser(limits: limits)
    var start = 0
    for end in cuts + [bytes.count] {
      parser.append(bytes.span.extracting(start..<end))
      start = end
      do throws(ParseError) {
        while let parsed = try parser.next() {
          requests.append(Self.text(parsed.request))
          isPersistent.append(parsed.isPersistent)
        }
      } catch {
        self.error = self.error ?? error
      }
    }
    progress = parser.progress
    hasStopped = parser.hasStopped
  }

  var description: String {
    "\(requests) \(error.map { "\($0.status) \($0.sentence)" } ?? "no error") \(progress)"
  }

  private static func text(_ request: HTTPRequest) -> String {
    let target = request.path + (request.query.map { "?" + $0 } ?? "")
    let fields = request.headers.fields.map { "\($0.name): \($0.value)" }.joined(separator: ", ")
    let body =
      switch request.body {
      case .bytes(let bytes): bytes.isEmpty ? "" : " " + String(decoding: bytes, as: UTF8.self)
      case .tooLarge(let declared): " too large: \(declared.map(String.init) ?? "unknown")"
      }
    return "\(request.method) \(target) [\(fields)]\(body)"
  }
}

/// The outcome of the whole text, after seeing that it is the same cut in two at every byte, and byte by byte.
func outcome(
  of text: String, limits: HTTPLimits = HTTPLimits(), sourceLocation: SourceLocation = #_sourceLocation
) -> ParsedOutcome {
  outcome(of: Array(text.utf8), limits: limits, sourceLocation: sourceLocation)
}

func outcome(
  of bytes: [UInt8], limits: HTTPLimits = HTTPLimits(), sourceLocation: SourceLocation = #_sourceLocation
) -> ParsedOutcome {
  let whole = ParsedOutcome(bytes, limits: limits)
  for cut in bytes.indices {
    let halves = ParsedOutcome(bytes, cuts: [cut], limits: limits)
    #expect(halves == whole, "cut before byte \(cut)", sourceLocation: sourceLocation)
  }
  let dribbled = ParsedOutcome(bytes, cuts: Array(bytes.indices), limits: limits)
  #expect(dribbled == whole, "byte by byte", sourceLocation: sourceLocation)
  return whole
}

/// What is put behind each tried text: it must be read once, or never.
private let follower = "GET /follower HTTP/1.1\r\nHost: f\r\n\r\n"
private let followerRead = "GET /follower [host: f]"

/// Asserts that a text is refused with a status and a sentence, after `before` requests, and that no request behind it is
/// executed.
func expectRefused(
  _ text: String, _ status: Int, _ sentence: String, after before: Int = 0, limits: HTTPLimits = HTTPLimits(),
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let outcome = outcome(of: text, limits: limits, sourceLocation: sourceLocation)
  #expect(outcome.error?.status == status, sourceLocation: sourceLocation)
  #expect(outcome.error?.sentence == sentence, sourceLocation: sourceLocation)
  #expect(outcome.requests.count == before, "\(outcome)", sourceLocation: sourceLocation)
  let followed = ParsedOutcome(Array((text + follower).utf8), limits: limits)
  #expect(followed == outcome, "a request behind it changes what is read", sourceLocation: sourceLocation)
}

/// Asserts that a text is these requests and nothing else, and that a request behind it is read once: or never, where the
/// last one's content was not read.
func expectRequests(
  _ text: String, _ requests: [String], limits: HTTPLimits = HTTPLimits(),
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let outcome = outcome(of: text, limits: limits, sourceLocation: sourceLocation)
  #expect(outcome.requests == requests, sourceLocation: sourceLocation)
  #expect(outcome.error == nil, sourceLocation: sourceLocation)
  let followed = ParsedOutcome(Array((text + follower).utf8), limits: limits)
  let expected = outcome.hasStopped ? requests : requests + [followerRead]
  #expect(followed.requests == expected, "a request behind it", sourceLocation: sourceLocation)
}
