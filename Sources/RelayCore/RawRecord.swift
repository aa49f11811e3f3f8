import HTTPTypes

/// The bytes of an accepted webhook as they are kept and forwarded: the decoder reads a `Record` from them, at receipt and
/// again whenever a delivery is rendered.
package struct RawRecord: Sendable, Equatable {
  /// As sent; what came by GET is its query as a JSON object.
  package let body: [UInt8]
  /// As sent; nil where none was.
  package let contentType: String?
  /// Without those that carry credentials, and without those of the connection.
  package let headers: HTTPHeaders
  /// Without the token.
  package let query: FormFields

  package init(body: [UInt8], contentType: String?, headers: HTTPHeaders, query: FormFields) {
    self.body = body
    self.contentType = contentType
    self.headers = headers
    self.query = query
  }
}
