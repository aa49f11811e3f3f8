import HTTPTypes
import RelayCore
import Testing

@testable import Rules

private let settings = #""link_secret": "0123456789abcdef", "public_url": "https://relay.example.com/x/""#

private func source(_ recordings: String, api: String = #"{"secret": "hush-hush", "app_id": 7}"#) -> String {
  #"{"sources": {"s": {"provider": "telecmi", "auth": "none", "api": \#(api), "recordings": {\#(recordings)}}}}"#
}

private func recordings(_ more: String = "") throws -> SourceRecordings {
  try #require(SourceRecordings(try parseRules(source(settings + more)).sources[0]))
}

private let received = Instant(milliseconds: 1_759_309_200_123)

@Suite("What a recording is called")
struct RecordingFileTests {
  @Test(arguments: ["1634720915260737218351_2222223.mp3", "a", "A-b_c.1.wav", String(repeating: "x", count: 200)])
  func names(text: String) {
    #expect(RecordingFile(text) == .name(text))
    #expect(RecordingFile(segment: text) == .name(text))
    #expect(RecordingFile.name(text).segment == text)
  }

  @Test(arguments: [
    "https://rest.telecmi.com/a/b.mp3", "http://127.0.0.1:8080/", "https://x.example/?a=1&b=2",
    "https://x.example:1/" + String(repeating: "y", count: 1900),
  ])
  func urls(text: String) {
    #expect(RecordingFile(text) == .url(text))
    let segment = RecordingFile.url(text).segment
    #expect(segment.utf8.allSatisfy { isLetterOrDigit($0) || "~-_".utf8.contains($0) })
    #expect(RecordingFile(segment: segment) == .url(text))
  }

  @Test(
    "Nothing that leads elsewhere, and nothing odd",
    arguments: [
      "", ".", "..", "../a", "a/../b", "a/b", "a\\b", "a..b", ".hidden", "-x", "a b", "a%2fb", "a\u{0}", "a\nb",
      "é.mp3", "a?b",
      "a#b", "a;b", "~", "~a", "~YQ", String(repeating: "x", count: 201), "ftp://x/y", "file:///etc/passwd", "https://",
      "https://u:p@x.example/a", "https://x.example/a b", "https://x.example/#a", "javascript:alert(1)",
      "https://x.example/" + String(repeating: "y", count: 2000), "https://0x7f000001/a", "https://127.1/a",
    ])
  func refused(text: String) {
    #expect(RecordingFile(text) == nil)
    #expect(RecordingFile(segment: text) == nil)
  }

  @Test func aURLWithCredentialsIsTheNameInItOrNothing() {
    #expect(RecordingFile("https://rest.telecmi.com/v2/play?appid=7&secret=hush&file=a.mp3") == .name("a.mp3"))
    #expect(RecordingFile("https://piopiy.telecmi.com/v1/play?appid=7&TOKEN=hush&file=a%2Emp3") == .name("a.mp3"))
    #expect(RecordingFile("https://rest.telecmi.com/v2/play?secret=hush") == nil)
    #expect(RecordingFile("https://rest.telecmi.com/v2/play?secret=hush&file=../x") == nil)
  }
}

@Suite("Links to recordings")
struct RecordingLinkTests {
  @Test func aLinkIsTheSameWheneverItIsMade() throws {
    let link = try recordings().link(to: "a.mp3", from: received)
    #expect(link == (try recordings().link(to: "a.mp3", from: received)))
    #expect(link.hasPrefix("https://relay.example.com/x/recordings/s/a.mp3?expires=1759914000&signature="))
    #expect(!link.contains("hush"))
    #expect(!link.contains("0123456789abcdef"))
  }

  /// openssl dgst -sha256 -hmac 0123456789abcdef over the four lines.
  @Test func theSignatureIsAnHMACOverSourceExpiryAndFile() throws {
    let link = try recordings().link(to: "a.mp3", from: received)
    #expect(link.hasSuffix("&signature=ea78b5014059c1a716b17d3af58b65cf2773a117b3b0cf6d05df99a4a9a7732d"))
  }

  private func read(_ url: String) throws -> (link: RecordingLink, signature: String) {
    let target = url.dropFirst("https://relay.example.com/x".count).split(separator: "?")
    return try #require(RecordingLink.read(path: String(target[0]), query: target.count > 1 ? String(target[1]) : nil))
  }

  @Test(arguments: ["a.mp3", "https://rest.telecmi.com/files/a.mp3"])
  func whatIsMadeIsTakenUntilItExpires(file: String) throws {
    let known = try recordings()
    let (link, signature) = try read(known.link(to: file, from: received))
    let hour: Int64 = 3_600_000
    let settings = known.settings
    #expect(link.verdict(signature: signature, settings: settings, now: received) == .valid)
    #expect(link.verdict(signature: signature, settings: settings, now: received + 167 * hour) == .valid)
    #expect(link.verdict(signature: signature, settings: settings, now: received + 168 * hour) == .expired)
  }

  @Test func nothingInItCanBeChanged() throws {
    let known = try recordings()
    let (link, signature) = try read(known.link(to: "a.mp3", from: received))
    let others = [
      RecordingLink(source: "t", file: link.file, expires: link.expires),
      RecordingLink(source: link.source, file: .name("b.mp3"), expires: link.expires),
      RecordingLink(source: link.source, file: link.file, expires: link.expires + 1),
      RecordingLink(source: link.source, file: .url("https://a.example/"), expires: link.expires),
    ]
    for other in others {
      #expect(other.verdict(signature: signature, settings: known.settings, now: received) == .forged)
    }
    for wrong in ["", "00", String(signature.dropLast()), signature + "00", signature.replacing(/^./, with: "z")] {
      #expect(link.verdict(signature: wrong, settings: known.settings, now: received) == .forged)
      // One that was changed is not told that it expired.
      #expect(link.verdict(signature: wrong, settings: known.settings, now: received + 1_000_000_000_000) == .forged)
    }
  }

  @Test func twoSecretsDuringRotation() throws {
    let old = try recordings()
    let (link, signature) = try read(old.link(to: "a.mp3", from: received))
    let both = #""link_secret": ["fedcba9876543210", "0123456789abcdef"], "public_url": "https://relay.example.com/x""#
    let known = try #require(SourceRecordings(try parseRules(source(both)).sources[0]))
    #expect(link.verdict(signature: signature, settings: known.settings, now: received) == .valid)
    let (newLink, newSignature) = try read(known.link(to: "a.mp3", from: received))
    #expect(newLink == link)
    #expect(newSignature != signature)
    #expect(link.verdict(signature: newSignature, settings: known.settings, now: received) == .valid)
    #expect(link.verdict(signature: newSignature, settings: old.settings, now: received) == .forged)
  }

  @Test(arguments: [
    ("/recordings/s/a.mp3", "expires=1&signature=00", true), ("/recordings/s/a%2Emp3", nil, true),
    ("/recordings/s/a.mp3/", nil, false), ("/recordings/s", nil, false), ("/recordings/s/../a", nil, false),
    ("/recordings/s/%2E%2E%2Fa", nil, false), ("/recording/s/a", nil, false), ("/recordings/s/a%00", nil, false),
    ("/recordings/s/%", nil, false),
  ])
  func paths(path: String, query: String?, isOne: Bool) {
    #expect((RecordingLink.read(path: path, query: query) != nil) == isOne)
  }

  @Test func anOddExpiryIsNone() throws {
    for text in ["", "-1", "1e9", "99999999999999999999", "0x10", "1 "] {
      let read = try #require(RecordingLink.read(path: "/recordings/s/a", query: "expires=\(text)"))
      #expect(read.link.expires == 0)
    }
  }

  // MARK: Where to

  @Test func aURLOfAnotherHostIsRefused() throws {
    let known = try recordings(#", "hosts": ["CDN.example.com"]"#)
    _ = try known.link(to: "https://cdn.example.com/a", from: received)
    _ = try known.link(to: "https://rest.telecmi.com/a", from: received)
    let refused = [
      "https://evil.example/a", "http://cdn.example.com/a", "https://cdn.example.com:8443/a",
      "http://rest.telecmi.com/a",
      "https://rest.telecmi.com.evil.example/a", "https://rest.telecmi.com/hush-hush/a",
    ]
    for url in refused {
      #expect(throws: SourceRecordings.Refusal.self, "\(url)") { try known.link(to: url, from: received) }
    }
    #expect(
      throws: SourceRecordings.Refusal(
        "the recording's URL is of another host than the API's (evil.example); write it into the hosts of "
          + "sources.s.recordings if recordings lie there, for https on its usual port")
    ) { try known.link(to: refused[0], from: received) }
  }

  // MARK: Settings

  @Test(arguments: [
    (
      #""public_url": "https://a.example""#,
      "link_secret: missing; expected a secret that links are signed with, such as \"${LINK_SECRET}\""
    ),
    (
      #""link_secret": "short", "public_url": "https://a.example""#,
      "link_secret: expected at least 16 characters, or it can be guessed; make one with: openssl rand -hex 32"
    ),
    (
      #""link_secret": "0123456789abcdef", "public_url": "relay.example.com""#,
      #"public_url: expected an http or https address without ? and #, such as https://relay.example.com, found "relay.example.com""#
    ),
    (
      settings + #", "hosts": ["https://a.example"]"#,
      #"hosts[0]: expected a host such as recordings.example.com, without scheme, port and path, found "https://a.example""#
    ),
    (settings + #", "expires_after_hours": 0"#, "expires_after_hours: expected a number from 0.1 to 87600, found 0"),
    (settings + #", "max_in_flight": 65"#, "max_in_flight: expected an integer from 1 to 64, found 65"),
  ])
  func whatIsWrongIsSaid(text: String, sentence: String) {
    #expect(problems(source(text)) == ["rules.json: sources.s.recordings.\(sentence)"])
  }

  @Test func defaults() throws {
    let settings = try recordings().settings
    #expect(settings.expiresAfter == 168 * 3_600_000)
    #expect(settings.maxInFlight == 8)
    #expect(settings.hosts == [])
    #expect(settings.publicURL == "https://relay.example.com/x")
    #expect(SourceRecordings(try parseRules(source(settingsText + #", "enabled": false"#)).sources[0]) == nil)
  }

  private let settingsText = settings

  @Test func withoutItsSecretWebhooksComeInAndNoLinkIsMade() throws {
    let text = source(#""link_secret": "${GONE}", "public_url": "https://a.example""#)
    #expect(
      problems(text) == [
        "rules.json: sources.s.recordings.link_secret: secret GONE is not in the environment; relay.secrets_file is not set"
      ])
    let file = try parseRules(text, makeResolver(mode: .lenient))
    #expect(file.missingSecrets.map(\.path) == ["sources.s.recordings.link_secret"])
    #expect(file.sources[0].missingSecrets.isEmpty)
    let known = try #require(SourceRecordings(file.sources[0]))
    #expect(throws: SourceRecordings.Refusal("the link secret of source s was not looked up")) {
      try known.link(to: "a.mp3", from: received)
    }
  }
}

@Suite("The filter recording_link")
struct RecordingLinkFilterTests {
  private func render(_ body: String, source name: String = "s", recording: String?) throws -> JSON? {
    let text = #"""
      {"sources": {"s": {"provider": "telecmi", "auth": "none", "api": {"secret": "x", "app_id": 7}, "recordings": {\#(settings)}},
                   "t": {"provider": "telecmi", "auth": "none"}},
       "destinations": {"crm": {"url": "https://crm.example.com/", "body": \#(body)}},
       "rules": [{"name": "all", "send_to": ["crm"]}]}
      """#
    let file = try parseRules(text)
    let record = try makeRecord(source: name) { $0.recording = recording }
    let raw = RawRecord(body: Array("{}".utf8), contentType: nil, headers: HTTPHeaders(), query: FormFields())
    let input = RenderInput(
      record: raw, reading: record, recordID: Identifier(1), receivedAt: received, revision: 0,
      deliveryID: Identifier(2), attempt: 1, rule: "all")
    return try JSONParser.parse(try file.destinations[0].render(input).body)
  }

  @Test func itIsALinkOrMissing() throws {
    let body = #"{"url": "{{call.recording | recording_link}}"}"#
    let link = try #require(try render(body, recording: "a.mp3")?.object?["url"]?.string)
    #expect(link == (try recordings().link(to: "a.mp3", from: received)))
    #expect(try render(body, recording: nil)?.object?["url"] == .null)
    #expect(try render(body, source: "t", recording: nil)?.object?["url"] == .null)
    #expect(
      try render(#"{"u": "{{call.recording | recording_link | default: none}}"}"#, recording: nil)?.object?["u"]
        == .string("none"))
  }

  @Test func aSourceWithoutRecordingsIsAnErrorThatSaysSo() throws {
    let body = #"{"url": "{{call.recording | recording_link}}"}"#
    #expect(
      throws: TemplateError(
        path: "destinations.crm.body.url",
        message: "call.recording | recording_link: source t has no recordings; write \"recordings\" into it")
    ) { try render(body, source: "t", recording: "a.mp3") }
    #expect(
      throws: TemplateError(
        path: "destinations.crm.body.url",
        message:
          "call.recording | recording_link: the recording's name is neither a file name nor a URL that may be given away"
      )
    ) { try render(body, recording: "../a") }
  }

  @Test(arguments: [
    ("", ["t"]), (#", "when": {"call": {"role": "call"}}"#, ["t"]), (#", "when": {"source": "s"}"#, []),
    (#", "when": {"source": {"$in": ["s", "t"]}}"#, ["t"]), (#", "when": {"body": {"custom": {"crm": "true"}}}"#, []),
    (#", "enabled": false"#, []),
  ])
  func aRuleThatSendsItRecordsOfASourceWithoutRecordingsIsNamed(when: String, sources: [String]) throws {
    let text = """
      {"sources": {"s": {"provider": "telecmi", "auth": "none", "api": {"secret": "x", "app_id": 7},
          "recordings": {\(settings)}}, "t": {"provider": "telecmi", "auth": "none"}},
       "destinations": {"crm": {"url": "https://a.example/", "body": {"u": "{{call.recording | recording_link}}"}},
          "plain": {"url": "https://b.example/"}},
       "rules": [{"name": "all", "send_to": ["crm"]\(when)}, {"name": "rest", "send_to": ["plain"]}]}
      """
    let warnings = try parseRules(text).warnings.map(\.description).filter { $0.contains("recording_link") }
    #expect(
      warnings
        == sources.map {
          "rules.json: destinations.crm: recording_link: rule all sends it records of \($0) too, without \"recordings\": "
            + "a recording of theirs has no link, and its delivery is dead; write it there, or name the sources in the rule"
        })
  }

  @Test func aFileWithoutAnyRecordingsIsRefused() {
    let text = ruleFile(
      destination: #"{"url": "https://a.example/", "body": {"u": "{{call.recording | recording_link}}"}}"#)
    #expect(
      problems(text) == [
        #"rules.json: destinations.crm.body.u: filter recording_link: no source has recordings; write "recordings" into one, beside its "api""#
      ])
  }
}
