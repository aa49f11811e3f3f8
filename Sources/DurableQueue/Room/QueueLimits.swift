/// How far the queue may grow before records are refused with 503. The names are those of `relay.queue` in the rule file.
package struct QueueLimits: Sendable, Equatable {
  /// Deliveries that are not settled: waiting or being sent. Default 100 million, which only the disk gets to first.
  package var maxUnsettledDeliveries: Int64 = 100_000_000
  /// Bytes of the database and its log, without the free pages inside. Default 1 TiB.
  package var maxDatabaseBytes: Int64 = 1 << 40
  /// Bytes that must be free on the database's file system. Default 64 MiB.
  package var minFreeBytes: Int64 = 64 << 20
  /// Bytes of the reserve file, which is given up when the disk is full; 0 for none. Default 32 MiB: the log up to its
  /// checkpoint (8 MiB) and a whole commit of requests (16 MiB) can be moved into the database, and some is left for
  /// settling.
  package var reserveBytes: Int64 = 32 << 20

  package init() {}
}
