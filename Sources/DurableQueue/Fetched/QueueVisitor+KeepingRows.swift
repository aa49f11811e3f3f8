import RelayCore

extension QueueVisitor {
  /// Keeps rows that can't be read in quarantine: each content once, and not more of a source than `limit`, with all that it
  /// has there. Gives how many of them stand there now. Those that stood there already are not counted up: the same file
  /// read again is no news.
  package func keep(_ bad: [NewQuarantine], limit: Int, at now: Instant) throws -> Int {
    var kept = 0
    for start in stride(from: 0, to: bad.count, by: Self.batchSize) {
      try transaction {
        let keeping = try QuarantineKeeping(connection: connection)
        var counts = SourceCounts()
        for new in bad[start..<min(start + Self.batchSize, bad.count)] {
          let query = Query(
            "SELECT 1 FROM quarantine WHERE source = ? AND content_hash = ?",
            [.text(new.source), .bytes(new.contentHash)])
          if try first(query, isKept: true, { _ in true }) == true {
            kept += 1
          } else if try keeping.keep(new, limit: limit, at: now, ids: &identifiers) != nil {
            kept += 1
            counts.countQuarantined(source: new.source, at: now)
          }
        }
        try SourceHours(connection: connection).add(counts)
      }
    }
    return kept
  }
}
