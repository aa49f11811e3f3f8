/// Comparing secrets.
package enum ConstantTime {
  /// Takes the same time wherever the two differ; only their lengths can be told apart from outside.
  package static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    equal(left.span, right.span)
  }

  @inline(never)
  package static func equal(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
    var difference = left.count ^ right.count
    for index in 0..<min(left.count, right.count) { difference |= Int(left[index] ^ right[index]) }
    return difference == 0
  }
}
