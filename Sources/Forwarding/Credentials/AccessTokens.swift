import RelayCore
import Rules

/// The access token of those who share one (RFC 6749 §1.4): when one is fetched, which one is used, and what follows where it is
/// refused. Pure. Tokens are kept here alone, in memory.
struct AccessTokens {
  struct Token {
    /// Counts the tokens of this source from 1.
    let number: Int
    let value: Secret
    let fetchedAt: Instant
    /// From here on a new one is fetched while this one is still used.
    let refreshAt: Instant
    let expiresAt: Instant
    /// It took the place of one that the destination had refused.
    let followsRefusal: Bool
    /// The destination accepted it at least once.
    var isProven = false
  }

  /// What came of a fetch.
  enum Outcome: Equatable {
    case ready(lifetime: Int64)
    /// Fetched again then; deliveries wait meanwhile, or go with the token that is still good.
    case again(at: Instant, reason: String)
    /// Nothing can be sent, and not for a moment only.
    case hold(String)
  }

  /// A token that replaced a refused one and is refused too within this time is not replaced once more: 60 s.
  static let youngAge: Int64 = 60_000
  /// Fetches that fail in a row before the destination is held: with the delays between them about half a minute.
  static let failuresBeforeHold = 5
  /// Bounds of the delay behind a failed fetch, doubled each time.
  static let delays: ClosedRange<Int64> = 1000...60_000

  private(set) var token: Token?
  private(set) var isFetching = false
  /// The one to fetch with: the configured one, or what a server gave in its place; nil for the client's own credentials.
  private(set) var refreshToken: Secret?
  private var fetchBegan = Instant(milliseconds: .min)
  private var notBefore = Instant(milliseconds: .min)
  /// Why the last fetch failed, where the server asked to be left alone until `notBefore`, and for longer than a moment.
  private var restReason: String?
  private var failures = 0
  private var count = 0
  private var wasRefused = false

  init(refreshToken: Secret?) {
    self.refreshToken = refreshToken
  }

  /// The token to send with now; nil where there is none to be had yet.
  func usable(_ now: Instant) -> Token? {
    token.flatMap { $0.expiresAt > now ? $0 : nil }
  }

  // MARK: - Fetching

  /// Whether one is to be fetched for what waits to be sent.
  func isFetchDue(_ now: Instant) -> Bool {
    !isFetching && notBefore <= now && (token.map { $0.refreshAt <= now } ?? true)
  }

  /// When a fetch that was put off is due; nil where one is at work.
  var fetchAt: Instant? { isFetching ? nil : notBefore }

  /// The server asked to be left alone until then (`Retry-After`), and there is no token to send with meanwhile.
  func rest(_ now: Instant) -> (until: Instant, reason: String)? {
    guard let restReason, !isFetching, notBefore > now, usable(now) == nil else { return nil }
    return (notBefore, "OAuth token can't be fetched: \(restReason), and the token endpoint asked to wait")
  }

  /// A person let a destination go on: the next fetch waits for nothing.
  mutating func askAgain() {
    notBefore = Instant(milliseconds: .min)
    restReason = nil
  }

  mutating func begin(_ now: Instant) {
    isFetching = true
    restReason = nil
    fetchBegan = now
  }

  /// Memory is short: the fetch could not begin.
  mutating func abandon(_ now: Instant) {
    isFetching = false
    notBefore = now + Self.delays.lowerBound
  }

  /// - Parameter jitter: from 0 to 1.
  mutating func fetched(_ answer: TokenAnswer, _ now: Instant, jitter: Double) -> Outcome {
    isFetching = false
    switch answer {
    case .granted(let grant):
      if refreshToken != nil, let new = grant.refreshToken { refreshToken = new }
      // Taken, it would be fetched again at once, without end and without anything being sent.
      guard fetchBegan + grant.lifetime > now else {
        return failed("it lives \(grant.lifetime / 1000) s and had ended when it came", retryAfter: nil, now, jitter)
      }
      take(grant)
      return .ready(lifetime: grant.lifetime)
    case .failed(let reason, let retryAfter):
      return failed(reason, retryAfter: retryAfter, now, jitter)
    case .refused(let reason):
      putOff(now, atLeast: 0, jitter)
      let words = "OAuth token refused: \(reason)"
      return usable(now) == nil ? .hold(words) : .again(at: notBefore, reason: words)
    }
  }

  private mutating func failed(
    _ reason: String, retryAfter: Int64?, _ now: Instant, _ jitter: Double
  ) -> Outcome {
    let isLasting = failures + 1 >= Self.failuresBeforeHold && usable(now) == nil
    putOff(now, atLeast: retryAfter ?? 0, jitter)
    restReason = retryAfter.map { $0 >= Lane.shownWait } == true ? reason : nil
    return isLasting ? .hold("OAuth token can't be fetched: \(reason)") : .again(at: notBefore, reason: reason)
  }

  private mutating func take(_ grant: TokenAnswer.Grant) {
    count += 1
    // A tenth of its life before it ends, a minute at most. Counted from when it was asked for: not later than it was made.
    let early = min(grant.lifetime / 10, 60_000)
    token = Token(
      number: count, value: grant.token, fetchedAt: fetchBegan, refreshAt: fetchBegan + (grant.lifetime - early),
      expiresAt: fetchBegan + grant.lifetime, followsRefusal: wasRefused)
    failures = 0
    notBefore = Instant(milliseconds: .min)
  }

  private mutating func putOff(_ now: Instant, atLeast: Int64, _ jitter: Double) {
    let bound = min(Self.delays.upperBound, Self.delays.lowerBound << Int64(min(failures, 10)))
    failures += 1
    notBefore = now + max(bound / 2 + Int64(Double(bound / 2) * jitter), atLeast)
  }

  /// The clock was set back: a fetch is as far away as before.
  mutating func clockWasSetBack(by milliseconds: Int64) {
    notBefore = notBefore + -milliseconds
  }

  // MARK: - Using

  /// The destination took the token of this number: it answered anything but a refusal.
  mutating func accepted(_ number: Int) {
    guard token?.number == number, token?.isProven == false else { return }
    token?.isProven = true
    wasRefused = false
  }

  /// The destination refused it. True where another one may help, and is fetched or was: one that had replaced a refused
  /// token already and never worked, or not even for a minute, shows that no token helps.
  mutating func refused(_ number: Int, _ now: Instant) -> Bool {
    guard let token, token.number == number else { return true }
    let isWorthAnother = !token.followsRefusal || token.isProven && now - token.fetchedAt >= Self.youngAge
    // What others have just used is kept for them.
    if isWorthAnother || !token.isProven {
      self.token = nil
      wasRefused = true
    }
    return isWorthAnother
  }
}
