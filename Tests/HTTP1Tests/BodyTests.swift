import Testing

@testable import HTTP1

@Suite("RFC 9112 §6 and §7: content and transfer codings")
struct BodyTests {
  private func post(_ fields: String, _ rest: String) -> String {
    "POST /h HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n\(rest)"
  }

  private func chunked(_ rest: String) -> String {
    post("Transfer-Encoding: chunked", rest)
  }

  private let head = "POST /h [host: a, transfer-encoding: chunked]"

  // MARK: Content-Length

  @Test("§6.3: without a length there is no content")
  func noLength() {
    expectRequests("POST /h HTTP/1.1\r\nHost: a\r\n\r\n", ["POST /h [host: a]"])
  }

  @Test("§6.2: content of a length, and the next request behind it")
  func contentLength() {
    expectRequests(
      post("Content-Length: 5", "helloGET / HTTP/1.1\r\nHost: b\r\n\r\n"),
      ["POST /h [host: a, content-length: 5] hello", "GET / [host: b]"])
    #expect(outcome(of: post("Content-Length: 5", "hell")).progress == .inBody)
  }

  @Test(
    "§6.2: nothing but digits",
    arguments: ["", "+5", "-5", "5 5", "5, 5", "5,5", "0x5", "5.0", "1e1", "５", "5;", "\"5\""])
  func oddLengths(value: String) {
    expectRefused(post("Content-Length: \(value)", "hello"), 400, "the Content-Length is not a number of bytes")
  }

  @Test("§6.3: two lengths are refused, even the same twice", arguments: ["5", "6", "0"])
  func repeatedLengths(second: String) {
    expectRefused(
      post("Content-Length: 5\r\ncontent-length: \(second)", "hello"), 400,
      "there is more than one Content-Length field")
  }

  @Test("more than the limit is handed on unread", arguments: ["11", "99999999999999999999999"])
  func tooLarge(length: String) {
    var limits = HTTPLimits()
    limits.bodyLimit = 10
    let declared = Int(length) ?? .max
    expectRequests(
      post("Content-Length: \(length)", "GET / HTTP/1.1\r\nHost: b\r\n\r\n"),
      ["POST /h [host: a, content-length: \(length)] too large: \(declared)"], limits: limits)
    expectRequests(
      post("Content-Length: 10", "0123456789"), ["POST /h [host: a, content-length: 10] 0123456789"], limits: limits)
  }

  // MARK: Transfer-Encoding

  @Test("§7.1: chunks, and the next request behind them")
  func chunks() {
    expectRequests(
      chunked("5\r\nhello\r\n006\r\n world\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: b\r\n\r\n"),
      [head + " hello world", "GET / [host: b]"])
    expectRequests(chunked("0\r\n\r\n"), [head])
    expectRequests(chunked("A\r\n0123456789\r\n0\r\n\r\n"), [head + " 0123456789"])
  }

  @Test("§7.1.1: chunk extensions are passed over")
  func chunkExtensions() {
    expectRequests(chunked("5;a=b\r\nhello\r\n0 ; x=\"y z\"\r\n\r\n"), [head + " hello"])
    var limits = HTTPLimits()
    limits.chunkExtensionBytes = 10
    expectRefused(
      chunked("1;aaaaa\r\nx\r\n1;bbbbb\r\nx\r\n"), 400, "the chunk extensions are longer than 10 bytes together",
      limits: limits)
    expectRefused(
      chunked("1;" + String(repeating: "a", count: 40)), 400, "the line of a chunk size is too long", limits: limits)
  }

  @Test("§7.1.2: trailers are checked and thrown away")
  func trailers() {
    expectRequests(chunked("5\r\nhello\r\n0\r\nX: y\r\nHost: b\r\n\r\n"), [head + " hello"])
    expectRefused(
      chunked("0\r\nX : y\r\n\r\n"), 400, "a field name is empty or has a character that no token has, such as a space")
    var limits = HTTPLimits()
    limits.headFields = 2
    expectRefused(
      chunked("0\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n"), 431, "the trailers are too large or too many", limits: limits)
    limits.headBytes = 80
    expectRefused(
      chunked("0\r\nA: \(String(repeating: "x", count: 80))"), 431, "the trailers are too large or too many",
      limits: limits)
  }

  @Test(
    "§7.1: odd chunk sizes",
    arguments: [
      ("\r\n", "a chunk does not begin with its size in hexadecimal"),
      ("x\r\n", "a chunk does not begin with its size in hexadecimal"),
      ("+5\r\nhello\r\n", "a chunk does not begin with its size in hexadecimal"),
      (" 5\r\nhello\r\n", "a chunk does not begin with its size in hexadecimal"),
      ("0x5\r\nhello\r\n", "a chunk size is followed by something else than an extension"),
      ("5 \r\nhello\r\n", "a chunk size is followed by something else than an extension"),
      ("5\r\r\nhello\r\n", "a chunk size is followed by something else than an extension"),
      ("5;\u{B}\r\nhello\r\n", "a chunk extension has a control character"),
      ("5;a\rb\r\nhello\r\n", "a chunk extension has a control character"),
      ("5\nhello\r\n", "a line ends with LF without CR before it"),
      ("5\r\nhello\n0\r\n\r\n", "a line ends with LF without CR before it"),
      ("5\r\nhello!\r\n0\r\n\r\n", "a chunk is longer than its size says, or its CRLF is missing"),
      ("5\r\nhello0\r\n\r\n", "a chunk is longer than its size says, or its CRLF is missing"),
      ("00000000000000005\r\nhello\r\n", "a chunk size has more than 16 digits"),
    ])
  func oddChunks(rest: String, sentence: String) {
    expectRefused(chunked(rest), 400, sentence)
  }

  @Test("§7.1: no overflow", arguments: ["FFFFFFFFFFFFFFFF", "7FFFFFFFFFFFFFFF", "8000000000000000", "B"])
  func hugeChunks(size: String) {
    var limits = HTTPLimits()
    limits.bodyLimit = 10
    expectRequests(
      chunked("\(size)\r\nGET / HTTP/1.1\r\nHost: b\r\n\r\n"), [head + " too large: chunked"], limits: limits)
  }

  @Test func chunksOfOneByteAreBoundedLikeAnyContent() {
    var limits = HTTPLimits()
    limits.bodyLimit = 10
    let ten = String(repeating: "1\r\nx\r\n", count: 10)
    expectRequests(chunked(ten + "0\r\n\r\n"), [head + " xxxxxxxxxx"], limits: limits)
    expectRequests(chunked(ten + "1\r\nx\r\n"), [head + " too large: chunked"], limits: limits)
  }

  @Test(
    "§6.1 and §6.3: chunked last, and once",
    arguments: [
      "chunked, chunked", "chunked, gzip", "gzip", "identity", "xchunked", "chunked\r\nTransfer-Encoding: chunked",
    ])
  func unusableCodings(value: String) {
    expectRefused(
      post("Transfer-Encoding: \(value)", "0\r\n\r\n"), 400,
      "the Transfer-Encoding does not end with chunked, and chunked once")
  }

  @Test(
    arguments: ["", ",chunked", "chunked,", "chunked;q=1", "\"chunked\"", "chunked gzip", "gzip;x=y, chunked"])
  func malformedCodings(value: String) {
    expectRefused(
      post("Transfer-Encoding: \(value)", "0\r\n\r\n"), 400,
      "the Transfer-Encoding is not a list of codings without parameters")
  }

  @Test(
    "§6.1: a coding that is not known",
    arguments: ["gzip, chunked", "foo,chunked", "gzip\r\nTransfer-Encoding: chunked"])
  func unknownCodings(value: String) {
    expectRefused(
      post("Transfer-Encoding: \(value)", "0\r\n\r\n"), 501, "the only transfer coding known here is chunked")
  }

  @Test func chunkedIsKnownInAnyCase() {
    expectRequests(
      post("Transfer-Encoding: \t CHUNKED ", "1\r\nx\r\n0\r\n\r\n"), ["POST /h [host: a, transfer-encoding: CHUNKED] x"]
    )
  }

  @Test("§6.1: HTTP/1.0 has no Transfer-Encoding")
  func http10() {
    expectRefused(
      "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "HTTP/1.0 has no Transfer-Encoding")
  }
}
