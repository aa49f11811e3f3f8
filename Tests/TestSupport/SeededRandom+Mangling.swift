/// What every fuzz test does to well-made bytes.
extension SeededRandom {
  /// Breaks them in one place: a bit or a byte changed, one of `pieces` put in or over what stands there, a few bytes taken
  /// out or doubled. `run`: how many bytes at most are taken at once. Nothing is done to no bytes.
  package mutating func mangle(_ bytes: inout [UInt8], pieces: [[UInt8]], run: Int) {
    if bytes.isEmpty { return }
    let place = below(bytes.count)
    let end = min(bytes.count, place + 1 + below(run))
    switch below(7) {
    case 0: bytes[place] ^= 1 << UInt8(below(8))
    case 1: bytes[place] = UInt8(below(256))
    case 2, 3: bytes.insert(contentsOf: pick(pieces), at: place)
    case 4: bytes.removeSubrange(place..<end)
    case 5: bytes.insert(contentsOf: Array(bytes[place..<end]), at: place)
    default: bytes.replaceSubrange(place..<end, with: pick(pieces))
    }
  }
}

extension [String] {
  /// The bytes of each.
  package var inUTF8: [[UInt8]] { map { [UInt8]($0.utf8) } }
}
