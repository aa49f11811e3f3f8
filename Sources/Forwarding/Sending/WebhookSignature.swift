import Digests

/// Signatures by Standard Webhooks (https://www.standardwebhooks.com, "Symmetric signatures").
package enum WebhookSignature {
  /// `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`; of several keys one each, separated by spaces, so that a
  /// destination may know either while they are rotated.
  package static func header(id: String, second: String, body: [UInt8], keys: [[UInt8]]) -> String {
    var signed = Array(id.utf8)
    signed.append(UInt8(ascii: "."))
    signed.append(contentsOf: second.utf8)
    signed.append(UInt8(ascii: "."))
    signed.append(contentsOf: body)
    return keys.map { "v1," + Base64.encode(HMAC<SHA256>.authenticate(signed, key: $0)) }.joined(separator: " ")
  }
}
