import RelayCore
import Rules

/// One request to a destination that a person sends to see what comes of it: the same URL, credentials, TLS, proxy, guard and
/// time-outs as the relay uses, and nothing of the queue. Blocks until it ends.
package struct DestinationTrial {
  package enum Ending: Sendable {
    /// Without a request: the connection stands, with TLS where the url says https.
    case connected
    case answered(SendResult, Verdict)
    /// No access token could be had, so nothing was sent. `holds`: the relay would hold the destination.
    case noToken(reason: String, holds: Bool)
  }

  package struct Report: Sendable {
    package let ending: Ending
    /// nil where nothing was connected to.
    package var sight: ConnectionSight?
    /// A new refresh token could not be kept, in the words of the system: the next start is locked out.
    package var lostRefreshToken: String?
  }

  private let destination: Destination
  private let all: [Destination]
  private let refreshTokensFile: String?
  private let userAgent: String
  private let time: any TimeSource
  private let multi: CurlMulti

  /// - Parameters:
  ///   - all: of the rule file.
  ///   - refreshTokensFile: see `Forwarder.Settings`. Nobody else may use it meanwhile.
  package init(
    _ destination: Destination, among all: [Destination], refreshTokensFile: String?, userAgent: String,
    time: any TimeSource
  ) throws(Forwarder.CurlUnavailable) {
    guard let multi = CurlMulti(keptConnections: 1) else { throw Forwarder.CurlUnavailable() }
    self.destination = destination
    self.all = all
    self.refreshTokensFile = refreshTokensFile
    self.userAgent = userAgent
    self.time = time
    self.multi = multi
  }

  /// The request as it would be sent, with secrets where the input does not mask them.
  package func request(_ input: RenderInput, accessToken: Secret? = nil) throws(TemplateError) -> OutgoingRequest {
    try OutgoingRequest.make(
      input, for: destination,
      OutgoingRequest.Stamp(
        userAgent: userAgent, isReplay: false, isTest: true, at: time.now(), accessToken: accessToken))
  }

  /// Connects to where the request would go, and sends nothing.
  package func connect(_ input: RenderInput) throws(TemplateError) -> Report {
    let exchanged = exchange(try request(input), settings, connectsOnly: true)
    if case .ended(let transfer, code: 0) = exchanged { return Report(ending: .connected, sight: transfer.sight) }
    return report(exchanged)
  }

  package func send(_ input: RenderInput) throws(TemplateError) -> Report {
    // What can't be rendered costs no token.
    _ = try request(input)
    var granted: Granted?
    if let oauth2 = destination.oauth2 {
      switch fetchToken(oauth2) {
      case .success(let token): granted = token
      case .failure(let failure): return Report(ending: .noToken(reason: failure.reason, holds: failure.holds))
      }
    }
    var report = report(exchange(try request(input, accessToken: granted?.token), settings))
    report.lostRefreshToken = granted?.lostRefreshToken
    return report
  }
}

// MARK: - Exchanges

extension DestinationTrial {
  private enum Exchanged {
    case ended(Transfer, code: Int32)
    case impossible(String)
  }

  private var settings: Transfer.Settings {
    OpenLane(destination, among: [destination], share: MemoryShare(destinations: 1)).transferSettings
  }

  private func exchange(
    _ request: OutgoingRequest, _ settings: Transfer.Settings, connectsOnly: Bool = false
  ) -> Exchanged {
    guard let transfer = Transfer(settings) else { return .impossible("memory is short") }
    if let words = transfer.prepare(request) ?? transfer.watch(connectsOnly: connectsOnly) { return .impossible(words) }
    guard multi.add(transfer) == 0 else { return .impossible("libcurl refused the request") }
    var ended: Int32?
    while true {
      multi.perform { _, code in ended = code }
      if let ended { return .ended(transfer, code: ended) }
      multi.wait(milliseconds: 1000)
    }
  }

  private func report(_ exchanged: Exchanged) -> Report {
    switch exchanged {
    case .ended(let transfer, let code):
      let result = transfer.result(code)
      return Report(ending: .answered(result, verdict(result)), sight: transfer.sight)
    case .impossible(let words):
      return Report(ending: .answered(.failed(words), verdict(.failed(words))))
    }
  }

  /// On a first try, with a delay in the middle of what jitter makes of it.
  private func verdict(_ result: SendResult) -> Verdict {
    let now = time.now()
    return Verdict.on(
      result, policy: destination.retry, answers: destination.answers,
      standing: Standing(attempts: 0, clockStartedAt: now, held: 0), now: now, jitter: 0.5)
  }
}

// MARK: - Access tokens

extension DestinationTrial {
  private struct Granted {
    let token: Secret
    let lostRefreshToken: String?
  }

  private struct NoToken: Error {
    let reason: String
    let holds: Bool
  }

  private func fetchToken(_ oauth2: OAuth2) -> Result<Granted, NoToken> {
    var file = RefreshTokenFile(path: refreshTokensFile)
    let refreshToken = file.refreshToken(for: oauth2)
    var settings = settings
    settings.tls = oauth2.tls ?? settings.tls
    settings.keptBody = TokenRequest.keptOfAnswer
    let exchanged = exchange(TokenRequest.make(oauth2, refreshToken: refreshToken, userAgent: userAgent), settings)
    let result: SendResult
    switch exchanged {
    case .ended(let transfer, let code): result = transfer.result(code)
    case .impossible(let words): result = .failed(words)
    }
    let secrets = [oauth2.clientID, oauth2.clientSecret, refreshToken].compactMap { $0 }
    switch TokenAnswer(result, hiding: secrets, time.now()) {
    case .granted(let grant):
      return .success(
        Granted(token: grant.token, lostRefreshToken: keep(grant.refreshToken, refreshToken, oauth2, &file)))
    case .refused(let reason):
      return .failure(NoToken(reason: "OAuth token refused: \(reason)", holds: true))
    case .failed(let reason, _):
      return .failure(NoToken(reason: "OAuth token can't be fetched: \(reason)", holds: false))
    }
  }

  /// As the relay keeps it; the reason where that fails.
  private func keep(
    _ new: Secret?, _ old: Secret?, _ oauth2: OAuth2, _ file: inout RefreshTokenFile
  ) -> String? {
    guard let new, let old, new != old else { return nil }
    do throws(RefreshTokenFile.Unwritable) {
      try file.keep(new, for: oauth2, among: all.compactMap(\.oauth2))
      return nil
    } catch {
      return error.reason
    }
  }
}
