import DurableQueue
import Testing

@Suite struct PressureGaugeTests {
  private func gauge() -> PressureGauge {
    var limits = QueueLimits()
    limits.maxUnsettledDeliveries = 80
    limits.maxDatabaseBytes = 8000
    limits.minFreeBytes = 800
    limits.reserveBytes = 200
    return PressureGauge(limits: limits)
  }

  private func read(_ gauge: inout PressureGauge, _ change: (inout Room) -> Void) -> Pressure.Limit? {
    var room = Room()
    change(&room)
    gauge.read(room)
    return gauge.pressure?.limit
  }

  @Test func eachLimitIsLeftOnlyAnEighthInside() {
    var gauge = gauge()
    #expect(read(&gauge) { $0.unsettled = 79 } == nil)
    #expect(read(&gauge) { $0.unsettled = 80 } == .deliveries)
    #expect(read(&gauge) { $0.unsettled = 70 } == .deliveries)
    #expect(read(&gauge) { $0.unsettled = 69 } == nil)
    #expect(read(&gauge) { $0.unsettled = 79 } == nil)
    #expect(read(&gauge) { $0.databaseBytes = 8000 } == .databaseBytes)
    #expect(read(&gauge) { $0.databaseBytes = 7000 } == .databaseBytes)
    #expect(read(&gauge) { $0.databaseBytes = 6999 } == nil)
    #expect(read(&gauge) { $0.freeBytes = 799 } == .freeBytes)
    #expect(read(&gauge) { $0.freeBytes = 899 } == .freeBytes)
    #expect(read(&gauge) { $0.freeBytes = 900 } == nil)
    #expect(read(&gauge) { $0.freeBytes = 800 } == nil)
  }

  @Test func theFirstInOrderIsToldWithWhatWasFoundAtFirst() {
    var gauge = gauge()
    #expect(read(&gauge) { $0.unsettled = 90 } == .deliveries)
    #expect(gauge.pressure == Pressure(.deliveries, found: 90, allowed: 80))
    _ = read(&gauge) { $0.unsettled = 95 }
    #expect(gauge.pressure == Pressure(.deliveries, found: 90, allowed: 80))
    _ = read(&gauge) {
      $0.unsettled = 95
      $0.freeBytes = 100
    }
    #expect(gauge.pressure == Pressure(.freeBytes, found: 100, allowed: 800))
    #expect(read(&gauge) { $0.unsettled = 95 } == .deliveries)
  }

  @Test func aMissingReserveRefusesUntilThereIsRoomForItAndMore() {
    var gauge = gauge()
    var room = Room()
    room.hasReserve = false
    room.freeBytes = 1124
    gauge.read(room)
    #expect(gauge.pressure?.limit == .reserve)
    #expect(!gauge.hasRoomForReserve(room))
    room.freeBytes = 1125
    #expect(gauge.hasRoomForReserve(room))
    room.hasReserve = true
    gauge.read(room)
    #expect(gauge.pressure == nil)
    room.freeBytes = 199
    #expect(gauge.needsReserve(room))
  }

  @Test func aReserveOfNothingIsNeverMissing() {
    var limits = QueueLimits()
    limits.reserveBytes = 0
    var gauge = PressureGauge(limits: limits)
    #expect(read(&gauge) { $0.hasReserve = false } == nil)
    #expect(!gauge.hasRoomForReserve(Room()))
  }

  @Test func everyPressureNamesItsSettingAndWhatToDo() {
    for limit in Pressure.Limit.allCases {
      let pressure = Pressure(limit, found: 12 << 20, allowed: 64 << 20)
      #expect(pressure.reason.contains("relay.queue.\(limit.rawValue)"))
      #expect(!pressure.mending.isEmpty && pressure.retryAfterSeconds > 0)
    }
    #expect(
      Pressure(.freeBytes, found: 12 << 20, allowed: 64 << 20).reason
        == "12 MiB are free on the relay's disk, below 64 MiB (relay.queue.min_free_bytes)")
  }
}
