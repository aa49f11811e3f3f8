import Foundation
import RelayCore
import Rules
import TestSupport
import Testing

@testable import cdrelay

/// A real program, and a real server.
@Suite struct AlertChannelTests {
  private let event = Array(#"{"event":"begins"}"#.utf8)

  private func program(_ script: String, environment: [String] = [], timeout: Int64 = 30_000) -> AlertProgram {
    AlertProgram(command: ["/bin/sh", "-c", script], environment: environment, timeout: timeout)
  }

  @Test func aProgramReadsTheEventAndHasNothingElse() throws {
    let folder = try TemporaryFolder()
    let file = folder.file("seen")
    // What a descriptor of the relay's would be.
    let descriptor = open("/dev/null", O_RDONLY)
    defer { close(descriptor) }
    setenv("CDRELAY_TEST_SECRET", "s3cret", 1)
    let environment = AlertProgram.environment(
      from: ["PATH": "/usr/bin:/bin", "CDRELAY_TEST_SECRET": "s3cret", "LANG": "C"], adding: [])
    let words = program("cat > \(file); env >> \(file); ls /proc/self/fd >> \(file)", environment: environment)
    #expect(words.tell(event, isWanted: { true }) == nil)
    let seen = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").map(String.init)
    #expect(
      seen.first?.hasPrefix(#"{"event":"begins"}PATH="#) == true || seen.first == #"{"event":"begins"}"#
        || seen.first?.hasPrefix(#"{"event":"begins"}"#) == true)
    #expect(!seen.contains { $0.contains("s3cret") })
    // Standard input, output and error, and the folder that ls reads.
    #expect(seen.filter { Int($0) != nil }.count <= 4, "\(seen)")
  }

  @Test func whatTheRuleFileGivesIsInTheEnvironment() throws {
    let rules = try RuleFile.parse(
      Array(
        #"{"alerts": {"run": ["/bin/sh", "-c", "test \"$TOKEN\" = s3cret"], "environment": {"TOKEN": "${T}"}}}"#.utf8),
      path: "rules.json", secrets: SecretsResolver(environment: ["T": "s3cret"]))
    let channel = try #require(rules.alerts.channel(["PATH": "/usr/bin:/bin", "T": "s3cret"]))
    #expect(channel.tell(event, isWanted: { true }) == nil)
  }

  @Test func aProgramThatFailsSaysHow() {
    #expect(program("exit 3").tell(event, isWanted: { true }) == "it ended with exit code 3")
    #expect(program("kill -9 $$").tell(event, isWanted: { true }) == "it was killed by signal 9")
    let missing = AlertProgram(command: ["/nowhere/page"], environment: [], timeout: 1000)
    #expect(missing.tell(event, isWanted: { true }) == "/nowhere/page: no such file or directory")
    // It does not read: nobody waits for it.
    #expect(program("exec <&-; exit 0").tell(Array(repeating: 65, count: 60_000), isWanted: { true }) == nil)
  }

  @Test func aProgramThatHangsIsKilledWithAllThatItStarted() throws {
    let folder = try TemporaryFolder()
    let file = folder.file("child")
    let hanging = program("sleep 1000 & echo $! > \(file); wait", timeout: 1000)
    #expect(hanging.tell(event, isWanted: { true }) == "it ran for longer than 1 s and was killed")
    let child = try #require(Int32(String(contentsOfFile: file, encoding: .utf8).trimmingCharacters(in: .newlines)))
    // Gone, or a zombie that nobody has asked for yet: soon, since the signal was sent.
    let stat = { (try? String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8)) ?? "" }
    let isOver = { stat().isEmpty || stat().contains(") Z ") }
    let deadline = ContinuousClock.now + .seconds(60)
    while !isOver(), ContinuousClock.now < deadline { usleep(10_000) }
    #expect(isOver(), "\(stat())")
    #expect(program("sleep 1000").tell(event, isWanted: { false }) == "the relay stopped")
  }

  private func posting(_ port: Int, _ more: String = #""allow_private": true"#) throws -> any AlertChannel {
    let text =
      #"{"alerts": {"url": "http://127.0.0.1:\#(port)/hook", "headers": {"X-Key": "k"}, "timeout_seconds": 5, \#(more)}}"#
    let rules = try RuleFile.parse(
      Array(text.utf8), path: "rules.json", secrets: SecretsResolver(environment: [:]))
    return try #require(rules.alerts.channel([:]))
  }

  @Test func anEventIsPostedAsJSON() throws {
    let server = try ScriptedDestination { $0.number == 2 ? .status(500) : .status(204) }
    let channel = try posting(server.port)
    #expect(channel.tell(event, isWanted: { true }) == nil)
    #expect(channel.tell(event, isWanted: { true }) == "status 500")
    let request = try #require(server.requests.first)
    #expect(request.text == #"{"event":"begins"}"#)
    #expect((request.method, request.target) == ("POST", "/hook"))
    #expect(request["content-type"] == "application/json")
    #expect(request["x-key"] == "k")
    #expect(request["user-agent"] == Program.userAgent)
  }

  @Test func theGuardHoldsForAlertsToo() throws {
    let server = try ScriptedDestination { _ in .status(200) }
    let post = AlertSettings.Post(
      url: Secret("http://127.0.0.1:\(server.port)/"), headers: [], allowsPrivate: false, proxy: nil)
    let reason = AlertPosting(post: post, timeout: 5000).tell(event, isWanted: { true })
    #expect(reason?.hasPrefix("127.0.0.1 is a loopback") == true)
    #expect(server.requests.isEmpty)
  }

  @Test func nobodyThereIsAReason() throws {
    let server = try ScriptedDestination { _ in .close }
    #expect(try posting(server.port).tell(event, isWanted: { true }) == "the connection was closed without an answer")
    let silent = try ScriptedDestination { _ in .silence }
    #expect(try posting(silent.port).tell(event, isWanted: { silent.requests.isEmpty }) == "the relay stopped")
  }
}
