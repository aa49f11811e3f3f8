import Testing

@testable import HTTP1

@Suite("RFC 9112 section 7: chunked transfer coding")
struct RFC9112Section7 {
  private func chunked(_ rest: String) -> String {
    "POST /h HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\(rest)"
  }

  private let head = "POST /h [host: a, transfer-encoding: chunked]"
  private let noSize = "a chunk does not begin with its size in hexadecimal"
  private let noExtension = "a chunk size is followed by something else than extensions such as ;name=value"

  @Test("§7.1: chunks, and the next request behind them")
  func chunks() {
    expectRequests(
      chunked("5\r\nhello\r\n006\r\n world\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: b\r\n\r\n"),
      [head + " hello world", "GET / [host: b]"])
    expectRequests(chunked("0\r\n\r\n"), [head])
    expectRequests(chunked("0000\r\n\r\n"), [head])
    expectRequests(chunked("A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n"), [head + " 01234567890123456789"])
    expectRequests(chunked("2\r\n\r\n\r\n0\r\n\r\n"), [head + " \r\n"])
    expectRequests(chunked("0000000000000001\r\nx\r\n0\r\n\r\n"), [head + " x"])
  }

  @Test(
    "§8: content that is not ended is no content", arguments: ["", "5", "5\r\nhello\r\n", "0\r\n", "0\r\nX: y\r\n"])
  func unended(rest: String) {
    let outcome = outcome(of: chunked(rest))
    #expect(outcome.requests.isEmpty && outcome.error == nil && outcome.progress == .inBody)
  }

  @Test(
    "§7.1: sizes are hexadecimal digits",
    arguments: ["", "x", "+5", "-5", " 5", "\t5", ";a", "\0", "５", "\u{B}5", "é", "G", "\"5\""])
  func noSizes(line: String) {
    expectRefused(chunked(line + "\r\nhello\r\n0\r\n\r\n"), 400, noSize)
  }

  @Test(
    "§7.1: and nothing else before the line's end or an extension",
    arguments: ["0x5", "5 ", "5\t", "5\r", "5 5", "5.", "5,", "5h", "5_0", "5\0", "5:", "5=a", "5é", "5\u{B};a", "0X0"])
  func odderSizes(line: String) {
    expectRefused(chunked(line + "\r\nhello\r\n0\r\n\r\n"), 400, noExtension)
  }

  @Test(
    "§7.1: a chunk is as long as its size says, and CRLF follows",
    arguments: [
      "5\r\nhello!\r\n0\r\n\r\n", "5\r\nhello0\r\n\r\n", "5\r\nhello\rX\r\n", "4\r\nhello\r\n0\r\n\r\n",
      "5\r\nhelloXX0\r\n\r\n", "1\r\nx \r\n0\r\n\r\n",
    ])
  func lengths(rest: String) {
    expectRefused(chunked(rest), 400, "a chunk is longer than its size says, or its CRLF is missing")
  }

  @Test(
    "§2.2: LF alone ends no line here either",
    arguments: [
      "5\nhello\r\n", "5\r\nhello\n0\r\n\r\n", "0\n\r\n", "0\r\n\n", "0\r\nX: y\n\r\n", "5;a\nhello\r\n", "\n",
    ])
  func bareLineFeed(rest: String) {
    expectRefused(chunked(rest), 400, "a line ends with LF without CR before it")
  }

  @Test("§7.1: no overflow", arguments: ["FFFFFFFFFFFFFFFF", "7FFFFFFFFFFFFFFF", "8000000000000000", "B", "100000000"])
  func hugeChunks(size: String) {
    var limits = HTTPLimits()
    limits.bodyLimit = 10
    expectRequests(
      chunked("\(size)\r\nGET / HTTP/1.1\r\nHost: b\r\n\r\n"), [head + " too large: unknown"], limits: limits)
  }

  @Test("§7.1: a number has an end", arguments: ["00000000000000005", "10000000000000000", "10000000000000005"])
  func longSizes(size: String) {
    expectRefused(chunked("\(size)\r\nhello\r\n0\r\n\r\n"), 400, "a chunk size has more than 16 digits")
  }

  @Test func chunksOfOneByteAreBoundedLikeAnyContent() {
    var limits = HTTPLimits()
    limits.bodyLimit = 10
    let ten = String(repeating: "1\r\nx\r\n", count: 10)
    expectRequests(chunked(ten + "0\r\n\r\n"), [head + " xxxxxxxxxx"], limits: limits)
    expectRequests(chunked(ten + "1\r\nx\r\n"), [head + " too large: unknown"], limits: limits)
  }

  /// Were a byte moved or searched again with each chunk, this would take minutes.
  @Test func manyChunksOfOneByteCostNoMoreThanTheirLength() throws {
    let bytes = Array(chunked(String(repeating: "1\r\nx\r\n", count: 200_000) + "0\r\n\r\n").utf8)
    var parser = RequestParser(limits: HTTPLimits())
    let took = try ContinuousClock().measure {
      parser.append(bytes.span)
      let body = try parser.next()?.request.body
      #expect(body == .bytes([UInt8](repeating: UInt8(ascii: "x"), count: 200_000)))
    }
    #expect(took < .seconds(10))
  }

  // MARK: Extensions

  @Test(
    "§7.1.1: extensions are passed over",
    arguments: [
      ";a", ";a=b", "; x=\"y z\"", " ; x = y", "\t;\ta\t=\tb", ";a;b=c;d=\"\"", ";a=\"\\\"\"", ";a=\"\\\\\"",
      ";a=\"é;=\\é\"",
      ";chunk-signature=0123456789abcdef", ";a=\";b=\"",
    ])
  func extensions(text: String) {
    expectRequests(chunked("5\(text)\r\nhello\r\n0\(text)\r\n\r\n"), [head + " hello"])
  }

  @Test(
    "§7.1.1: what only looks like one",
    arguments: [
      ";", ";;a", ";a;", ";=a", ";a=", ";a b", ";a=b c", ";a=\"", ";a=\"b", ";a=\"b\\\"", ";a=\"b\"c", ";a=b\"c\"",
      ";\"a\"",
      ";\u{B}", ";a\rb", ";a=\"\rb\"", ";a=\"\0\"", ";a=\"\\\0\"", ";a ", ";a=b ", ";a=\"b\" ", ";é", ";a=é", ";a,b",
      " a",
      ";a=\"\u{7F}\"", ";a=\"\\", ";a\r", ";(a)", ";a==b",
    ])
  func oddExtensions(text: String) {
    expectRefused(chunked("5\(text)\r\nhello\r\n0\r\n\r\n"), 400, noExtension)
  }

  @Test("§7.1.1: all of them together are limited")
  func manyExtensions() {
    var limits = HTTPLimits()
    limits.chunkExtensionBytes = 10
    expectRequests(chunked("1;aaaa\r\nx\r\n0;bbbb\r\n\r\n"), [head + " x"], limits: limits)
    expectRefused(
      chunked("1;aaaaa\r\nx\r\n1;bbbbb\r\nx\r\n"), 400, "the chunk extensions are longer than 10 bytes together",
      limits: limits)
    expectRefused(
      chunked("1;" + String(repeating: "a", count: 40)), 400, "the line of a chunk size is too long", limits: limits)
  }

  // MARK: Trailers

  @Test(
    "§7.1.2: trailers are thrown away, those that would change the head too",
    arguments: [
      "X: y", "Host: b", "Content-Length: 9", "Transfer-Encoding: gzip", "Authorization: Bearer x", "Connection: close",
      "Content-Type: text/plain\r\nExpect: x", "Trailer: a", "X:",
    ])
  func trailers(fields: String) {
    let outcome = outcome(of: chunked("5\r\nhello\r\n0\r\n\(fields)\r\n\r\n"))
    #expect(outcome.requests == [head + " hello"])
    #expect(outcome.isPersistent == [true])
    expectRequests(chunked("5\r\nhello\r\n0\r\n\(fields)\r\n\r\n"), [head + " hello"])
  }

  @Test("§7.1.2: trailers are fields")
  func oddTrailers() {
    let noToken = "a field name is empty or has a character that no token has, such as a space"
    expectRefused(chunked("0\r\nX : y\r\n\r\n"), 400, noToken)
    expectRefused(chunked("0\r\n: y\r\n\r\n"), 400, noToken)
    expectRefused(chunked("0\r\nGET / HTTP/1.1\r\n\r\n"), 400, "a field has no colon")
    expectRefused(chunked("0\r\nX: \0\r\n\r\n"), 400, "a field value has a control character")
    expectRefused(
      chunked("0\r\nX: y\r\n z\r\n\r\n"), 400,
      "a field goes on in the next line (obs-fold), or a line begins with a space")
  }

  @Test("RFC 6585 §5: trailers are limited as a head is")
  func manyTrailers() {
    var limits = HTTPLimits()
    limits.headFields = 2
    expectRefused(
      chunked("0\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n"), 431, "the trailers are too large or too many", limits: limits)
    limits.headBytes = 80
    expectRefused(
      chunked("0\r\nA: \(String(repeating: "x", count: 80))"), 431, "the trailers are too large or too many",
      limits: limits)
  }
}
