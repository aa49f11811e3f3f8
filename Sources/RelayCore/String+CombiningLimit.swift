extension String {
  /// Combining characters that may follow each other: 1,000. Texts that people write have fewer than 30 (UAX #15,
  /// Stream-Safe Text Format).
  package static let combiningLimit = 1000

  /// Whether more combining characters than the limit follow each other. Comparing and hashing such a text takes time that
  /// grows with the square of their number: a megabyte of them would stop the thread for minutes.
  package var hasEndlessCharacter: Bool {
    // None of them has fewer than two bytes.
    guard utf8.count > 2 * Self.combiningLimit else { return false }
    var run = 0
    for scalar in unicodeScalars {
      run = scalar.value >= 0x300 && scalar.properties.canonicalCombiningClass != .notReordered ? run + 1 : 0
      if run > Self.combiningLimit { return true }
    }
    return false
  }
}
