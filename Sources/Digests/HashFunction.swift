/// What HMAC needs to know of a hash (RFC 2104 §2).
package protocol HashFunction {
  /// Bytes of one block.
  static var blockSize: Int { get }
  static func hash(_ message: [UInt8]) -> [UInt8]
}

extension HashFunction {
  package static func hash(_ message: some Sequence<UInt8>) -> [UInt8] {
    hash(Array(message))
  }
}
