/// What HMAC needs to know of a hash (RFC 2104 §2).
package protocol HashFunction {
  /// Bytes of one block.
  static var blockSize: Int { get }
  static func hash(_ message: some Collection<UInt8>) -> [UInt8]
}

enum Padding {
  /// The message, a one bit, zeros, and the length in bits at the end of the last block (FIPS 180-4 §5.1).
  static func padded(_ message: some Collection<UInt8>, blockSize: Int, lengthSize: Int) -> [UInt8] {
    let count = message.count
    let total = (count + 1 + lengthSize + blockSize - 1) / blockSize * blockSize
    var out: [UInt8] = []
    out.reserveCapacity(total)
    out.append(contentsOf: message)
    out.append(0x80)
    out.append(contentsOf: repeatElement(0, count: total - count - 9))
    let bits = UInt64(count) * 8
    for shift in stride(from: 56, through: 0, by: -8) { out.append(UInt8(truncatingIfNeeded: bits >> UInt64(shift))) }
    return out
  }
}
