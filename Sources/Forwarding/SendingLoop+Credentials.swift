import DurableQueue
import Outgoing
import RelayCore
import Rules
import Telemetry

// Access tokens are fetched by the sending loop itself, beside its other transfers: one fetch for all that wait, and nothing
// blocks. A token's transfer has a tag below zero, by which `ended` knows it.

extension SendingLoop {
  /// The tag of a source's transfer, and the source of a tag.
  static func tokenTag(_ number: Int) -> Int { -1 - number }

  /// Fetches a token where something waits for one, and has the lane wait until it is there. Where the token endpoint wants
  /// to be left alone for long, the destination is held until then, so that people see it.
  func seeToToken(_ index: Int, _ now: Instant) {
    guard let source = lanes[index].tokenSource else { return }
    if lanes[index].wantsToken(now), tokenSources[source].tokens.isFetchDue(now) { fetchToken(source, now) }
    lanes[index].lane.waitsForToken = tokenSources[source].tokens.usable(now) == nil
    guard let rest = tokenSources[source].tokens.rest(now),
      let change = lanes[index].lane.rest(until: rest.until, rest.reason, now)
    else { return }
    carryOut(change, lanes[index].destination.name)
  }

  /// The token that a lane's next request carries.
  func accessToken(_ index: Int, _ now: Instant) -> AccessTokens.Token? {
    lanes[index].tokenSource.flatMap { tokenSources[$0].tokens.usable(now) }
  }

  /// When something is to be done for a lane without anything happening before; nil for never.
  func wakeAt(_ open: OpenLane, _ now: Instant) -> Instant? {
    let wake = open.lane.wakeAt(now)
    guard open.lane.waitsForToken, open.wantsToken(now), let source = open.tokenSource,
      let fetch = tokenSources[source].tokens.fetchAt
    else { return wake }
    return wake.map { min($0, fetch) } ?? fetch
  }

  // MARK: - Fetching

  private func fetchToken(_ source: Int, _ now: Instant) {
    let oauth2 = tokenSources[source].oauth2
    // Those who share a token share the way to it, that of the first.
    var settings = lanes[tokenSources[source].lanes[0]].transferSettings
    settings.tls = oauth2.tls ?? settings.tls
    settings.keptBody = TokenRequest.keptOfAnswer
    let request = TokenRequest.make(
      oauth2, refreshToken: tokenSources[source].tokens.refreshToken, userAgent: self.settings.userAgent)
    tokenSources[source].tokens.begin(now)
    guard let transfer = Transfer(settings) else {
      tokenSources[source].tokens.abandon(now)
      return
    }
    transfer.tag = Self.tokenTag(source)
    if let words = transfer.prepare(request) ?? (multi.add(transfer) == 0 ? nil : "libcurl refused the request") {
      tokenAnswered(.failed(words), source, now)
      return
    }
    tokenSources[source].fetch = transfer
  }

  func tokenFetchEnded(_ source: Int, _ code: Int32) {
    guard let transfer = tokenSources[source].fetch else { return }
    tokenSources[source].fetch = nil
    tokenAnswered(transfer.result(code), source, time.now())
  }

  private func tokenAnswered(_ result: SendResult, _ source: Int, _ now: Instant) {
    let (oauth2, names) = (tokenSources[source].oauth2, tokenSources[source].names)
    let secrets = [oauth2.clientID, oauth2.clientSecret, tokenSources[source].tokens.refreshToken].compactMap { $0 }
    let answer = TokenAnswer(result, hiding: secrets, now)
    keepRefreshToken(answer, source)
    let outcome = tokenSources[source].tokens.fetched(answer, now, jitter: settings.jitter())
    if case .ready = outcome { metrics.count(.tokenFetched, names) } else { metrics.count(.tokenFailed, names) }
    switch outcome {
    case .ready(let lifetime):
      for index in tokenSources[source].lanes { lanes[index].lane.endRest(now) }
      log.info("oauth.token_fetched", [LogField("destination", names), LogField("expires_in_s", lifetime / 1000)])
    case .again(let instant, let reason):
      log.warning(
        "oauth.token_failed",
        [
          LogField("destination", names), LogField("reason", reason),
          LogField("retry_in_s", max(0, instant - now + 999) / 1000),
        ])
    case .hold(let reason):
      for index in tokenSources[source].lanes {
        refuse(reason, index, now)
        lanes[index].lane.putOffProbe(now)
      }
    }
  }

  /// On disk before the token is used: the server takes the old one no more. A sync of a small file, as often as a token ends.
  private func keepRefreshToken(_ answer: TokenAnswer, _ source: Int) {
    guard case .granted(let grant) = answer, let new = grant.refreshToken,
      let old = tokenSources[source].tokens.refreshToken, new != old
    else { return }
    let names = tokenSources[source].names
    do throws(RefreshTokenFile.Unwritable) {
      try refreshTokens.keep(new, for: tokenSources[source].oauth2, among: tokenSources.map(\.oauth2))
      log.info("oauth.refresh_token_changed", [LogField("destination", names)])
    } catch {
      log.warning(
        "oauth.refresh_token_not_kept",
        [
          LogField("destination", names), LogField("reason", error.reason),
          LogField(
            "do", "mend the folder of the database; else the next start needs a new refresh_token in the rule file"),
        ])
    }
  }

  // MARK: - Stopping

  /// While the loop stops: whether a fetch is waited for, since its answer may hold a new refresh token. Others end here.
  func stillFetchesTokens() -> Bool {
    for source in tokenSources.indices where tokenSources[source].tokens.refreshToken == nil { dropFetch(source) }
    return tokenSources.contains { $0.fetch != nil }
  }

  func interruptTokenFetches() {
    for source in tokenSources.indices { dropFetch(source) }
  }

  private func dropFetch(_ source: Int) {
    guard let transfer = tokenSources[source].fetch else { return }
    multi.remove(transfer)
    tokenSources[source].fetch = nil
  }

  // MARK: - What destinations say to tokens

  /// The destination answered a request that carried it.
  func accepts(_ token: AccessTokens.Token, _ index: Int) {
    if let source = lanes[index].tokenSource { tokenSources[source].tokens.accepted(token.number) }
  }

  /// A refused token is replaced once before the destination is held: the delivery goes again with the new one.
  func renewing(
    _ verdict: Verdict, _ result: SendResult, _ turn: Lane.Turn, _ index: Int, token: Int?, _ now: Instant
  ) -> Verdict {
    // A 407 is a proxy's word.
    guard let token, let status = result.status, status != 407, let source = lanes[index].tokenSource else {
      return verdict
    }
    guard status == 401 || status == 403 else {
      tokenSources[source].tokens.accepted(token)
      return verdict
    }
    // A 403 is more often a missing permission than a token that ended (RFC 6750 §3.1): asked once, not at every probe.
    guard verdict.sign == .refusesCredentials, !(status == 403 && turn.isProbe),
      tokenSources[source].tokens.refused(token, now)
    else { return verdict }
    if turn.isProbe { lanes[index].lane.probe(at: now) }
    return Verdict(.interrupted, "status \(status): the access token was refused; it goes again with a new one", .none)
  }
}

extension OpenLane {
  /// Whether something is to be sent as soon as there is a token.
  func wantsToken(_ now: Instant) -> Bool {
    lane.inMemory > 0 && lane.knowsHolds && !lane.isHeldByRules && (!lane.holdState.isHeld || lane.isProbeDue(now))
  }
}

extension Lane {
  /// No access token could be had for the probe.
  mutating func putOffProbe(_ now: Instant) {
    nextProbeAt = now + limits.probeInterval
  }

  mutating func probe(at instant: Instant) {
    nextProbeAt = instant
  }
}
