import Outgoing
import RelayCore
import Rules

/// One request to a destination that a person sends to see what comes of it: the same URL, credentials, TLS, proxy, guard and
/// time-outs as the relay uses, and nothing of the queue. Blocks until it ends.
package struct DestinationTrial {
  package enum Ending: Sendable {
    /// Without a request: the connection stands, with TLS where the url says https.
    case connected
    case answered(SendResult, Verdict)
    /// The lookup did not come to an end, so nothing was sent.
    case lookupFailed(SendResult, Verdict)
    /// It found nothing, or had nothing to ask for, and `if_none` is dead_letter.
    case lookupFoundNothing
    /// No access token could be had, so nothing was sent. `holds`: the relay would hold the destination.
    case noToken(reason: String, holds: Bool)
  }

  package struct Report: Sendable {
    package let ending: Ending
    /// nil where nothing was connected to.
    package var sight: ConnectionSight?
    /// What the lookup gave; nil where it gave nothing, and where there is none.
    package var lookup: JSON?
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
    _ = try lookupRequest(input)
    var granted: Granted?
    if let oauth2 = destination.oauth2 {
      switch fetchToken(oauth2) {
      case .success(let token): granted = token
      case .failure(let failure): return Report(ending: .noToken(reason: failure.reason, holds: failure.holds))
      }
    }
    var report = try lookUpAndSend(input, token: granted?.token)
    report.lostRefreshToken = granted?.lostRefreshToken
    return report
  }

  /// What is asked before; nil where the request does not use it, and where there is nothing to ask for.
  package func lookupRequest(_ input: RenderInput, accessToken: Secret? = nil) throws(TemplateError) -> OutgoingRequest?
  {
    guard destination.asks(input) else { return nil }
    return try OutgoingRequest.lookup(
      input, for: destination,
      OutgoingRequest.Stamp(
        userAgent: userAgent, isReplay: false, isTest: true, at: time.now(), accessToken: accessToken))
  }

  private func lookUpAndSend(_ input: RenderInput, token: Secret?) throws(TemplateError) -> Report {
    var input = input
    if let lookup = destination.lookup, let request = try lookupRequest(input, accessToken: token) {
      let settings = OpenLane(destination, among: [destination], share: MemoryShare(destinations: 1)).lookupSettings
      let (result, sight) = ended(exchange(request, settings))
      guard case .answered(let answer) = result, verdict(result).outcome == .delivered else {
        return Report(ending: .lookupFailed(hiding(token, in: result), verdict(result)), sight: sight)
      }
      switch LookupAnswer(answer, lookup) {
      case .found(let value): input.lookup = value
      case .none where lookup.ifNone == .deadLetter: return Report(ending: .lookupFoundNothing, sight: sight)
      case .none: break
      case .unreadable(let words):
        return Report(ending: .lookupFailed(.failed(words), verdict(.failed(words))), sight: sight)
      }
    } else if destination.asks(input), destination.lookup?.ifNone == .deadLetter {
      return Report(ending: .lookupFoundNothing)
    }
    var report = report(exchange(try request(input, accessToken: token), settings), hiding: token)
    report.lookup = input.lookup
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
    guard let code = multi.carryOut(transfer) else { return .impossible("it was stopped") }
    return .ended(transfer, code: code)
  }

  private func ended(_ exchanged: Exchanged) -> (SendResult, ConnectionSight?) {
    switch exchanged {
    case .ended(let transfer, let code): (transfer.result(code), transfer.sight)
    case .impossible(let words): (.failed(words), nil)
    }
  }

  /// - Parameter token: the access token that was sent; hidden in the answer, with all other secrets.
  private func report(_ exchanged: Exchanged, hiding token: Secret? = nil) -> Report {
    let (result, sight) = ended(exchanged)
    return Report(ending: .answered(hiding(token, in: result), verdict(result)), sight: sight)
  }

  private func hiding(_ token: Secret?, in result: SendResult) -> SendResult {
    guard case .answered(let answer) = result, !answer.body.isEmpty else { return result }
    let mask = EchoMask(destination.sentSecrets + (token.map { [$0] } ?? []))
    return .answered(
      Answer(status: answer.status, headers: answer.headers, body: mask.kept(answer.body), isCut: answer.isCut))
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
    let (result, _) = ended(exchanged)
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
