import Testing

@testable import cdrelay

@Suite struct DescriptorBudgetTests {
  /// With a flood of connections records must still be sent: what strangers open leaves enough for the destinations.
  @Test(arguments: [
    (20_000, 8, 4096), (1024, 8, 864), (1024, 100, 696), (256, 8, 96), (256, 1000, 1), (1024, 10_000, 384), (64, 8, 1),
  ])
  func connectionsLeaveRoomForSending(limit: Int, inFlight: Int, expected: Int) {
    #expect(DescriptorBudget.receiverConnections(wanted: 4096, limit: limit, inFlight: inFlight) == expected)
  }

  @Test func theLimitIsAsHighAsTheMachineAllows() {
    #expect(DescriptorBudget.raiseLimit() >= 256)
    #expect(DescriptorBudget.raiseLimit() == DescriptorBudget.raiseLimit())
  }
}
