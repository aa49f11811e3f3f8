/// A request as the receiver read it: a value, without a socket behind it.
package struct HTTPRequest: Sendable {
  /// The content that came with the head.
  package enum Body: Sendable, Equatable {
    /// All of it, after chunked framing was taken off. A request without a length has an empty body (RFC 9112 §6.3).
    case bytes([UInt8])
    /// More than the limit: not read. `declared` is the Content-Length in bytes; nil where the content was chunked, or the
    /// number is too large to be counted with.
    case tooLarge(declared: Int?)
  }

  /// As sent: methods are case-sensitive (RFC 9110 §9.1).
  package var method: String
  /// The path of the target in origin-form, percent-encoding as sent, without the query; `*` for `OPTIONS *`.
  package var path: String
  /// What stood behind the first `?` of the target, as sent; nil where there was none.
  package var query: String?
  package var headers: HTTPHeaders
  package var body: Body
  /// The address of the other end of the connection, without a port: `203.0.113.9`, `2001:db8::1`.
  package var peer: String

  package init(
    method: String, path: String, query: String? = nil, headers: HTTPHeaders = HTTPHeaders(),
    body: Body = .bytes([]), peer: String = "127.0.0.1"
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.headers = headers
    self.body = body
    self.peer = peer
  }
}
