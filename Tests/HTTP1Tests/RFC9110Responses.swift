import HTTPTypes
import Testing

@testable import HTTP1

@Suite("RFC 9112 section 4, RFC 9110 sections 6.6.1, 8.6 and 9.3.2: answers on the wire")
struct RFC9110Responses {
  private func written(
    _ response: HTTPResponse, _ connection: ResponseWriter.Connection = .stays, isHead: Bool = false
  ) -> String {
    var out: [UInt8] = []
    ResponseWriter(date: HTTPDate(secondsSince1970: 784_111_777), connection: connection, isHead: isHead)
      .write(response, to: &out)
    return String(decoding: out, as: UTF8.self)
  }

  private let date = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
  private let hello = HTTPResponse(status: 200, contentType: "text/plain", body: "hello")

  @Test("RFC 9112 §4, RFC 9110 §6.6.1: status line, Date, fields, length, body")
  func headAndBody() {
    #expect(
      written(hello) == "HTTP/1.1 200 OK\r\n\(date)content-type: text/plain\r\nContent-Length: 5\r\n\r\nhello")
    #expect(
      written(HTTPResponse(status: 404)) == "HTTP/1.1 404 Not Found\r\n\(date)Content-Length: 0\r\n\r\n"
    )
  }

  @Test("RFC 9110 §9.3.2: HEAD has the length and no body")
  func head() {
    #expect(
      written(hello, isHead: true)
        == "HTTP/1.1 200 OK\r\n\(date)content-type: text/plain\r\nContent-Length: 5\r\n\r\n")
  }

  @Test("RFC 9110 §9.3.2: a refused HEAD has no body either")
  func refusedHead() {
    var state = ConnectionState(limits: HTTPLimits(), peer: "192.0.2.1", now: 0)
    let now = Moment(milliseconds: 0, date: HTTPDate(secondsSince1970: 784_111_777))
    state.received(Array("HEAD / HTTP/1.1\r\n\r\n".utf8).span)
    guard case .write = state.next(now: now) else {
      Issue.record("nothing to write")
      return
    }
    let text = state.output.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    #expect(text.hasPrefix("HTTP/1.1 400 Bad Request\r\n\(date)"))
    #expect(text.contains("\r\nContent-Length: ") && !text.contains("\r\nContent-Length: 0"))
    #expect(text.hasSuffix("\r\n\r\n"))
  }

  @Test("RFC 9112 §9.3: what is said of the connection")
  func connection() {
    #expect(written(hello, .closes).contains("\r\nConnection: close\r\n"))
    #expect(written(hello, .staysAsAsked).contains("\r\nConnection: keep-alive\r\n"))
  }

  @Test("RFC 9110 §8.6 and §15.4.5: 204 and 304 have neither length nor body", arguments: [true, false])
  func noContent(isHead: Bool) {
    var response = hello
    response.headers = HTTPHeaders()
    response.status = 204
    #expect(written(response, isHead: isHead) == "HTTP/1.1 204 No Content\r\n\(date)\r\n")
    response.status = 304
    #expect(written(response, isHead: isHead) == "HTTP/1.1 304 Not Modified\r\n\(date)\r\n")
  }

  @Test("RFC 9110 §15.2: an interim answer has no fields and no body")
  func interim() {
    #expect(ResponseWriter.interimContinue == Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
  }

  @Test func aHandlerCanNotContradictTheFraming() {
    let fields = HTTPHeaders([
      ("Content-Length", "9"), ("Transfer-Encoding", "chunked"), ("Connection", "x"), ("Date", "y"), ("X", "z"),
    ])
    #expect(
      written(HTTPResponse(status: 200, headers: fields))
        == "HTTP/1.1 200 OK\r\n\(date)x: z\r\nContent-Length: 0\r\n\r\n")
  }

  @Test func aValueCanNotBeginAnotherField() {
    let fields = HTTPHeaders([("location", "/a\r\nset-cookie: b")])
    #expect(written(HTTPResponse(status: 200, headers: fields)).contains("\r\nlocation: /a  set-cookie: b\r\n"))
  }

  @Test("a status that no handler may give becomes 500", arguments: [0, 100, 199, 600, -1])
  func oddStatus(status: Int) {
    #expect(written(HTTPResponse(status: status)).hasPrefix("HTTP/1.1 500 Internal Server Error\r\n"))
  }
}
