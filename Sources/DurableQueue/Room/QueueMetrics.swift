import Telemetry

/// What the writer counts.
final class QueueMetrics: Sendable {
  /// Including the sync; bounds around what a disk takes, up to the time after which a sender is answered 503.
  let commits = Histogram(bounds: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 10])
  let failedCommits = Counter()

  func committed(nanoseconds: UInt64) {
    commits.observe(nanoseconds: nanoseconds)
  }

  /// `room` as of the last look, a second ago at most.
  func write(_ room: Room, _ pressure: Pressure?, jobsWaiting: Int, to page: inout MetricsPage) {
    commits.write("cdrelay_commit_seconds", "Time that a group commit took, with its sync.", to: &page)
    page.add("cdrelay_failed_commits_total", .counter, "Group commits that failed as a whole.", failedCommits.value)
    page.add("cdrelay_queue_jobs_waiting", .gauge, "Requests that wait for the next group commit.", jobsWaiting)
    page.add(
      "cdrelay_unsettled_deliveries", .gauge, "Deliveries that are not settled: waiting or being sent.", room.unsettled)
    page.add(
      "cdrelay_database_bytes", .gauge, "Bytes of the database and its log, without free pages.", room.databaseBytes)
    if room.freeBytes != .max {
      page.add("cdrelay_disk_free_bytes", .gauge, "Free bytes on the database's file system.", room.freeBytes)
    }
    page.add("cdrelay_reserve_given_up", .gauge, "1 where the reserve file is not there.", room.hasReserve ? 0 : 1)
    page.add(
      "cdrelay_refusing", .gauge, "1 for the limit for which records are refused with 503.",
      Pressure.Limit.allCases.map { .init($0 == pressure?.limit ? 1 : 0, ["limit": $0.rawValue]) })
  }
}
