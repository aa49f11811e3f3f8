import Glibc
import SQLite

/// Measures the queue and its disk, in microseconds whatever the size: for the relay's writer and for commands that visit.
final class RoomMeter {
  private let path: String
  private let reserve: Reserve
  private let reserveBytes: Int64
  private let freeBytes: @Sendable (String) -> Int64?
  private let count: UnsettledCount
  private let pageCounts: Statement

  init(
    connection: Connection, path: String, reserveBytes: Int64, freeBytes: @escaping @Sendable (String) -> Int64?
  ) throws(DatabaseError) {
    self.path = path
    self.reserveBytes = reserveBytes
    self.freeBytes = freeBytes
    reserve = Reserve(databasePath: path)
    count = try UnsettledCount(connection: connection)
    // Both stand in the database's header (sqlite.org/fileformat.html#the_database_header).
    pageCounts = try connection.prepare(
      "SELECT page_size * (SELECT freelist_count FROM pragma_freelist_count) FROM pragma_page_size")
  }

  func measure() throws(DatabaseError) -> Room {
    var room = Room()
    room.unsettled = try count.value()
    room.databaseBytes = DiskSpace.size(of: path) + DiskSpace.size(of: path + "-wal") - (try freePageBytes())
    room.freeBytes = freeBytes(path) ?? .max
    // Where no relay ever ran, on a copy say, no reserve was given up.
    room.hasReserve = reserve.bytes >= reserveBytes || access(path + ".lock", F_OK) != 0
    return room
  }

  private func freePageBytes() throws(DatabaseError) -> Int64 {
    defer { pageCounts.reset() }
    return try pageCounts.step() ? pageCounts.integer(0) : 0
  }
}
