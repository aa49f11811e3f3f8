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
    /// How far the queue may grow on disk.
    package var limits = QueueLimits()
    /// Rows a source may have kept in quarantine. Default 1,000; above it `.quarantineFull`.
    package var quarantineLimit = 1000
    /// KiB of database pages in memory. Default 16 MiB.
    package var cacheKiB = 16384
    /// Pages in the write-ahead log from which the writer moves them into the database. Default 2,000 (8 MiB).
    package var checkpointPages = 2000
    /// Milliseconds between two looks at the disk and at what other processes changed. Default 1,000.
    package var lookMilliseconds = 1000
    /// How long what is settled stays. Default forever.
    package var retention = RetentionPolicy()
    /// Milliseconds between two runs of retention. Default 5 minutes.
    package var retentionMilliseconds = 300_000
    /// Destinations of the rule file, which are held where the database is a copy.
    package var destinations: [String] = []
    /// Those of them to which the deliveries of one call go in their order. See `CallOrder`.
    package var ordered: Set<String> = []
    /// Those of the ordered ones of whose answers a value is kept. See `CapturedValues`.
    package var capturing: Set<String> = []
    /// Asks how many bytes are free at a path: lets a test fill the disk.
    package var freeBytes: @Sendable (String) -> Int64? = DiskSpace.free
    /// Runs on the writer's thread before each transaction: lets a test fail the disk.
    package var beforeCommit: (@Sendable (Connection) throws(DatabaseError) -> Void)?

    package init() {}
  }
}
