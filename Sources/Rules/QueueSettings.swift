/// The `relay.queue` object of a rule file: how far the queue may grow, in memory and on disk, before records are refused
/// with 503.
package struct QueueSettings: Sendable, Equatable {
  /// Requests that may wait for the writer. Default 8,192, at most 1,000,000.
  package var maxWaitingRequests = 8192
  /// Bytes of their bodies. Default 16 MiB, 1 MiB to 4 GiB.
  package var maxWaitingRequestBytes = 16 << 20
  /// Deliveries that are not settled. Default 100 million, at most 10^12.
  package var maxUnsettledDeliveries: Int64 = 100_000_000
  /// Bytes of the database and its log. Default 1 TiB, 1 MiB to 256 TiB.
  package var maxDatabaseBytes: Int64 = 1 << 40
  /// Bytes that must be free on the database's file system. Default 64 MiB, at most 1 TiB.
  package var minFreeBytes: Int64 = 64 << 20
  /// Bytes of the file that is given up when the disk is full. Default 32 MiB, at most 1 GiB; 0 for none.
  package var reserveBytes: Int64 = 32 << 20
  /// Milliseconds within which a sender is answered: 503 where the commit takes longer. Default 10 s, 0.1 s to 5 minutes.
  package var answerWithinMilliseconds: Int64 = 10_000

  package init() {}
}

extension QueueSettings {
  static let keys = [
    "max_waiting_requests", "max_waiting_request_bytes", "max_unsettled_deliveries", "max_database_bytes",
    "min_free_bytes", "reserve_bytes", "answer_within_seconds",
  ]

  init(reading node: Node?) {
    self.init()
    guard let node, let reader = ObjectReader(node, keys: Self.keys) else { return }
    var settings = QueueSettings()
    func read(_ key: String, _ range: ClosedRange<Int64>, _ set: (Int64) -> Void) {
      if let value = reader[key]?.integer(range) { set(value) }
    }
    read("max_waiting_requests", 1...1_000_000) { settings.maxWaitingRequests = Int($0) }
    read("max_waiting_request_bytes", (1 << 20)...(1 << 32)) { settings.maxWaitingRequestBytes = Int($0) }
    read("max_unsettled_deliveries", 1...1_000_000_000_000) { settings.maxUnsettledDeliveries = $0 }
    read("max_database_bytes", (1 << 20)...(1 << 48)) { settings.maxDatabaseBytes = $0 }
    read("min_free_bytes", 0...(1 << 40)) { settings.minFreeBytes = $0 }
    read("reserve_bytes", 0...(1 << 30)) { settings.reserveBytes = $0 }
    if let within = reader["answer_within_seconds"]?.seconds(0.1...300) { settings.answerWithinMilliseconds = within }
    if reader.isEnabled { self = settings }
  }
}
