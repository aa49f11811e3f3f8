import SQLite
import Telemetry

/// Sees to it that there is room to work. Each second it measures, has records refused beyond the limits, and makes the
/// reserve again where there is room for it; when the disk is full it gives the reserve up. Belongs to the writer's thread.
///
/// What happens on a disk that fills up, in order:
/// 1. Less than `min_free_bytes` is free: records are refused with 503. Everything else goes on.
/// 2. Less is free than the reserve holds, or a commit or checkpoint found no room: the reserve is given up. What is kept
///    for the next commit (settlements, holds) is written in its room, the log is moved into the database, so that the
///    next commits reuse its pages instead of growing it.
/// 3. Where that room is used up too, commits fail: nothing new is sent, settlements stay in memory, a probe tries four
///    times a second.
/// 4. There is room again, for the reserve and an eighth more: it is made, and records are taken.
final class RoomKeeper {
  private var limits: QueueLimits
  private let path: String
  private let reserve: Reserve
  private var meter: RoomMeter
  private let makeMeter: (QueueLimits) throws(DatabaseError) -> RoomMeter
  private let view: QueueView
  private let log: Log
  private var gauge: PressureGauge

  init(
    file: DatabaseFile, limits: QueueLimits, freeBytes: @escaping @Sendable (String) -> Int64?, view: QueueView,
    log: Log
  ) throws(DatabaseError) {
    self.limits = limits
    self.view = view
    self.log = log
    path = file.path
    reserve = Reserve(databasePath: file.path)
    makeMeter = { limits throws(DatabaseError) in
      try RoomMeter(
        connection: file.connection, path: file.path, reserveBytes: limits.reserveBytes, freeBytes: freeBytes)
    }
    meter = try makeMeter(limits)
    gauge = PressureGauge(limits: limits)
    // The setting was lowered: the next look makes it of the right size.
    if reserve.bytes > limits.reserveBytes { reserve.giveUp() }
  }

  /// From now on.
  func use(_ limits: QueueLimits) {
    guard limits != self.limits else { return }
    do throws(DatabaseError) {
      meter = try makeMeter(limits)
    } catch {
      return log.warning("queue.measure_failed", [LogField("path", path), LogField("reason", "\(error)")])
    }
    self.limits = limits
    gauge.limits = limits
    if reserve.bytes > limits.reserveBytes { reserve.giveUp() }
    look()
  }

  /// Measures. True where the reserve was given up. While commits fail it is not made again: free bytes are no proof of
  /// room where a quota is used up.
  @discardableResult
  func look(commitsFail: Bool = false) -> Bool {
    guard var room = measure() else { return false }
    var gaveUp = false
    if gauge.needsReserve(room) {
      gaveUp = reserve.giveUp()
      room.hasReserve = false
    } else if !commitsFail, !room.hasReserve, gauge.hasRoomForReserve(room), reserve.make(bytes: limits.reserveBytes) {
      room.hasReserve = true
      room.freeBytes -= limits.reserveBytes
    }
    publish(room)
    return gaveUp
  }

  /// A commit or a checkpoint found no room. True where the reserve made some: trying again makes sense at once.
  func diskIsFull() -> Bool {
    let gaveUp = reserve.giveUp()
    guard var room = measure() else { return gaveUp }
    room.hasReserve = false
    // Without a reserve the disk alone can say when it is over: at the next look.
    if limits.reserveBytes == 0 { room.freeBytes = min(room.freeBytes, limits.minFreeBytes - 1) }
    publish(room)
    return gaveUp
  }

  private func measure() -> Room? {
    do {
      return try meter.measure()
    } catch {
      log.warning("queue.measure_failed", [LogField("path", path), LogField("reason", "\(error)")])
      return nil
    }
  }

  private func publish(_ room: Room) {
    let before = gauge.pressure
    gauge.read(room)
    view.set(room: room, pressure: gauge.pressure)
    guard gauge.pressure?.limit != before?.limit else { return }
    if let pressure = gauge.pressure {
      log.error(
        "queue.refuses_records",
        [LogField("path", path), LogField("reason", pressure.reason), LogField("mend", pressure.mending)])
    } else {
      log.info("queue.takes_records_again", [LogField("path", path)])
    }
  }
}
