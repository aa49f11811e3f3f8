import HTTPTypes
import RelayCore

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
  /// Empty for a 2xx of a destination without `answers`, where nothing looks at them.
  package let headers: HTTPHeaders
  /// The first 16 KiB; 1 MiB of a destination whose `answers` look at it.
  package let body: [UInt8]
  /// The body was longer than what is kept of it.
  package let isCut: Bool

  package init(status: Int, headers: HTTPHeaders = HTTPHeaders(), body: [UInt8] = [], isCut: Bool = false) {
    self.status = status
    self.headers = headers
    self.body = body
    self.isCut = isCut
  }
}

extension Answer {
  /// The body as JSON; nil where it can't be read as that. A byte order mark before it is passed over: a parser may
  /// (RFC 8259 §8.1), and .NET writes one.
  package var json: JSON? { try? JSONParser.parse(unmarkedBody) }

  private var unmarkedBody: [UInt8] {
    body.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(body.dropFirst(3)) : body
  }

  /// As a destination's `answers` see it: the names of headers in lower case, and a body that is no JSON as text.
  package func subject(_ json: JSON?) -> JSON {
    var fields = JSONObject()
    for field in headers.fields where fields[field.name] == nil {
      let values = headers.values(field.name)
      fields[field.name] = values.count > 1 ? .array(values.map(JSON.string)) : .string(field.value)
    }
    return .object([
      "status": .integer(Int64(status)), "headers": .object(fields),
      "body": json ?? .string(String(decoding: unmarkedBody, as: UTF8.self)),
    ])
  }
}

extension SendResult {
  /// The HTTP status; nil where no whole answer came.
  package var status: Int? {
    if case .answered(let answer) = self { answer.status } else { nil }
  }
}
