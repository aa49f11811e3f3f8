import HTTPTypes

/// Turns a response into the bytes of HTTP/1.1: head and body together, for one write.
struct ResponseWriter {
  /// What the connection has to say about itself (RFC 9112 §9.3).
  enum Connection {
    /// Stays open without a word: HTTP/1.1.
    case stays
    /// Stays open and must say so: HTTP/1.0.
    case staysAsAsked
    case closes
  }

  let date: HTTPDate
  let connection: Connection
  /// The answer to HEAD has the length of the body, and no body (RFC 9110 §9.3.2).
  let isHead: Bool

  static let interimContinue = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

  /// A status outside 200 to 599 is none that a handler may give, and is written as 500.
  func write(_ response: HTTPResponse, to out: inout [UInt8]) {
    let status = Self.status(of: response)
    writeFields(of: response, status, to: &out)
    if !Self.hasContent(status) {
      out.append("\r\n\r\n")
      return
    }
    out.append("\r\nContent-Length: ")
    out.append(decimal: response.body.count)
    out.append("\r\n\r\n")
    if !isHead { out.append(contentsOf: response.body) }
  }

  /// The head alone, before content that comes in pieces.
  func writeHead(of response: HTTPResponse, _ framing: ContentFraming, to out: inout [UInt8]) {
    let status = Self.status(of: response)
    writeFields(of: response, status, to: &out)
    if Self.hasContent(status) {
      switch framing {
      case .length(let length):
        out.append("\r\nContent-Length: ")
        out.append(decimal: length)
      case .chunked: out.append("\r\nTransfer-Encoding: chunked")
      case .untilClose: break
      }
    }
    out.append("\r\n\r\n")
  }

  private static func status(of response: HTTPResponse) -> Int {
    (200...599).contains(response.status) ? response.status : 500
  }

  /// RFC 9110 §8.6: 204 has no Content-Length; §15.4.5: 304 has no content.
  static func hasContent(_ status: Int) -> Bool { status != 204 && status != 304 }

  @inline(__always)
  private func writeFields(of response: HTTPResponse, _ status: Int, to out: inout [UInt8]) {
    out.append("HTTP/1.1 ")
    out.append(decimal: status)
    out.append(" ")
    out.append(contentsOf: StatusPhrase.of(status).utf8)
    out.append("\r\nDate: ")
    out.append(contentsOf: date.bytes)
    for field in response.headers.fields where !Self.isOurs(field.name) {
      out.append("\r\n")
      out.append(safely: field.name)
      out.append(": ")
      out.append(safely: field.value)
    }
    switch connection {
    case .stays: break
    case .staysAsAsked: out.append("\r\nConnection: keep-alive")
    case .closes: out.append("\r\nConnection: close")
    }
  }

  /// Fields that speak of the message's framing: a handler's would contradict what is written.
  private static func isOurs(_ name: String) -> Bool {
    switch name {
    case "connection", "content-length", "date", "keep-alive", "transfer-encoding": true
    default: false
    }
  }
}

extension [UInt8] {
  fileprivate mutating func append(_ text: StaticString) {
    text.withUTF8Buffer { append(contentsOf: $0) }
  }

  fileprivate mutating func append(decimal number: Int) {
    if number >= 10 { append(decimal: number / 10) }
    append(UInt8(ascii: "0") + UInt8(number % 10))
  }

  /// A control character would end the line and begin a field of its sender's choice; it becomes a space.
  fileprivate mutating func append(safely text: String) {
    var text = text
    text.withUTF8 { bytes in
      if bytes.contains(where: Byte.isControl) {
        append(contentsOf: bytes.lazy.map { Byte.isControl($0) ? Byte.space : $0 })
      } else {
        append(contentsOf: bytes)
      }
    }
  }
}
