import CDigests

/// SHA-256 (FIPS 180-4 §6.2), with the processor's own instructions for it where it has them.
package struct SHA256: HashFunction {
  package static let blockSize = 64

  package static func hash(_ message: [UInt8]) -> [UInt8] {
    digest(message, cdrelay_sha256)
  }

  /// The first `count` bytes of the hash.
  package static func hash(_ message: UnsafeBufferPointer<UInt8>, count: Int) -> [UInt8] {
    precondition(count <= 32)
    return [UInt8](unsafeUninitializedCapacity: 32) { digest, written in
      cdrelay_sha256(message.baseAddress, message.count, digest.baseAddress)
      written = count
    }
  }

  /// The same in portable code: what other processors run.
  static func portableHash(_ message: [UInt8]) -> [UInt8] {
    digest(message, cdrelay_sha256_portable)
  }

  @inline(__always)
  private static func digest(
    _ message: [UInt8], _ function: (UnsafePointer<UInt8>?, Int, UnsafeMutablePointer<UInt8>?) -> Void
  ) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: 32) { digest, count in
      message.withUnsafeBufferPointer { function($0.baseAddress, $0.count, digest.baseAddress) }
      count = 32
    }
  }
}
