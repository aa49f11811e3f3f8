import HTTPTypes

/// Reads a head line by line, in the order the lines come; strict wherever two readers could disagree.
struct HeadReader {
  /// Whole where `read` said so.
  private(set) var head = RequestHead()
  /// Of the lines read; 0 before the request line.
  private var bytes = 0
  private var fieldCount = 0
  private var authority: String?
  private var hasHost = false
  private var contentLength: Int?
  private var codings: String?
  private var asksToClose = false
  private var asksToStay = false

  /// Reads on from where the last call ended. False until the empty line that ends the head.
  mutating func read(_ input: inout InputBuffer, limits: HTTPLimits) throws(ParseError) -> Bool {
    if bytes == 0 {
      guard let line = try input.line(limit: limits.requestLineBytes, or: Self.longTarget(limits)) else { return false }
      bytes += line.count + 2
      try takeRequestLine(input.bytes.span.extracting(line))
      head.headers.reserveCapacity(8)
    }
    while true {
      guard let line = try input.line(limit: limits.headBytes - bytes, or: Self.largeHead(limits)) else { return false }
      if line.isEmpty {
        try finish()
        return true
      }
      bytes += line.count + 2
      fieldCount += 1
      if fieldCount > limits.headFields { throw Self.manyFields(limits) }
      try takeField(try FieldLine(input.bytes.span.extracting(line)))
    }
  }

  private static func longTarget(_ limits: HTTPLimits) -> ParseError {
    ParseError(414, "the request line is longer than \(limits.requestLineBytes) bytes", .requestLineBytes)
  }

  private static func largeHead(_ limits: HTTPLimits) -> ParseError {
    ParseError(431, "the head is larger than \(limits.headBytes) bytes", .headBytes)
  }

  private static func manyFields(_ limits: HTTPLimits) -> ParseError {
    ParseError(431, "the head has more than \(limits.headFields) fields", .headFields)
  }

  // MARK: Request line

  /// RFC 9112 §3. The version is looked at before the target, so that an HTTP/2 preface (`PRI * HTTP/2.0`) is told 505.
  private mutating func takeRequestLine(_ line: Span<UInt8>) throws(ParseError) {
    guard let methodEnd = line.firstIndex(of: Byte.space), methodEnd > 0,
      let targetEnd = line.firstIndex(of: Byte.space, from: methodEnd + 1), targetEnd > methodEnd + 1
    else { throw ParseError(400, "the request line is not: method, space, target, space, version") }
    for index in 0..<methodEnd where !Byte.isToken(line[index]) {
      throw ParseError(400, "the method has a character that no token has")
    }
    let method = line.extracting(..<methodEnd)
    head.method = method.text
    try takeVersion(line.extracting((targetEnd + 1)...))
    let target = try RequestTarget(line.extracting((methodEnd + 1)..<targetEnd), of: method)
    head.path = target.path
    head.query = target.query
    authority = target.authority
  }

  /// RFC 9112 §2.3. A minor version above 1 is read as 1.1 (RFC 9110 §6.2).
  private mutating func takeVersion(_ version: Span<UInt8>) throws(ParseError) {
    guard version.count == 8, version.extracting(..<5).isEqual(to: "HTTP/"), Byte.isDigit(version[5]),
      version[6] == UInt8(ascii: "."), Byte.isDigit(version[7])
    else { throw ParseError(400, "the request line does not end with HTTP/ and a version such as 1.1") }
    guard version[5] == UInt8(ascii: "1") else { throw ParseError(505, "only HTTP/1.1 and HTTP/1.0 are spoken here") }
    head.isHTTP10 = version[7] == UInt8(ascii: "0")
  }

  // MARK: Fields

  private mutating func takeField(_ field: FieldLine) throws(ParseError) {
    switch field.name {
    case "host": try takeHost(field.value)
    case "content-length": try takeContentLength(field.value)
    case "transfer-encoding": codings = codings.map { $0 + "," + field.value } ?? field.value
    case "connection": takeConnection(field.value)
    case "expect": try takeExpect(field.value)
    default: break
    }
    head.headers.append(lowercasedName: field.name, field.value)
  }

  /// RFC 9112 §3.2: one Host, and a valid one; RFC 9110 §4.2.1: never an empty one.
  private mutating func takeHost(_ value: String) throws(ParseError) {
    if hasHost { throw ParseError(400, "there is more than one Host field") }
    hasHost = true
    guard RequestTarget.isAuthority(value.utf8.span) else {
      throw ParseError(400, "the Host field is not a host with or without a port")
    }
  }

  /// RFC 9112 §6.2: digits and nothing else. Two fields are refused even where they agree, and so is a list.
  private mutating func takeContentLength(_ value: String) throws(ParseError) {
    if contentLength != nil { throw ParseError(400, "there is more than one Content-Length field") }
    let digits = value.utf8.span
    var isNumber = !digits.isEmpty
    for index in digits.indices where !Byte.isDigit(digits[index]) { isNumber = false }
    guard isNumber else { throw ParseError(400, "the Content-Length is not a number of bytes") }
    // All digits: what doesn't fit is too large for any limit.
    contentLength = Int(value) ?? .max
  }

  /// RFC 9110 §7.6.1.
  private mutating func takeConnection(_ value: String) {
    for option in value.listed {
      if option.isEqual(toLowercased: "close") { asksToClose = true }
      if option.isEqual(toLowercased: "keep-alive") { asksToStay = true }
    }
  }

  /// RFC 9110 §10.1.1; an HTTP/1.0 client can't wait for an interim answer.
  private mutating func takeExpect(_ value: String) throws(ParseError) {
    for expectation in value.listed where !expectation.isEmpty {
      guard expectation.isEqual(toLowercased: "100-continue") else {
        throw ParseError(417, "the only expectation that can be met is 100-continue")
      }
      head.expectsContinue = !head.isHTTP10
    }
  }

  // MARK: The whole

  private mutating func finish() throws(ParseError) {
    if !hasHost && !head.isHTTP10 { throw ParseError(400, "there is no Host field") }
    if let authority {
      // RFC 9112 §3.2.2: the host of an absolute-form target stands in for what Host says.
      head.headers.remove("host")
      head.headers.append(lowercasedName: "host", authority)
    }
    head.isPersistent = !asksToClose && (!head.isHTTP10 || asksToStay)
    head.framing = try framing()
  }

  /// RFC 9112 §6.1 and §6.3.
  private func framing() throws(ParseError) -> RequestHead.Framing {
    guard let codings else { return .length(contentLength ?? 0) }
    if contentLength != nil { throw ParseError(400, "there are both a Content-Length and a Transfer-Encoding") }
    if head.isHTTP10 { throw ParseError(400, "HTTP/1.0 has no Transfer-Encoding") }
    // RFC 9110 §5.6.1.2 lets a list have empty members; here they are refused, as all is that some reader may not know.
    let names = codings.listed
    guard names.allSatisfy({ !$0.isEmpty && $0.allSatisfy(Byte.isToken) }) else {
      throw ParseError(400, "the Transfer-Encoding is not a list of codings without parameters")
    }
    let areChunked = names.map { $0.isEqual(toLowercased: "chunked") }
    guard areChunked.last == true, !areChunked.dropLast().contains(true) else {
      throw ParseError(400, "the Transfer-Encoding does not end with chunked, and chunked once")
    }
    guard names.count == 1 else { throw ParseError(501, "the only transfer coding known here is chunked") }
    return .chunked
  }
}

extension Collection<UInt8> {
  /// Without regard to the case of ASCII letters; `text` in lower case. By bytes: comparing characters takes quadratic
  /// time where thousands of them combine.
  fileprivate func isEqual(toLowercased text: String) -> Bool {
    lazy.map(Byte.lowered).elementsEqual(text.utf8)
  }
}

extension String {
  /// The members of a list, empty ones too, each without the spaces and tabs around it (RFC 9110 §5.6.1).
  fileprivate var listed: [Substring.UTF8View] {
    utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map(\.trimmed)
  }
}

extension Substring.UTF8View {
  /// Without the spaces and tabs at both ends (OWS, RFC 9110 §5.6.3).
  fileprivate var trimmed: Substring.UTF8View {
    var rest = self
    while let first = rest.first, Byte.isBlank(first) { rest.removeFirst() }
    while let last = rest.last, Byte.isBlank(last) { rest.removeLast() }
    return rest
  }
}
