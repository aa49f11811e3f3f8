import Digests
import Foundation
import HTTPTypes
import Outgoing
import RelayCore
import Rules
import TestSupport
import Testing

@testable import Forwarding

@Suite("Access tokens")
struct AccessTokenTests {
  /// A box, since what changes a value can't stand in an expectation.
  private final class Keeper {
    var tokens: AccessTokens

    init(refreshToken: String? = nil) {
      tokens = AccessTokens(refreshToken: refreshToken.map { Secret($0) })
    }

    func end(_ answer: TokenAnswer, _ now: Instant, jitter: Double = 0) -> AccessTokens.Outcome {
      tokens.fetched(answer, now, jitter: jitter)
    }

    func fetch(_ answer: TokenAnswer, _ now: Instant, jitter: Double = 0) -> AccessTokens.Outcome {
      tokens.begin(now)
      return end(answer, now, jitter: jitter)
    }

    func isRefused(_ number: Int, _ now: Instant) -> Bool { tokens.refused(number, now) }
  }

  private func at(_ seconds: Double) -> Instant { Instant(milliseconds: Int64(seconds * 1000)) }

  private func grant(_ token: String = "t", seconds: Int64 = 3600, refresh: String? = nil) -> TokenAnswer {
    .granted(.init(token: Secret(token), lifetime: seconds * 1000, refreshToken: refresh.map { Secret($0) }))
  }

  @Test("A token is fetched once for all, used until it ends, and fetched anew before that")
  func life() {
    let keeper = Keeper()
    #expect(keeper.tokens.usable(at(0)) == nil && keeper.tokens.isFetchDue(at(0)))
    keeper.tokens.begin(at(0))
    #expect(!keeper.tokens.isFetchDue(at(0)) && keeper.tokens.fetchAt == nil)
    #expect(keeper.end(grant(), at(2)) == .ready(lifetime: 3_600_000))
    #expect(keeper.tokens.usable(at(3599.9))?.value.revealed == "t")
    #expect(!keeper.tokens.isFetchDue(at(3539.9)))
    // A minute before its end; the old one is used meanwhile.
    #expect(keeper.tokens.isFetchDue(at(3540)))
    #expect(keeper.tokens.usable(at(3600)) == nil)
    keeper.tokens.begin(at(3540))
    #expect(keeper.tokens.usable(at(3541))?.number == 1)
    #expect(keeper.end(grant("u", seconds: 100), at(3541)) == .ready(lifetime: 100_000))
    #expect(keeper.tokens.usable(at(3541))?.number == 2)
    // A tenth of a short life.
    #expect(!keeper.tokens.isFetchDue(at(3540 + 89)) && keeper.tokens.isFetchDue(at(3540 + 90)))
  }

  @Test("Fetches that fail are tried again, slower each time, and then hold the destination")
  func failing() {
    let keeper = Keeper()
    let failed = TokenAnswer.failed("down", retryAfter: nil)
    var now = at(0)
    for delay: Int64 in [1000, 2000, 4000, 8000] {
      #expect(keeper.fetch(failed, now, jitter: 1) == .again(at: now + delay, reason: "down"))
      now = now + delay
      #expect(!keeper.tokens.isFetchDue(now + -1) && keeper.tokens.isFetchDue(now))
    }
    #expect(keeper.fetch(failed, now, jitter: 1) == .hold("OAuth token can't be fetched: down"))
    // The server's own wish counts.
    #expect(
      keeper.fetch(.failed("down", retryAfter: 500_000), now) == .hold("OAuth token can't be fetched: down"))
    #expect(keeper.tokens.fetchAt == now + 500_000)
    // The clock is set back: no longer than it was.
    keeper.tokens.clockWasSetBack(by: 1_000_000)
    #expect(keeper.tokens.fetchAt == now + -500_000)
  }

  @Test("A server that asks to be left alone is, for as long as a person does not say otherwise, and it shows")
  func rests() {
    let keeper = Keeper()
    let busy = TokenAnswer.failed("status 429", retryAfter: 3_600_000)
    let words = "OAuth token can't be fetched: status 429, and the token endpoint asked to wait"
    #expect(keeper.tokens.rest(at(0)) == nil)
    #expect(keeper.fetch(busy, at(0)) == .again(at: at(3600), reason: "status 429"))
    #expect(keeper.tokens.rest(at(1))?.until == at(3600) && keeper.tokens.rest(at(1))?.reason == words)
    #expect(!keeper.tokens.isFetchDue(at(3599.9)))
    // The clock is set back: no longer than it was.
    keeper.tokens.clockWasSetBack(by: 1000)
    #expect(keeper.tokens.rest(at(1))?.until == at(3599))
    #expect(keeper.tokens.rest(at(3599)) == nil && keeper.tokens.isFetchDue(at(3599)))
    keeper.tokens.askAgain()
    #expect(keeper.tokens.rest(at(2)) == nil && keeper.tokens.isFetchDue(at(2)))
    // A failure without that wish, or with one for a moment, is only backed off from.
    for wish: Int64? in [nil, 0, 4999] {
      _ = keeper.fetch(.failed("status 503", retryAfter: wish), at(2))
      #expect(keeper.tokens.rest(at(2)) == nil)
    }
    // With a good token nothing rests, until it ends.
    _ = keeper.fetch(grant(seconds: 1000), at(10))
    _ = keeper.fetch(busy, at(950))
    #expect(keeper.tokens.rest(at(1009)) == nil)
    #expect(keeper.tokens.rest(at(1010))?.until == at(4550))
  }

  @Test("While the old token is good, nothing that happens to the next one holds the destination")
  func earlyFailure() {
    let keeper = Keeper()
    #expect(keeper.fetch(grant(seconds: 1000), at(0)) == .ready(lifetime: 1_000_000))
    for round in 0..<10 {
      let answer: TokenAnswer = round.isMultiple(of: 2) ? .refused("invalid_client") : .failed("down", retryAfter: nil)
      if case .again = keeper.fetch(answer, at(940)) {} else { Issue.record("held") }
      #expect(keeper.tokens.usable(at(940)) != nil)
    }
    #expect(keeper.fetch(.refused("invalid_client"), at(1001)) == .hold("OAuth token refused: invalid_client"))
  }

  @Test("A token that had ended when it came is a failure, and its refresh token counts all the same")
  func tooShort() {
    let keeper = Keeper(refreshToken: "r0")
    let words = "it lives 1 s and had ended when it came"
    var now = at(0)
    for round in 1...5 {
      keeper.tokens.begin(now)
      now = now + 1300
      let outcome = keeper.end(grant(seconds: 1, refresh: "r\(round)"), now, jitter: 1)
      if round < 5 {
        #expect(outcome == .again(at: now + 1000 * Int64(1 << (round - 1)), reason: words))
      } else {
        #expect(outcome == .hold("OAuth token can't be fetched: \(words)"))
      }
      #expect(keeper.tokens.usable(now) == nil)
      #expect(keeper.tokens.refreshToken?.revealed == "r\(round)")
      now = keeper.tokens.fetchAt ?? now
    }
    // The one at hand is not given up for it.
    _ = keeper.fetch(grant("good", seconds: 1000), now)
    keeper.tokens.begin(now + 950_000)
    if case .again = keeper.end(grant(seconds: 1), now + 952_000) {} else { Issue.record("held, or taken") }
    #expect(keeper.tokens.usable(now + 952_000)?.value.revealed == "good")
  }

  @Test("A refused token is replaced once; a new one that never works is not")
  func refused() {
    let keeper = Keeper()
    func fetch(_ now: Instant) { #expect(keeper.fetch(grant(), now) == .ready(lifetime: 3_600_000)) }
    fetch(at(0))
    #expect(keeper.isRefused(1, at(10)))
    #expect(keeper.tokens.usable(at(10)) == nil && keeper.tokens.isFetchDue(at(10)))
    // Others that carried it: the new one is on its way, or there.
    #expect(keeper.isRefused(1, at(10)))
    fetch(at(11))
    #expect(keeper.isRefused(1, at(11)))
    #expect(keeper.tokens.usable(at(11))?.number == 2)
    #expect(!keeper.isRefused(2, at(12)))
    // A probe later: one fetch, one refusal.
    fetch(at(100))
    #expect(!keeper.isRefused(3, at(101)))
    // It works again, and has its one replacement again; but not every second.
    fetch(at(200))
    keeper.tokens.accepted(4)
    #expect(!keeper.isRefused(4, at(201)))
    // Another destination has just used it: it is kept for that one, until it is older.
    #expect(keeper.tokens.usable(at(201))?.number == 4)
    #expect(keeper.isRefused(4, at(260)))
    fetch(at(261))
    keeper.tokens.accepted(4)
    #expect(!keeper.isRefused(5, at(262)))
    #expect(keeper.tokens.usable(at(262)) == nil)
  }

  @Test("A new refresh token takes the place of the old one, where one is used")
  func rotation() {
    let keeper = Keeper(refreshToken: "r1")
    _ = keeper.fetch(grant(refresh: "r2"), at(0))
    #expect(keeper.tokens.refreshToken?.revealed == "r2")
    _ = keeper.fetch(grant(), at(1))
    #expect(keeper.tokens.refreshToken?.revealed == "r2")
    let clients = Keeper()
    _ = clients.fetch(grant(refresh: "r2"), at(0))
    #expect(clients.tokens.refreshToken == nil)
  }

  @Test("Whatever happens in whatever order: one fetch at a time, no token beyond its end, and an end to all trouble")
  func anyOrder() {
    var random = SeededRandom(seed: .random(in: 0...UInt64.max))
    for round in 0..<300 {
      let keeper = Keeper(refreshToken: Bool.random(using: &random) ? "r" : nil)
      let place: Comment = "seed \(random.seed), round \(round)"
      var now = at(0)
      var lastRefusal: Int?
      for _ in 0..<60 {
        now = now + Int64.random(in: 0...40_000, using: &random)
        if keeper.tokens.isFetchDue(now) {
          #expect(!keeper.tokens.isFetching, place)
          keeper.tokens.begin(now)
        }
        let token = keeper.tokens.usable(now)
        if let token { #expect(token.expiresAt > now, place) }
        switch Int.random(in: 0..<6, using: &random) {
        case 0 where keeper.tokens.isFetching: _ = keeper.end(grant(seconds: .random(in: 1...200, using: &random)), now)
        case 1 where keeper.tokens.isFetching: _ = keeper.end(.failed("down", retryAfter: nil), now, jitter: 1)
        case 2 where keeper.tokens.isFetching: _ = keeper.end(.refused("no"), now, jitter: 1)
        case 3: if let token { keeper.tokens.accepted(token.number) }
        case 4:
          guard let token else { break }
          // Never two replacements in a row without one that worked between them.
          let isReplaced = keeper.isRefused(token.number, now)
          if isReplaced, lastRefusal == token.number - 1 { #expect(token.isProven, place) }
          if isReplaced { lastRefusal = token.number }
        case 5: keeper.tokens.clockWasSetBack(by: 10)
        default: break
        }
      }
      // However it went, a token comes once the server is well.
      if !keeper.tokens.isFetching {
        now = max(now, keeper.tokens.fetchAt ?? now) + 200_000
        #expect(keeper.tokens.isFetchDue(now), place)
        keeper.tokens.begin(now)
      } else {
        now = now + 200_000
      }
      #expect(keeper.end(grant(), now) == .ready(lifetime: 3_600_000), place)
    }
  }
}

@Suite("Token endpoints")
struct TokenEndpointTests {
  private func oauth2(_ more: String) throws -> OAuth2 {
    let auth = #""auth": {"oauth2": {"token_url": "http://127.0.0.1:1/t", "client_id": "id&1", \#(more)}}"#
    return try #require(try destination("http://127.0.0.1/", auth).oauth2)
  }

  @Test("The request, by RFC 6749 §4.4.2, §6 and §2.3.1")
  func requests() throws {
    let own = TokenRequest.make(
      try oauth2(#""client_secret": "s=+ü", "scope": "a b", "audience": "https://api/""#), refreshToken: nil,
      userAgent: "cdrelay/1")
    #expect(own.method == "POST" && own.url == "http://127.0.0.1:1/t")
    #expect(
      String(decoding: own.body, as: UTF8.self)
        == "grant_type=client_credentials&scope=a%20b&audience=https%3A%2F%2Fapi%2F&client_id=id%261&client_secret=s%3D%2B%C3%BC"
    )
    #expect(own.headers["content-type"] == "application/x-www-form-urlencoded" && own.headers["authorization"] == nil)
    #expect(own.headers["accept"] == "application/json" && own.headers["user-agent"] == "cdrelay/1")
    let refreshing = TokenRequest.make(
      try oauth2(#""client_secret": "s:1", "refresh_token": "r1", "client_auth": "basic""#), refreshToken: Secret("r2"),
      userAgent: "")
    #expect(String(decoding: refreshing.body, as: UTF8.self) == "grant_type=refresh_token&refresh_token=r2")
    #expect(refreshing.headers["authorization"] == "Basic " + Base64.encode(Array("id%261:s%3A1".utf8)))
    let client = TokenRequest.make(try oauth2(#""refresh_token": "r1""#), refreshToken: Secret("r1"), userAgent: "")
    #expect(
      String(decoding: client.body, as: UTF8.self) == "grant_type=refresh_token&refresh_token=r1&client_id=id%261")
  }

  private func answer(_ status: Int, _ body: String, headers: [(String, String)] = []) -> TokenAnswer {
    TokenAnswer(
      .answered(Answer(status: status, headers: HTTPHeaders(headers), body: Array(body.utf8))),
      hiding: [Secret("hunter2"), Secret("client-7")], Instant(milliseconds: 0))
  }

  private func granted(_ token: String, _ seconds: Int64, _ refresh: String? = nil) -> TokenAnswer {
    .granted(.init(token: Secret(token), lifetime: seconds * 1000, refreshToken: refresh.map { Secret($0) }))
  }

  @Test("Answers that grant a token")
  func grants() {
    #expect(answer(200, #"{"access_token":"a","token_type":"Bearer","expires_in":1800}"#) == granted("a", 1800))
    #expect(answer(200, #"{"access_token":"a","expires_in":"60","refresh_token":"r"}"#) == granted("a", 60, "r"))
    for strange in ["", #","expires_in":0"#, #","expires_in":-5"#, #","expires_in":"soon""#, #","expires_in":null"#] {
      #expect(answer(200, #"{"access_token":"a"\#(strange)}"#) == granted("a", 3600), "\(strange)")
    }
    #expect(answer(200, #"{"access_token":"a","expires_in":1e300}"#) == granted("a", 365 * 86_400))
  }

  @Test("Answers that refuse one, in words without secrets")
  func refusals() {
    #expect(answer(400, #"{"error":"invalid_grant","error_description":"hunter2"}"#) == .refused("invalid_grant"))
    #expect(answer(401, #"{"error":"invalid_client"}"#) == .refused("invalid_client"))
    #expect(answer(200, #"{"error":"invalid_code"}"#) == .refused("invalid_code"))
    #expect(answer(200, "<html>") == .refused("status 200 without an access_token"))
    #expect(answer(200, #"{"access_token":"a\r\nb"}"#) == .refused("status 200 without an access_token"))
    #expect(answer(404, "no") == .refused("status 404"))
    #expect(answer(302, "") == .refused("status 302: redirects are not followed"))
    for echo in ["hunter2", "no hunter2 here", "client-7", "a\\nb", "", "é"] {
      #expect(answer(400, #"{"error":"\#(echo)"}"#) == .refused("status 400"), "\(echo)")
    }
  }

  @Test("Answers after which it is tried again")
  func failures() {
    #expect(answer(503, "", headers: [("retry-after", "7")]) == .failed("status 503", retryAfter: 7000))
    #expect(answer(429, #"{"error":"x"}"#) == .failed("status 429", retryAfter: nil))
    #expect(answer(400, #"{"error":"temporarily_unavailable"}"#) == .failed("temporarily_unavailable", retryAfter: nil))
    #expect(
      TokenAnswer(.failed("connection refused"), hiding: [], Instant(milliseconds: 0))
        == .failed("connection refused", retryAfter: nil))
  }
}

@Suite("Refresh tokens that change")
struct RefreshTokenFileTests {
  private func oauth2(_ refreshToken: String) throws -> OAuth2 {
    try #require(
      try destination(
        "http://127.0.0.1/",
        #""auth": {"oauth2": {"token_url": "http://127.0.0.1/t", "client_id": "a", "refresh_token": "\#(refreshToken)"}}"#
      ).oauth2)
  }

  @Test("One is kept until the configured one is another, for its owner's eyes only")
  func kept() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("cdrelay.db.refresh-tokens")
    let (old, new) = (try oauth2("r1"), try oauth2("r9"))
    var file = RefreshTokenFile(path: path)
    #expect(file.refreshToken(for: old)?.revealed == "r1")
    try file.keep(Secret("r2"), for: old, among: [old, new])
    try file.keep(Secret("x2"), for: new, among: [old, new])
    try file.keep(Secret("r3"), for: old, among: [old, new])
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    var again = RefreshTokenFile(path: path)
    #expect(again.refreshToken(for: old)?.revealed == "r3" && again.refreshToken(for: new)?.revealed == "x2")
    #expect(try again.refreshToken(for: oauth2("r10"))?.revealed == "r10")
    // Entries of what is configured no more go with the next one.
    try again.keep(Secret("x3"), for: new, among: [new])
    #expect(try String(contentsOfFile: path, encoding: .utf8).contains("r3") == false)
    #expect(RefreshTokenFile(path: path).refreshToken(for: new)?.revealed == "x3")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 1)
  }

  @Test("A damaged file is as good as none; one that can't be written is said to be")
  func damaged() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("tokens")
    try Data(#"{"crm": {"origin": 5}, "x"#.utf8).write(to: URL(fileURLWithPath: path))
    #expect(try RefreshTokenFile(path: path).refreshToken(for: oauth2("r1"))?.revealed == "r1")
    var nowhere = RefreshTokenFile(path: folder.file("no/tokens"))
    let old = try oauth2("r1")
    #expect(throws: RefreshTokenFile.Unwritable.self) {
      try nowhere.keep(Secret("r2"), for: old, among: [old])
    }
    // In memory it counts all the same.
    #expect(nowhere.refreshToken(for: old)?.revealed == "r2")
  }
}
