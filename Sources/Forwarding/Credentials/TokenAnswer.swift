import Outgoing
import RelayCore
import Rules

/// What a token endpoint said (RFC 6749 §5), in words that hold no secret.
enum TokenAnswer: Equatable {
  struct Grant: Equatable {
    let token: Secret
    /// Milliseconds.
    let lifetime: Int64
    /// In place of the one that was used (RFC 6749 §6).
    let refreshToken: Secret?
  }

  case granted(Grant)
  /// Nothing that another try would change.
  case refused(String)
  /// - Parameter retryAfter: milliseconds that the server asked for.
  case failed(String, retryAfter: Int64?)

  /// Of a token whose answer names none (RFC 6749 §5.1 leaves that open): an hour, after which a new one costs little.
  static let defaultLifetime: Int64 = 3_600_000
  fileprivate static let longestLifetime: Int64 = 365 * 86_400_000

  /// - Parameter secrets: never shown, should the server send one back.
  init(_ result: SendResult, hiding secrets: [Secret], _ now: Instant) {
    switch result {
    case .answered(let answer):
      self.init(answer, secrets, now)
    case .failed(let words):
      self = .failed(words, retryAfter: nil)
    case .refused(let address):
      self = .failed("\(address) is a loopback, private or reserved address; see allow_private", retryAfter: nil)
    case .proxyRefused(let status):
      self = .failed("the proxy refused the connection (status \(status))", retryAfter: nil)
    case .unrenderable(let words):
      self = .refused(words)
    case .interrupted:
      self = .failed("interrupted", retryAfter: nil)
    }
  }

  private init(_ answer: Answer, _ secrets: [Secret], _ now: Instant) {
    let json = try? JSONParser.parse(answer.body)
    let error = json?["error"]?.string.flatMap { Self.shown($0, secrets) }
    let status = "status \(answer.status)"
    switch answer.status {
    case 200...299:
      if let json, let grant = Grant(json) {
        self = .granted(grant)
      } else {
        // Zoho says 200 also where it refuses.
        self = .refused(error ?? "\(status) without an access_token")
      }
    case 300...399:
      self = .refused("\(status): redirects are not followed")
    case 408, 425, 429, 500...599:
      self = .failed(status, retryAfter: answer.headers["retry-after"].flatMap { RetryAfter.delay($0, now: now) })
    default:
      let isPassing = ["temporarily_unavailable", "server_error", "slow_down"].contains(error)
      self = isPassing ? .failed(error ?? status, retryAfter: nil) : .refused(error ?? status)
    }
  }

  /// `invalid_grant` and its like; nil for what can't be shown safely.
  private static func shown(_ error: String, _ secrets: [Secret]) -> String? {
    let isWord = error.utf8.allSatisfy { byte in
      (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || " _-.".utf8.contains(byte)
    }
    guard isWord, (1...64).contains(error.utf8.count),
      !secrets.contains(where: { error.contains($0.revealed) || $0.revealed.contains(error) })
    else { return nil }
    return error
  }
}

extension TokenAnswer.Grant {
  /// nil where there is no access token that can stand in a field.
  fileprivate init?(_ json: JSON) {
    guard let token = json["access_token"]?.string, !token.isEmpty,
      token.utf8.allSatisfy({ (0x20..<0x7F).contains($0) })
    else { return nil }
    self.token = Secret(token)
    refreshToken = json["refresh_token"]?.string.flatMap { $0.isEmpty ? nil : Secret($0) }
    lifetime = Self.lifetime(json["expires_in"])
  }

  /// Seconds, as a number or, against the RFC but seen, as text.
  private static func lifetime(_ value: JSON?) -> Int64 {
    let seconds = value?.number?.double ?? value?.string.flatMap(Double.init) ?? 0
    guard seconds >= 1 else { return TokenAnswer.defaultLifetime }
    return Int64(min(seconds * 1000, Double(TokenAnswer.longestLifetime)))
  }
}
