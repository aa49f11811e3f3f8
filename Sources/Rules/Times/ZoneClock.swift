import RelayCore
import Synchronization

import struct Foundation.Date
import struct Foundation.TimeZone

/// What clocks in a time zone show.
final class ZoneClock: Sendable {
  /// IANA name.
  let name: String
  private let zone: TimeZone
  /// The quarter of an hour that was asked for last and the zone's distance from UTC in it: zones change at its beginning
  /// or not at all, and most records of a minute are of the same quarter.
  private let last: Atomic<UInt64>

  private static let quarter: Int64 = 900_000
  private static let bias: Int64 = 1 << 23

  init?(_ name: String) {
    guard let zone = TimeZone(identifier: name) else { return nil }
    self.name = name
    self.zone = zone
    last = Atomic(0)
    last.store(Self.entry(0, Self.seconds(zone, 0)), ordering: .relaxed)
  }

  /// Seconds east of UTC.
  func offset(at instant: Instant) -> Int64 {
    let quarter = instant.milliseconds.flooredDivision(by: Self.quarter).quotient
    let known = last.load(ordering: .relaxed)
    if known >> 24 == UInt64(bitPattern: quarter) & 0xFF_FFFF_FFFF { return Int64(known & 0xFF_FFFF) - Self.bias }
    let seconds = Self.seconds(zone, quarter)
    last.store(Self.entry(quarter, seconds), ordering: .relaxed)
    return seconds
  }

  /// The instant as if the zone's clock showed UTC.
  func local(_ instant: Instant) -> Instant {
    instant + offset(at: instant) * 1000
  }

  private static func seconds(_ zone: TimeZone, _ quarter: Int64) -> Int64 {
    Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(quarter) * 900)))
  }

  /// 40 bits of quarter, 24 of seconds.
  private static func entry(_ quarter: Int64, _ seconds: Int64) -> UInt64 {
    UInt64(bitPattern: quarter) << 24 | UInt64(seconds + bias)
  }
}

extension ZoneClock: Equatable {
  static func == (left: ZoneClock, right: ZoneClock) -> Bool {
    left.name == right.name
  }
}
