import TestSupport
import Testing

@testable import HTTP1

@Suite("Mutated requests")
struct ParserFuzzTests {
  private static let requests = [
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET http://b:80/p?q=1 HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n",
    "POST /hooks/x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Type: application/json\r\n\r\nhello",
    "POST /h HTTP/1.1\r\nHost: [::1]:8080\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n",
    "HEAD /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    "POST /h HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: 70\r\n\r\n",
    "\r\nOPTIONS /x HTTP/1.1\r\nHost: a\r\nX-Empty:\r\n\r\n",
  ].map { Array($0.utf8) }

  private static let spice: [[UInt8]] = [
    "\r", "\n", "\r\n", "\r\n\r\n", " ", "\t", ":", "\0", ",", ";", "0", "F", "-", "+", "\u{7F}", "é",
    "Content-Length: 1\r\n", "Transfer-Encoding: chunked\r\n", "Host: b\r\n", "chunked", "HTTP/1.0", "0\r\n\r\n",
  ].map { Array($0.utf8) }

  /// Twenty thousand requests, each broken in up to four ways: never a trap, and the same outcome whole and cut.
  @Test func sameOutcomeWholeAndCut() {
    var random = SeededRandom(seed: UInt64.random(in: 0...UInt64.max))
    var limits = HTTPLimits()
    limits.bodyLimit = 64
    limits.headBytes = 150
    limits.requestLineBytes = 60
    limits.chunkExtensionBytes = 8
    for _ in 0..<20_000 {
      let bytes = Self.mutated(&random)
      let whole = ParsedOutcome(bytes, limits: limits)
      let cuts = (0..<Int.random(in: 1...4, using: &random)).map { _ in
        Int.random(in: 0...bytes.count, using: &random)
      }
      let cut = ParsedOutcome(bytes, cuts: cuts.sorted(), limits: limits)
      if whole != cut {
        Issue.record("seed \(random.seed): \(bytes) cut at \(cuts.sorted()): \(whole) but \(cut)")
        return
      }
    }
  }

  private static func mutated(_ random: inout SeededRandom) -> [UInt8] {
    var bytes = (0..<Int.random(in: 1...2, using: &random)).flatMap { _ in pick(requests, &random) }
    for _ in 0..<Int.random(in: 0...4, using: &random) where !bytes.isEmpty {
      let place = Int.random(in: 0..<bytes.count, using: &random)
      let end = min(bytes.count, place + Int.random(in: 1...12, using: &random))
      switch Int.random(in: 0..<5, using: &random) {
      case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
      case 1: bytes.insert(contentsOf: pick(spice, &random), at: place)
      case 2: bytes.removeSubrange(place..<end)
      case 3: bytes.insert(contentsOf: Array(bytes[place..<end]), at: place)
      default: bytes.replaceSubrange(place..<end, with: pick(spice, &random))
      }
    }
    return bytes
  }

  private static func pick(_ choices: [[UInt8]], _ random: inout SeededRandom) -> [UInt8] {
    choices[Int.random(in: 0..<choices.count, using: &random)]
  }

  /// Were a byte moved or searched again with each chunk, this would take minutes.
  @Test func manyChunksOfOneByteCostNoMoreThanTheirLength() throws {
    let head = Array("POST /h HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
    let chunks = Array(String(repeating: "1\r\nx\r\n", count: 200_000).utf8)
    var parser = RequestParser(limits: HTTPLimits())
    let took = try ContinuousClock().measure {
      parser.append((head + chunks + Array("0\r\n\r\n".utf8)).span)
      let body = try parser.next()?.request.body
      #expect(body == .bytes([UInt8](repeating: UInt8(ascii: "x"), count: 200_000)))
    }
    #expect(took < .seconds(10))
  }
}
