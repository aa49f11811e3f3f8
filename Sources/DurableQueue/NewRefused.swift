import RelayCore

/// A request without a valid credential, of a source that keeps such: on its way into the table `refused`.
package struct NewRefused: Sendable {
  package let source: String
  package let receivedAt: Instant
  package let expiresAt: Instant
  package let sender: String
  /// What was presented, by kind and fingerprint; never itself.
  package let credential: String
  /// What the sender was answered.
  package let status: Int
  package let reason: String
  /// Without anything that was presented as a credential. Its body is empty where it was too large to read.
  package let raw: RawRecord
  /// Bytes of the body as sent; nil where unknown.
  package let size: Int?
  /// SHA-256 of the body, or of what is known of it: the same content is kept once, and counted.
  package let contentHash: [UInt8]
  package let limits: Limits

  /// Of the source's rows together; the oldest go first.
  package struct Limits: Sendable, Equatable {
    package let count: Int
    package let bytes: Int

    package init(count: Int, bytes: Int) {
      self.count = count
      self.bytes = bytes
    }
  }

  package init(
    source: String, receivedAt: Instant, expiresAt: Instant, sender: String, credential: String, status: Int,
    reason: String, raw: RawRecord, size: Int?, contentHash: [UInt8], limits: Limits
  ) {
    self.source = source
    self.receivedAt = receivedAt
    self.expiresAt = expiresAt
    self.sender = sender
    self.credential = credential
    self.status = status
    self.reason = reason
    self.raw = raw
    self.size = size
    self.contentHash = contentHash
    self.limits = limits
  }
}
