import HTTPTypes

/// A request as it goes out.
package struct OutgoingRequest: Sendable, Equatable {
  package let method: String
  package let url: String
  package let headers: HTTPHeaders
  package let body: [UInt8]

  package init(method: String, url: String, headers: HTTPHeaders = HTTPHeaders(), body: [UInt8] = []) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
  }
}
