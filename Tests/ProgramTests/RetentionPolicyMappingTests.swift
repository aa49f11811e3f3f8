import DurableQueue
import Rules
import Testing

@testable import cdrelay

@Suite struct RetentionPolicyMappingTests {
  @Test func eachSettingIsItsSpan() {
    var settings = RetentionSettings()
    (settings.bodies, settings.delivered, settings.cancelled, settings.dead) = (1, 2, 3, 4)
    (settings.unrouted, settings.records, settings.quarantine, settings.calls) = (5, 6, 7, 8)
    let policy = RetentionPolicy(settings)
    #expect([policy.bodies, policy.delivered, policy.cancelled, policy.dead] == [1, 2, 3, 4])
    #expect([policy.unrouted, policy.records, policy.quarantine, policy.calls] == [5, 6, 7, 8])
    #expect(RetentionSettings.forever == RetentionPolicy.forever)
  }
}
