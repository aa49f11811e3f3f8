import DurableQueue
import RelayCore
import Rules
import Telemetry

// Access tokens are fetched by the sending loop itself, beside its other transfers: one fetch for all that wait, and nothing
// blocks. A token's transfer has a tag below zero, by which `ended` knows it.

extension SendingLoop {
  /// Bytes kept of a token endpoint's answer: tokens with many claims, and three of them in one answer, are long.
  private static let keptOfAnswer = 65_536

  static func tokenTag(_ index: Int) -> Int { -1 - index }

  /// Fetches a token where something waits for one, and has the lane wait until it is there.
  func seeToToken(_ index: Int, _ now: Instant) {
    guard let tokens = lanes[index].tokens else { return }
    if lanes[index].wantsToken(now), tokens.isFetchDue(now) { fetchToken(index, now) }
    lanes[index].lane.waitsForToken = tokens.usable(now) == nil
  }

  private func fetchToken(_ index: Int, _ now: Instant) {
    guard let oauth2 = lanes[index].destination.oauth2 else { return }
    var settings = lanes[index].transferSettings
    settings.tls = oauth2.tls ?? settings.tls
    settings.keptBody = Self.keptOfAnswer
    let request = TokenRequest.make(
      oauth2, refreshToken: lanes[index].tokens?.refreshToken, userAgent: self.settings.userAgent)
    lanes[index].tokens?.begin(now)
    guard let transfer = Transfer(settings) else {
      lanes[index].tokens?.abandon(now)
      return
    }
    transfer.tag = Self.tokenTag(index)
    if let words = transfer.prepare(request) ?? (multi.add(transfer) == 0 ? nil : "libcurl refused the request") {
      tokenAnswered(.failed(words), index, now)
      return
    }
    lanes[index].tokenFetch = transfer
  }

  func tokenFetchEnded(_ index: Int, _ code: Int32) {
    guard let transfer = lanes[index].tokenFetch else { return }
    lanes[index].tokenFetch = nil
    tokenAnswered(transfer.result(code), index, time.now())
  }

  private func tokenAnswered(_ result: SendResult, _ index: Int, _ now: Instant) {
    let destination = lanes[index].destination
    guard let oauth2 = destination.oauth2 else { return }
    let secrets = [oauth2.clientID, oauth2.clientSecret, lanes[index].tokens?.refreshToken].compactMap { $0 }
    let answer = TokenAnswer(result, hiding: secrets, now)
    keepRefreshToken(answer, index)
    switch lanes[index].tokens?.fetched(answer, now, jitter: settings.jitter()) {
    case .ready(let lifetime):
      log.info(
        "oauth.token_fetched",
        [LogField("destination", destination.name), LogField("expires_in_s", lifetime / 1000)])
    case .again(let instant, let reason):
      log.warning(
        "oauth.token_failed",
        [
          LogField("destination", destination.name), LogField("reason", reason),
          LogField("retry_in_s", max(0, instant - now + 999) / 1000),
        ])
    case .hold(let reason):
      refuse(reason, index, now)
      lanes[index].lane.putOffProbe(now)
    case nil: break
    }
  }

  /// While the loop stops: whether a fetch is waited for, since its answer may hold a new refresh token. Others end here.
  func stillFetchesTokens() -> Bool {
    for index in lanes.indices where lanes[index].tokens?.refreshToken == nil { dropTokenFetch(index) }
    return lanes.contains { $0.tokenFetch != nil }
  }

  func interruptTokenFetches() {
    for index in lanes.indices { dropTokenFetch(index) }
  }

  private func dropTokenFetch(_ index: Int) {
    guard let transfer = lanes[index].tokenFetch else { return }
    multi.remove(transfer)
    lanes[index].tokenFetch = nil
  }

  // MARK: - Refresh tokens that change

  private func keepRefreshToken(_ answer: TokenAnswer, _ index: Int) {
    let destination = lanes[index].destination
    guard case .granted(let grant) = answer, let oauth2 = destination.oauth2, let new = grant.refreshToken,
      oauth2.refreshToken != nil, new != lanes[index].tokens?.refreshToken
    else { return }
    do throws(RefreshTokenFile.Unwritable) {
      try refreshTokens.keep(
        new, of: destination.name, oauth2, destinations: Set(settings.destinations.map(\.name)))
      log.info("oauth.refresh_token_changed", [LogField("destination", destination.name)])
    } catch {
      log.warning(
        "oauth.refresh_token_not_kept",
        [
          LogField("destination", destination.name), LogField("reason", error.reason),
          LogField("do", "the next start needs a new refresh_token in the rule file, or a mended folder before then"),
        ])
    }
  }

  // MARK: - What destinations say to tokens

  /// A refused token is replaced once before the destination is held: the delivery goes again with the new one.
  func renewing(
    _ verdict: Verdict, _ result: SendResult, _ turn: Lane.Turn, _ index: Int, token: Int?, _ now: Instant
  ) -> Verdict {
    guard let token, let status = result.status, lanes[index].tokens != nil else { return verdict }
    guard status == 401 || status == 403 else {
      lanes[index].tokens?.accepted(token)
      return verdict
    }
    guard verdict.outcome == .held, lanes[index].tokens?.refused(token, now) == true else { return verdict }
    if turn.isProbe { lanes[index].lane.probe(at: now) }
    return Verdict(.interrupted, "status \(status): the access token was refused; it goes again with a new one")
  }
}

extension OpenLane {
  /// Whether something is to be sent as soon as there is a token.
  func wantsToken(_ now: Instant) -> Bool {
    lane.inMemory > 0 && lane.knowsHolds && (!lane.holdState.isHeld || lane.isProbeDue(now))
  }

  /// When something is to be done without anything happening before; nil for never.
  func wakeAt(_ now: Instant) -> Instant? {
    let wake = lane.wakeAt(now)
    guard lane.waitsForToken, wantsToken(now), let fetch = tokens?.fetchAt else { return wake }
    return wake.map { min($0, fetch) } ?? fetch
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
