import RelayCore
import Testing

@testable import Rules

@Suite struct AlertSettingsTests {
  @Test func withoutASectionOnlyTheLogTells() throws {
    let settings = try parseRules("{}").alerts
    #expect(settings == AlertSettings())
    #expect(settings.channel == nil)
    #expect(!settings.conditions.contains(.unrouted))
    #expect(!settings.holders.contains(.person))
    #expect(
      (settings.pause, settings.longestWait, settings.lateAfter, settings.timeout) == (60_000, 900_000, 60_000, 10_000))
  }

  @Test func aProgramHasItsArgumentsAndItsVariables() throws {
    let settings = try parseRules(
      #"{"alerts": {"run": ["/bin/page", "it"], "environment": {"PAGE_TOKEN": "${T}"}, "late_after_seconds": 5}}"#,
      makeResolver(["T": "s3cret"])
    ).alerts
    guard case .run(let command, let environment) = settings.channel else {
      Issue.record("no program")
      return
    }
    #expect(command == ["/bin/page", "it"])
    #expect(environment.map(\.name) == ["PAGE_TOKEN"])
    #expect(environment.map(\.value.revealed) == ["s3cret"])
    #expect(!"\(settings)".contains("s3cret"))
    #expect(settings.lateAfter == 5000)
  }

  @Test func aPostHasItsHeaders() throws {
    let settings = try parseRules(
      #"{"alerts": {"url": "https://chat.example.com/${T}", "headers": {"X-Key": "${T}"}, "conditions": ["dead_letters"], "holds": ["person"]}}"#,
      makeResolver(["T": "s3cret"])
    ).alerts
    guard case .post(let post) = settings.channel else {
      Issue.record("no post")
      return
    }
    #expect(post.url.revealed == "https://chat.example.com/s3cret")
    #expect(post.headers.map(\.name) == ["x-key"])
    #expect(!"\(settings)".contains("s3cret"))
    #expect(settings.conditions == [.deadLetters])
    #expect(settings.holders == [.person])
  }

  @Test func aSectionThatIsSwitchedOffNeedsNoSecrets() throws {
    #expect(
      try parseRules(#"{"alerts": {"enabled": false, "url": "https://x.example/${NONE}"}}"#).alerts == AlertSettings())
  }

  @Test(arguments: [
    (#"{"run": ["/a"], "url": "https://x.example"}"#, "holds run and url; one of them tells, remove the other"),
    (#"{"run": "/a"}"#, #".run: expected a list such as ["/usr/local/bin/page", "cdrelay"], found "/a""#),
    (#"{"run": ["page"]}"#, ".run: expected the whole path of a program first, as in /usr/local/bin/page"),
    (
      #"{"run": ["/a", "${T}"]}"#,
      ".run[1]: holds a secret, and everybody on the machine sees arguments; put it in environment"
    ),
    (#"{"run": ["/a"], "headers": {}}"#, ".headers: goes with url only"),
    (#"{"url": "https://x.example", "environment": {}}"#, ".environment: goes with run only"),
    (#"{"run": ["/a"], "environment": {"A-B": "x"}}"#, #".environment.A-B: expected a name of letters, digits and _"#),
    (
      #"{"url": "http://127.0.0.1/"}"#,
      #".url: 127.0.0.1 is a loopback, private or link-local address; write "allow_private": true beside it if that is meant"#
    ),
    (#"{"url": "https://x.example/{{call.id}}"}"#, ".url: holds a placeholder; an alert is of no record"),
    (
      #"{"url": "https://x.example", "headers": {"host": "x"}}"#, ".headers.host: is set by the relay itself; remove it"
    ),
    (
      #"{"url": "https://x.example", "headers": {"x": "a\nb"}}"#,
      ".headers.x: holds a line break or another control character"
    ),
    (#"{"conditions": ["dead"]}"#, ".conditions[0]: expected refusing_records"),
    (#"{"least_seconds_between": -1}"#, ".least_seconds_between: expected a number from 0 to 86400, found -1"),
    (#"{"zzz": 1}"#, ".zzz: unknown key"),
  ])
  func problemsAreSaid(json: String, sentence: String) {
    let found = problems(#"{"alerts": \#(json)}"#, makeResolver(["T": "s3cret"]))
    let wanted = "rules.json: alerts" + (sentence.hasPrefix(".") ? sentence : ": " + sentence)
    #expect(found.first?.hasPrefix(wanted) == true, "\(found)")
  }
}
