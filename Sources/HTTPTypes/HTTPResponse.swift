/// An answer. The server adds `Date`, `Connection` and what frames the content; everything else stands here.
package struct HTTPResponse: Sendable, Equatable {
  package var status: Int
  package var headers: HTTPHeaders
  package var body: [UInt8]
  /// Content that is given in pieces, in place of `body`; nil for nearly all answers.
  package var stream: BodyStream?

  package init(status: Int, headers: HTTPHeaders = HTTPHeaders(), body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// An answer whose head goes at once and whose content follows. Where its request is a HEAD, or gone, nobody reads it.
  package init(status: Int, headers: HTTPHeaders = HTTPHeaders(), stream: BodyStream) {
    self.init(status: status, headers: headers)
    self.stream = stream
  }

  /// An answer with a body of the given content type.
  package init(status: Int, contentType: String, body: String) {
    self.init(status: status, headers: HTTPHeaders([("content-type", contentType)]), body: Array(body.utf8))
  }
}
