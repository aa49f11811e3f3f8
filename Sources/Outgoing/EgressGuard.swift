import Rules

/// Which addresses a destination may be connected to that has no `allow_private`: those of the public internet. Looked at on
/// the address itself, when a connection is opened and again before every request on it, so that a name that resolves to
/// something else later, or a connection that another destination opened, gets no further.
package enum EgressGuard {
  /// - Parameter bytes: 4 or 16 of them, in network order.
  package static func permits(_ bytes: [UInt8]) -> Bool {
    guard let address = IPAddress(bytes: bytes) else { return false }
    return !address.isPrivate && address.bytes != azureMetadata
  }

  /// 168.63.129.16, the only metadata service at a public address.
  private static let azureMetadata: [UInt8] = [168, 63, 129, 16]
}
