/// A refusal as `application/problem+json` (RFC 9457). Its sentence names what was wrong and what to do, never a secret,
/// a body or a phone number.
package struct Problem: Error, Sendable, Equatable {
  /// 400 to 599: a success can't be said with a problem.
  package let status: Int
  /// What went wrong this time, in a sentence.
  package let detail: String
  /// Further header fields, such as `Allow` or `Retry-After`.
  package let headers: [Field]

  package struct Field: Sendable, Equatable {
    package let name: String
    package let value: String
    package init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  package init(_ status: Int, _ detail: String, headers: [Field] = []) {
    precondition((400...599).contains(status), "a problem has a status from 400 to 599")
    self.status = status
    self.detail = detail
    self.headers = headers
  }

  package var response: HTTPResponse {
    var fields = HTTPHeaders([("content-type", "application/problem+json")])
    for field in headers { fields.append(field.name, field.value) }
    let title = StatusPhrase.of(status)
    let body = #"{"type":"about:blank","title":\#(quoted(title)),"status":\#(status),"detail":\#(quoted(detail))}"#
    return HTTPResponse(status: status, headers: fields, body: Array(body.utf8))
  }

  /// A JSON string (RFC 8259 §7).
  private func quoted(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case _ where scalar.value < 0x20:
        let hex = String(scalar.value, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }
}
