import DurableQueue
import Glibc
import HTTP1
import RelayCore
import Rules

extension Doctor {
  /// A write-ahead log beyond this does not start over as it should: something reads one old state all the time.
  private static let longLog: Int64 = 256 << 20
  /// Rows may be so much younger than now without anybody wondering: clocks are set in small steps.
  private static let clockSlack: Int64 = 60_000

  mutating func checkDatabase(_ visitor: QueueVisitor, _ rules: RuleFile?) throws {
    let path = DatabaseFile.absolute(visitor.path)
    try tell(.ok("database", "\(path) is of schema version \(Schema.newestVersion), as this program needs it"))
    try checkFiles(path)
    try checkDisk(visitor, rules, path)
    try checkClock(visitor)
  }

  /// Whoever may read these files reads every call.
  private mutating func checkFiles(_ path: String) throws {
    let files = ["", "-wal", "-shm", ".lock", ".reserve", ".refresh-tokens"].map { path + $0 }
    let open = files.filter { file in
      var status = stat()
      return stat(file, &status) == 0 && status.st_mode & 0o077 != 0
    }
    if let first = open.first {
      try tell(
        .warn(
          "files", "others than their owner may read \(open.joined(separator: ", "))",
          do: "chmod 600 \(open.count == 1 ? first : open.joined(separator: " "))"))
    } else {
      try tell(.ok("files", "only their owner may read them"))
    }
    let end = path.lastIndex(of: "/") ?? path.startIndex
    let folder = end == path.startIndex ? "/" : String(path[..<end])
    if access(folder, W_OK | X_OK) != 0 {
      try tell(
        .fail(
          "files", "\(folder) can't be written by this user: there the log and the reserve are made",
          do: "run this as the relay's user; if that is who you are, give the folder to it"))
    }
  }

  private mutating func checkDisk(_ visitor: QueueVisitor, _ rules: RuleFile?, _ path: String) throws {
    let limits = QueueLimits(rules?.relay.queue ?? QueueSettings())
    let room = try visitor.room(limits)
    var gauge = PressureGauge(limits: limits)
    gauge.read(room)
    let free =
      "\(DiskSpace.words(room.freeBytes)) are free, the database has \(DiskSpace.words(room.databaseBytes))"
    if let pressure = gauge.pressure, pressure.limit != .reserve {
      try tell(.fail("disk", "records are refused: \(pressure.reason)", do: pressure.mending))
    } else if room.freeBytes < limits.minFreeBytes * 2 {
      try tell(
        .warn(
          "disk", "\(free); below \(DiskSpace.words(limits.minFreeBytes)) records are refused",
          do: "make room, or give it a larger disk"))
    } else {
      try tell(.ok("disk", free))
    }
    if limits.reserveBytes > 0, !room.hasReserve {
      try tell(
        .warn(
          "reserve", "\(path).reserve is not there, or smaller than relay.queue.reserve_bytes",
          do:
            "make room for \(DiskSpace.words(limits.reserveBytes + limits.minFreeBytes)); the relay then makes it by itself"
        ))
    }
    var log = stat()
    if stat(path + "-wal", &log) == 0, Int64(log.st_size) > Self.longLog {
      try tell(
        .warn(
          "log", "the write-ahead log has \(DiskSpace.words(Int64(log.st_size)))",
          do: "see whether a backup or a sqlite3 session has the database open; end it, and the log starts over"))
    }
  }

  private mutating func checkClock(_ visitor: QueueVisitor) throws {
    if now < Identifier.epoch {
      return try tell(
        .fail(
          "clock", "it says \(now.rfc3339), which is long past",
          do: "set the clock (timedatectl), then restart the relay"))
    }
    guard let newest = try visitor.newestRecordAt(), newest > now + Self.clockSlack else {
      return try tell(.ok("clock", "nothing in the database comes from the future"))
    }
    try tell(
      .warn(
        "clock", "the newest record says \(newest.rfc3339), which is \(Phrases.relative(newest, to: now))",
        do: "see whether the clock is right (timedatectl); if it was ahead, nothing more needs to be done"))
  }
}

// MARK: - Open files

extension Doctor {
  mutating func checkOpenFiles(_ owner: Int32?, _ rules: RuleFile?) throws {
    let ofRelay = owner.flatMap(Self.openFiles)
    let limit = ofRelay ?? Self.ownLimit
    let whose = ofRelay == nil ? "a relay of this shell" : "the relay"
    let wanted = HTTPLimits(rules?.relay ?? RelaySettings()).connections
    let possible = DescriptorBudget.receiverConnections(
      wanted: wanted, limit: limit, inFlight: rules?.destinations.reduce(0) { $0 + $1.maxInFlight } ?? 0)
    guard possible < wanted else {
      return try tell(.ok("open files", "\(whose) may have \(Phrases.grouped(limit))"))
    }
    try tell(
      .warn(
        "open files",
        "\(whose) may have \(Phrases.grouped(limit)), which leaves \(Phrases.grouped(possible)) connections of the "
          + "\(Phrases.grouped(wanted)) of relay.limits.connections",
        do: "raise ulimit -Hn (systemd: LimitNOFILE)"))
  }

  private static var ownLimit: Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
    return Int(clamping: limit.rlim_max)
  }

  /// The hard limit of a process, up to which the relay raises its own (proc(5), `/proc/PID/limits`).
  private static func openFiles(of process: Int32) -> Int? {
    guard case .success(let file) = SecretsResolver.readFile("/proc/\(process)/limits") else { return nil }
    let line = String(decoding: file.bytes, as: UTF8.self).split(separator: "\n").first {
      $0.hasPrefix("Max open files")
    }
    return line?.split(separator: " ").dropFirst(4).first.flatMap { Int($0) }
  }
}
