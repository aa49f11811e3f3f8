/// An answer. The server adds `Date`, `Content-Length` and `Connection`; everything else stands here.
package struct HTTPResponse: Sendable, Equatable {
  package var status: Int
  package var headers: HTTPHeaders
  package var body: [UInt8]

  package init(status: Int, headers: HTTPHeaders = HTTPHeaders(), body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// An answer with a body of the given content type.
  package init(status: Int, contentType: String, body: String) {
    self.init(status: status, headers: HTTPHeaders([("content-type", contentType)]), body: Array(body.utf8))
  }
}
