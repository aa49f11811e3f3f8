/// Heads whose end, or whose content's end, two readers could see in different places: what request smuggling is made of.
enum AmbiguousRequests {
  /// Between `POST /first HTTP/1.1`, `Host: a` and the empty line.
  static let fields = [
    "Content-Length: 5\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 5",
    "Content-Length: 0\r\nTransfer-Encoding: identity", "Content-Length: 0\r\nTransfer-Encoding: ",
    "Content-Length: 5\r\nContent-Length: 0", "Content-Length: 0\r\nContent-Length: 5",
    "Content-Length: 5\r\nContent-Length: 5", "Content-Length: 5, 0", "Content-Length: 5, 5", "Content-Length: 5 5",
    "Content-Length: +5", "Content-Length: -5", "Content-Length: ", "Content-Length: 0x5", "Content-Length: 5\u{B}",
    "Content-Length: 0\0", "Content-Length: ０", "Content-Length: \u{1}5", "Content-Length: 5\u{A0}",
    "Content-Length: 5\rX: y", "Content-Length : 5", "Content-Length\t: 5", "Content-Length", "Content-Length\0: 5",
    " Content-Length: 5", "X: y\r\n Content-Length: 5", "X: y\r\n\tContent-Length: 5", "Content-Length:\r\n 5",
    "Content-Length: 0\r\n Transfer-Encoding: chunked", "Content-Length: 0\n\r\nX: y", "X: y\nContent-Length: 5",
    "\nContent-Length: 5", "Transfer-Encoding : chunked", "Transfer-Encoding\t: chunked", " Transfer-Encoding: chunked",
    "Transfer-Encoding: chunked, identity", "Transfer-Encoding: identity, chunked", "Transfer-Encoding: identity",
    "Transfer-Encoding: chunked, gzip", "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: chunked, chunked",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nTransfer-Encoding: x",
    "Transfer-Encoding: x\r\nTransfer-Encoding: chunked", "Transfer-Encoding: xchunked", "Transfer-Encoding: chunkedx",
    "Transfer-Encoding: chunked;q=1", "Transfer-Encoding: \"chunked\"", "Transfer-Encoding: chunked,",
    "Transfer-Encoding: ,chunked", "Transfer-Encoding: ", "Transfer-Encoding: chun\u{212A}ed",
    "Transfer-Encoding: \u{B}chunked", "Transfer-Encoding: chunked\u{B}", "Transfer-Encoding: chunked\0",
    "Transfer-Encoding: chunked\r", "Transfer-Encoding:\n chunked", "Transfer-Encoding:\r\n chunked",
    "Transfer-Encoding\r\n : chunked", "Transfer-Encoding\n: chunked", "X: y\rTransfer-Encoding: chunked",
    "X: y\nTransfer-Encoding: chunked", "X: y\r\rTransfer-Encoding: chunked", "X: y\n\nGET / HTTP/1.1\r\nX: y",
    "Transfer_Encoding: x\r\nTransfer-Encoding: gzip, chunked", "Transfer-Encoding; chunked", "X: y\r\n\r: z",
    "Host: b", "Host: a", "HOST: a", "X: \0", "X\0: y", "(X): y",
  ].map { "POST /first HTTP/1.1\r\nHost: a\r\n\($0)\r\n\r\n" }

  static let lines = [
    "POST /first HTTP/1.1\nHost: a\n\n", "POST /first HTTP/1.1\rHost: a\r\r",
    "POST /first HTTP/1.1 \r\nHost: a\r\n\r\n",
    "POST  /first HTTP/1.1\r\nHost: a\r\n\r\n", "POST\t/first\tHTTP/1.1\r\nHost: a\r\n\r\n", "POST /first\r\n",
    "POST /first \r\n\r\n", "POST /a /first HTTP/1.1\r\nHost: a\r\n\r\n", "POST /first HTTP/1.1\r\r\nHost: a\r\n\r\n",
    "POST /first HTTP/1.1\r\n Host: a\r\n\r\n", "POST /first HTTP/1.1\r\n\r\n", "POST /first HTTP/1.1\r\nHost:\r\n\r\n",
    "POST /first HTTP/1.1\r\nHost: a, b\r\n\r\n", "POST /first HTTP/1.1\r\nHost: u@a\r\n\r\n",
    "POST /first HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", "POST /first HTTP/2.0\r\nHost: a\r\n\r\n",
    "POST /first HTTP/1.10\r\nHost: a\r\n\r\n", "POST http:///first HTTP/1.1\r\nHost: a\r\n\r\n",
    "POST /first#f HTTP/1.1\r\nHost: a\r\n\r\n", "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\0POST /first HTTP/1.1\r\nHost: a\r\n\r\n",
    "\nPOST /first HTTP/1.1\r\nHost: a\r\n\r\n",
  ]

  /// Behind a head with `Transfer-Encoding: chunked`.
  static let chunks = [
    "5\nhello\r\n0\r\n\r\n", "5\r\nhello\n0\r\n\r\n", "5\rhello\r\n0\r\n\r\n", "5 \r\nhello\r\n0\r\n\r\n",
    "+5\r\nhello\r\n0\r\n\r\n", "-5\r\nhello\r\n0\r\n\r\n", "0x5\r\nhello\r\n0\r\n\r\n", "5;\nhello\r\n0\r\n\r\n",
    "5;a=\"\r\nhello\r\n0\r\n\r\n", "5;a=\"\n\"\r\nhello\r\n0\r\n\r\n", "5;a\rb\r\nhello\r\n0\r\n\r\n",
    "5\r\nhello0\r\n\r\n", "5\r\nhelloXX0\r\n\r\n", "4\r\nhello\r\n0\r\n\r\n",
    "10000000000000005\r\nhello\r\n0\r\n\r\n",
    "\r\n5\r\nhello\r\n0\r\n\r\n", "0\r\n\n", "0\n\r\n", "0\r\nX : y\r\n\r\n", "0\r\n X: y\r\n\r\n", "0\r\nX\r\n\r\n",
    "0\r\nX: y\n\r\n", "0\r\nX: y\r\r\n\r\n", "0 0\r\n\r\n", "0;\r\n\r\n",
  ].map { "POST /first HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + $0 }

  static let all = fields.map { $0 + "0\r\n\r\n" } + lines + chunks
}
