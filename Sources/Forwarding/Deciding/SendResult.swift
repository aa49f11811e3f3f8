import HTTPTypes

/// What came of one try at sending. Never thrown away: every try ends in one of these.
package enum SendResult: Sendable, Equatable {
  /// A whole answer, or one whose body was longer than is read: its status is what counts.
  case answered(Answer)
  /// No whole answer. In words without address or secret: `connection refused`, `no answer within 15 s`.
  case failed(String)
  /// The egress guard did not let the connection be used.
  case refused(address: String)
  /// The proxy did not make a tunnel to the destination.
  case proxyRefused(status: Int)
  /// The record does not fit the destination's template; nothing was sent.
  case unrenderable(String)
  /// The relay stopped before an answer came.
  case interrupted
}

package struct Answer: Sendable, Equatable {
  package let status: Int
  /// Empty for a 2xx, whose header nothing looks at.
  package let headers: HTTPHeaders
  /// The first 4 KiB.
  package let body: [UInt8]

  package init(status: Int, headers: HTTPHeaders = HTTPHeaders(), body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }
}

extension SendResult {
  /// The HTTP status; nil where no whole answer came.
  package var status: Int? {
    if case .answered(let answer) = self { answer.status } else { nil }
  }
}
