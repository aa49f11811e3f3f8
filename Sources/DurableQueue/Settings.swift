import SQLite

extension DurableQueue {
  /// The queue's limits.
  package struct Settings: Sendable {
    /// Requests that may wait for the writer, beside those of the commit being written. Default 8,192; above it `.busy`.
    package var waitingLimit = 8192
    /// Bytes of bodies that may wait for the writer. Default 16 MiB; above it `.busy`.
    package var waitingBytes = 16 << 20
    /// A fresh delivery of a longer body goes by way of the disk. Default 64 KiB.
    package var handOverBodyLimit = 64 << 10
    /// Rows a source may have kept in quarantine. Default 1,000; above it `.quarantineFull`.
    package var quarantineLimit = 1000
    /// KiB of database pages in memory. Default 16 MiB.
    package var cacheKiB = 16384
    /// Pages in the write-ahead log from which the writer moves them into the database. Default 1,000 (8 MiB).
    package var checkpointPages = 1000
    /// Runs on the writer's thread before each transaction: lets a test fail the disk.
    package var beforeCommit: (@Sendable (Connection) throws(DatabaseError) -> Void)?

    package init() {}
  }
}
