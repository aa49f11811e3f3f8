import Testing

@testable import HTTP1

@Suite("RFC 9112 section 6: message body and its length")
struct RFC9112Section6 {
  private func post(_ fields: String, _ rest: String) -> String {
    "POST /h HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n\(rest)"
  }

  // MARK: Content-Length

  @Test("§6.3: without a length there is no content")
  func noLength() {
    expectRequests("POST /h HTTP/1.1\r\nHost: a\r\n\r\n", ["POST /h [host: a]"])
    expectRequests("POST /h HTTP/1.0\r\n\r\n", ["POST /h []"])
  }

  @Test("§6.2: content of a length, and the next request behind it", arguments: ["5", "05", "00000000000000000000005"])
  func contentLength(length: String) {
    expectRequests(
      post("Content-Length: \(length)", "helloGET / HTTP/1.1\r\nHost: b\r\n\r\n"),
      ["POST /h [host: a, content-length: \(length)] hello", "GET / [host: b]"])
    #expect(outcome(of: post("Content-Length: \(length)", "hell")).progress == .inBody)
  }

  @Test("RFC 9110 §9.3.1: the length counts whatever the method", arguments: ["GET", "HEAD", "OPTIONS", "DELETE", "x"])
  func contentOfAnyMethod(method: String) {
    expectRequests(
      "\(method) /h HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n\r\n",
      ["\(method) /h [host: a, content-length: 2] \r\n"])
  }

  @Test(
    "§6.2: nothing but digits",
    arguments: [
      "", "+5", "-5", "5 5", "5, 5", "5,5", "0x5", "5.0", "1e1", "５", "5;", "\"5\"", "-0", "5_0", "５５", "5\t5", ",5",
      "5,", "five", "0b1", "5 ,5", "inf", "²", "5h", "5é",
    ])
  func oddLengths(value: String) {
    expectRefused(post("Content-Length: \(value)", "hello"), 400, "the Content-Length is not a number of bytes")
  }

  @Test("§6.2: spaces and tabs around the digits are none of the value")
  func blanksAroundTheLength() {
    expectRequests(post("Content-Length: \t 5 \t", "hello"), ["POST /h [host: a, content-length: 5] hello"])
  }

  @Test("§6.3: two lengths are refused, even the same twice", arguments: ["5", "6", "0", "05", "99999999999999999999"])
  func repeatedLengths(second: String) {
    expectRefused(
      post("Content-Length: 5\r\ncontent-length: \(second)", "hello"), 400,
      "there is more than one Content-Length field")
  }

  @Test(
    "§6.2: no overflow, and more than the limit is handed on unread; a size that can't be counted with is none",
    arguments: [
      ("11", "11"), ("9223372036854775806", "9223372036854775806"), ("9223372036854775808", "unknown"),
      ("18446744073709551621", "unknown"), ("99999999999999999999999", "unknown"),
    ])
  func tooLarge(length: String, declared: String) {
    var limits = HTTPLimits()
    limits.bodyLimit = 10
    expectRequests(
      post("Content-Length: \(length)", "GET / HTTP/1.1\r\nHost: b\r\n\r\n"),
      ["POST /h [host: a, content-length: \(length)] too large: \(declared)"], limits: limits)
    expectRequests(
      post("Content-Length: 10", "0123456789"), ["POST /h [host: a, content-length: 10] 0123456789"], limits: limits)
  }

  // MARK: Transfer-Encoding

  @Test(
    "§6.1 and §6.3: never with a Content-Length", arguments: ["0", "5", "6", "99999999999999999999"],
    ["chunked", "gzip", "chunked, identity", ""])
  func bothLengths(length: String, coding: String) {
    let sentence = "there are both a Content-Length and a Transfer-Encoding"
    let rest = "0\r\n\r\n"
    expectRefused(post("Content-Length: \(length)\r\nTransfer-Encoding: \(coding)", rest), 400, sentence)
    expectRefused(post("Transfer-Encoding: \(coding)\r\nContent-Length: \(length)", rest), 400, sentence)
  }

  @Test("§6.1: chunked is known in any case", arguments: ["chunked", "\t CHUNKED ", "Chunked\t"])
  func chunkedInAnyCase(value: String) {
    let read = value.filter { $0.isLetter }
    expectRequests(
      post("Transfer-Encoding: \(value)", "1\r\nx\r\n0\r\n\r\n"), ["POST /h [host: a, transfer-encoding: \(read)] x"])
  }

  @Test(
    "§6.1 and §6.3: chunked last, and once",
    arguments: [
      "chunked, chunked", "chunked, gzip", "gzip", "identity", "xchunked", "chunked\r\nTransfer-Encoding: chunked",
      "chunked\r\nTransfer-Encoding: identity", "gzip, chunked, chunked", "chunked-x", "x-chunked", "chunke", "deflate",
      "chunked, identity", "chunked,gzip,chunked", "trailers", "chunked\r\nX: y\r\nTransfer-Encoding: CHUNKED",
    ])
  func unusableCodings(value: String) {
    expectRefused(
      post("Transfer-Encoding: \(value)", "0\r\n\r\n"), 400,
      "the Transfer-Encoding does not end with chunked, and chunked once")
  }

  @Test(
    "§6.1: a list of names and nothing else",
    arguments: [
      "", ",", ",chunked", "chunked,", "chunked;q=1", "\"chunked\"", "chunked gzip", "gzip;x=y, chunked", "chunked, ",
      "chunked, ,gzip", "chun\u{212A}ed", "chunKed\u{301}", "(chunked)", "chunked:", "chunked\tx",
      "chunked\r\nTransfer-Encoding: ", "gzip,,chunked", "chunked;", "cｈunked", "=chunked", "[chunked]",
    ])
  func malformedCodings(value: String) {
    expectRefused(
      post("Transfer-Encoding: \(value)", "0\r\n\r\n"), 400,
      "the Transfer-Encoding is not a list of codings without parameters")
  }

  @Test(
    "§6.1: a coding that is not known is 501",
    arguments: [
      "gzip, chunked", "foo,chunked", "gzip\r\nTransfer-Encoding: chunked", "identity, chunked",
      "gzip,\tdeflate ,chunked",
    ])
  func unknownCodings(value: String) {
    expectRefused(
      post("Transfer-Encoding: \(value)", "0\r\n\r\n"), 501, "the only transfer coding known here is chunked")
  }

  @Test("§6.1: HTTP/1.0 has no Transfer-Encoding", arguments: ["chunked", "gzip", "identity"])
  func http10(coding: String) {
    expectRefused(
      "POST / HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: \(coding)\r\n\r\n0\r\n\r\n", 400,
      "HTTP/1.0 has no Transfer-Encoding")
  }
}
