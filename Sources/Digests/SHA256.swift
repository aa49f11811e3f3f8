import CDigests

/// SHA-256 (FIPS 180-4 §6.2), with the processor's own instructions for it where it has them.
package struct SHA256: HashFunction {
  package static let blockSize = 64

  package static func hash(_ message: [UInt8]) -> [UInt8] {
    message.withUnsafeBufferPointer { hash($0) }
  }

  /// The first `count` bytes of the hash.
  package static func hash(_ message: UnsafeBufferPointer<UInt8>, count: Int = 32) -> [UInt8] {
    digest(message, count: count, cdrelay_sha256)
  }

  /// The same in portable code: what other processors run.
  static func portableHash(_ message: [UInt8]) -> [UInt8] {
    message.withUnsafeBufferPointer { digest($0, count: 32, cdrelay_sha256_portable) }
  }

  @inline(__always)
  private static func digest(
    _ message: UnsafeBufferPointer<UInt8>, count: Int,
    _ function: (UnsafePointer<UInt8>?, Int, UnsafeMutablePointer<UInt8>?) -> Void
  ) -> [UInt8] {
    // The array's own initializer that hands out its storage is not specialized, and costs as much as a short hash.
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { digest in
      function(message.baseAddress, message.count, digest.baseAddress)
      return Array(digest[..<count])
    }
  }
}
