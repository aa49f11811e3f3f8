/// Bytes that wait to be written.
struct OutputBuffer {
  private var bytes: [UInt8] = []
  private var start = 0

  var count: Int { bytes.count - start }
  var isEmpty: Bool { start == bytes.count }

  mutating func append(_ append: (inout [UInt8]) -> Void) {
    append(&bytes)
  }

  /// Takes the first `count` bytes away. A buffer that grew over 16 KiB is given back when empty.
  mutating func consume(_ count: Int) {
    start += count
    guard start == bytes.count else { return }
    bytes.removeAll(keepingCapacity: bytes.capacity <= 16_384)
    start = 0
  }

  func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[start...])) }
  }
}
