import Digests
import HTTPTypes
import Rules

/// Who asks: the enabled client whose token the request bears.
enum Caller {
  /// Looks at every token of every client, so that the time taken tells nothing of which fits. nil where none does.
  static func find(_ headers: HTTPHeaders, among clients: [CallClient]) -> CallClient? {
    let presented = Array((bearer(headers) ?? "").utf8)
    var found: CallClient?
    for client in clients where client.isEnabled && client.missingSecrets.isEmpty {
      for token in client.tokens where ConstantTime.equal(token.bytes, presented) { found = found ?? client }
    }
    return presented.isEmpty ? nil : found
  }

  /// RFC 6750 §2.1; the scheme compares without regard to case. More than one field is nobody: Authorization is no list
  /// (RFC 9110 §11.6.2), and a proxy in front may have looked at another one.
  private static func bearer(_ headers: HTTPHeaders) -> String? {
    let fields = headers.values("authorization")
    guard fields.count == 1, let field = fields.first, let space = field.utf8.firstIndex(of: UInt8(ascii: " ")),
      field.utf8[..<space].map({ $0 | 0x20 }).elementsEqual("bearer".utf8)
    else { return nil }
    return String(Substring(field.utf8[space...].drop { $0 == UInt8(ascii: " ") }))
  }
}
