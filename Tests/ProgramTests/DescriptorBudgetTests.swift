import Testing

@testable import cdrelay

@Suite struct DescriptorBudgetTests {
  /// With a flood of connections records must still be sent: what strangers open leaves enough for the destinations.
  @Test(arguments: [
    (20_000, 8, 4096), (1024, 8, 896), (1024, 100, 728), (256, 8, 160), (256, 1000, 96), (1024, 10_000, 464),
    (64, 8, 12), (20, 8, 1),
  ])
  func connectionsLeaveRoomForSending(limit: Int, inFlight: Int, expected: Int) {
    #expect(DescriptorBudget.receiverConnections(wanted: 4096, limit: limit, inFlight: inFlight) == expected)
  }

  @Test func theLimitIsAsHighAsTheMachineAllows() {
    #expect(DescriptorBudget.raiseLimit() >= 256)
    #expect(DescriptorBudget.raiseLimit() == DescriptorBudget.raiseLimit())
  }
}
