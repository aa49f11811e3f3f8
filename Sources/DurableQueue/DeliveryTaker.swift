/// Who takes due deliveries: the forwarder, and tests. Called on the writer's thread, behind the COMMIT; must not block.
package protocol DeliveryTaker: AnyObject, Sendable {
  /// Fresh deliveries, inserted as `sending`, within the room granted for their destinations.
  func take(_ deliveries: [DueDelivery])
  /// Another process changed the file (a replay, a pause): what is due or held may have changed.
  func databaseChanged(holds: [String: HoldState])
  /// True once a commit has failed, false once one has succeeded again. While commits fail, nothing new is sent.
  func commitsFail(_ failing: Bool)
}
