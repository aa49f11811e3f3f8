import RelayCore
import Testing

@testable import Rules

@Suite struct DestinationTests {
  @Test func defaults() throws {
    let file = try parseRules(ruleFile(destination: #"{"url": "https://x.example/a"}"#))
    let crm = try #require(file.destination(named: "crm"))
    #expect(crm.method == .post && crm.timeoutMilliseconds == 15_000 && crm.connectTimeoutMilliseconds == 5000)
    #expect(crm.maxInFlight == 8 && crm.ratePerSecond == nil && crm.retry == RetryPolicy() && !crm.allowsPrivate)
    #expect(crm.onRevision == .send && crm.signingKeys.isEmpty && crm.isEnabled && !crm.isPaused)
    #expect(crm.order == .any)
    #expect(file.relay == RelaySettings() && file.relay.bodyLimitBytes == 1_048_576 && file.relay.jsonDepth == 64)
  }

  @Test func theOrderOfACall() throws {
    let crm = try parseRules(ruleFile(destination: #"{"url": "https://x.example/a", "order": "per_call"}"#))
      .destinations[0]
    #expect(crm.order == .perCall)
  }

  @Test func theQueuesLimits() throws {
    let settings = try parseRules(
      """
      {"relay": {"queue": {"max_waiting_requests": 1, "max_waiting_request_bytes": 1048576, "max_unsettled_deliveries": 2,
        "max_database_bytes": 1048577, "min_free_bytes": 0, "reserve_bytes": 3, "answer_within_seconds": 0.5}}}
      """
    ).relay.queue
    #expect(settings.maxWaitingRequests == 1 && settings.maxWaitingRequestBytes == 1 << 20)
    #expect(settings.maxUnsettledDeliveries == 2 && settings.maxDatabaseBytes == 1_048_577)
    #expect(settings.minFreeBytes == 0 && settings.reserveBytes == 3 && settings.answerWithinMilliseconds == 500)
    let off = try parseRules(#"{"relay": {"queue": {"enabled": false, "min_free_bytes": 1}}}"#).relay.queue
    #expect(off == QueueSettings() && off.minFreeBytes == 64 << 20 && off.reserveBytes == 32 << 20)
  }

  @Test func durationsAndRatesMayBeFractions() throws {
    let crm = try parseRules(
      ruleFile(
        destination: """
          {"url": "https://x.example", "timeout_seconds": 0.25, "rate_per_second": 0.5, "connect_timeout_seconds": 1e0,
           "retry": {"first_delay_seconds": 0.1, "max_delay_seconds": 2.5, "give_up_after_hours": 0.5, "max_attempts": 3}}
          """)
    ).destinations[0]
    #expect(crm.timeoutMilliseconds == 250 && crm.ratePerSecond == 0.5 && crm.connectTimeoutMilliseconds == 1000)
    #expect(crm.retry.firstDelayMilliseconds == 100 && crm.retry.maxDelayMilliseconds == 2500)
    #expect(crm.retry.giveUpAfterMilliseconds == 1_800_000 && crm.retry.maxAttempts == 3)
  }

  @Test func aDisabledPartIsAsIfNotWritten() throws {
    let file = try parseRules(
      """
      {"relay": {"database": "/x", "enabled": false},
       "sources": {"s": {"provider": "generic", "auth": {"any_of": [{"token": "a", "enabled": false}, {"token": "b"}]}}},
       "destinations": {"d": {"url": "https://x.example", "retry": {"max_attempts": 3, "enabled": false}}},
       "rules": [{"name": "all", "send_to": ["d"]}]}
      """)
    #expect(file.relay.database == nil && file.destinations[0].retry.maxAttempts == nil)
    guard case .anyOf(let requirements) = file.sources[0].auth else { throw RuleFileError(problems: [], warnings: []) }
    #expect(requirements.map { $0.tokens.map(\.revealed) } == [["b"]])
  }

  @Test func sourcesCarryWhatTheirDecoderNeeds() throws {
    let file = try parseRules(
      """
      {"relay": {"json_depth": 10}, "sources": {
        "t": {"provider": "telecmi", "auth": "none", "app_ids": [1, 2], "ignore_changes": ["x"], "dedup_group": "g"},
        "c": {"provider": "callr", "auth": {"hmac": {"secret": ["a", "b"]}}},
        "p": {"provider": "generic", "auth": {"allow_from": ["10.0.0.0/8"]}, "key": "call.uuid"}}}
      """)
    #expect(
      file.sources.map(\.settings) == [
        SourceSettings(name: "t", provider: .telecmi, appIDs: [1, 2], ignoreChanges: ["x"], depthLimit: 10),
        SourceSettings(name: "c", provider: .callr, depthLimit: 10),
        SourceSettings(name: "p", provider: .generic, key: ["call", "uuid"], depthLimit: 10),
      ])
    #expect(file.sources[0].dedupGroup == "g" && file.sources[0].auth == .none)
    var callr = SourceAuth.Requirement()
    callr.hmac = SourceAuth.HMACRequirement(
      secrets: [Secret("a"), Secret("b")], header: "x-callr-hmacsignature", algorithm: .sha256, encoding: .base64)
    #expect(file.sources[1].auth == .anyOf([callr]))
    var pbx = SourceAuth.Requirement()
    pbx.allowFrom = [try #require(CIDR("10.0.0.0/8"))]
    #expect(file.sources[2].auth == .anyOf([pbx]))
  }

  @Test func retryPoliciesSayWhatTheyMean() {
    func words(_ change: (inout RetryPolicy) -> Void) -> String {
      var policy = RetryPolicy()
      change(&policy)
      return policy.inWords
    }
    #expect(words { _ in } == "survives an outage of 7 days; about 230 attempts")
    #expect(words { $0.giveUpAfterMilliseconds = nil } == "retries until delivered, in the end every hour")
    #expect(words { $0.maxAttempts = 1 } == "one attempt, no retry")
    #expect(words { $0.maxAttempts = 5 } == "survives an outage of at least 15 seconds; 5 attempts")
    #expect(
      words { $0.giveUpAfterMilliseconds = 5_400_000 } == "survives an outage of 1 hour 30 minutes; about 12 attempts")
    #expect(words { $0.giveUpAfterMilliseconds = 10_000 } == "survives an outage of 10 seconds; 3 attempts")
    #expect(
      words {
        $0.maxAttempts = 100; $0.giveUpAfterMilliseconds = 60_000
      } == "survives an outage of 1 minute; 6 attempts")
  }

  @Test func delaysDoubleUpToTheLimit() {
    let policy = RetryPolicy()
    #expect(
      [1, 2, 3, 11, 12, 13, 1000, .max, 0, -5].map { policy.delayBound(afterAttempt: $0) } == [
        2000, 4000, 8000, 2_048_000, 3_600_000, 3_600_000, 3_600_000, 3_600_000, 2000, 2000,
      ])
  }
}
