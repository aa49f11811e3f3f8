/// Who takes due deliveries: the forwarder, and tests. Called on the writer's thread, behind the COMMIT; must not block.
///
/// The order behind one commit: the replies to admits and claims in the order they came, then `databaseChanged`, `take`,
/// `becameDue`. So a claim that found nothing is always answered before the taker hears of what came after it.
package protocol DeliveryTaker: AnyObject, Sendable {
  /// Fresh deliveries, inserted as `sending`, within the room granted for their destinations: all of one commit.
  func take(_ deliveries: [DueDelivery])
  /// These destinations got deliveries that wait on disk and are due now: no room was granted, the destination is held, or
  /// the body is too large to hand over. Told with every such commit; a taker that knows of a backlog may ignore it.
  func becameDue(destinations: Set<String>)
  /// What is due or held may have changed: another process changed the file (a replay, a pause), or a hold was set or
  /// released through the queue. Also called once when the taker is set.
  func databaseChanged(holds: [String: HoldState])
  /// True once a commit has failed, false once one has succeeded again. While commits fail, nothing new is sent.
  func commitsFail(_ failing: Bool)
}
