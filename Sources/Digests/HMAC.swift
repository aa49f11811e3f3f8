/// Keyed hashing (RFC 2104).
package enum HMAC<Hash: HashFunction> {
  package static func authenticate(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
    var block = key.count > Hash.blockSize ? Hash.hash(key) : key
    block.append(contentsOf: repeatElement(0, count: Hash.blockSize - block.count))
    let inner = Hash.hash(block.map { $0 ^ 0x36 } + message)
    return Hash.hash(block.map { $0 ^ 0x5C } + inner)
  }
}
