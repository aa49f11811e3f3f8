import Synchronization

/// How many connections each address has open. Asked when a connection is opened and closed, never for a request.
final class AddressCounts: Sendable {
  private let counts = Mutex<[UInt64: Int32]>([:])

  /// Counts one more, and gives their number.
  func opened(_ address: UInt64) -> Int {
    counts.withLock { counts in
      counts[address, default: 0] += 1
      return Int(counts[address] ?? 0)
    }
  }

  func closed(_ address: UInt64) {
    counts.withLock { counts in
      guard let count = counts[address] else { return }
      counts[address] = count > 1 ? count - 1 : nil
    }
  }
}
