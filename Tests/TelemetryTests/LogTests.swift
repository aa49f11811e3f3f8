import Synchronization
import Telemetry
import Testing

@Suite struct LogTests {
  private final class Lines: Sendable {
    let text = Mutex("")

    func log(_ level: Log.Level = .info, _ format: Log.Format = .logfmt) -> Log {
      Log(level: level, format: format, timestamp: { "2026-11-22T09:00:00.000Z" }) { [self] line in
        text.withLock { $0 += line }
      }
    }
  }

  private let fields = [
    LogField("delivery", "42"), LogField("attempt", 3), LogField("reason", "status 503"), LogField("note", ""),
  ]

  @Test func aTerminalReadsALineOfNamesAndValues() {
    let lines = Lines()
    lines.log().warning("delivery.attempted", fields)
    #expect(
      lines.text.withLock { $0 }
        == "2026-11-22T09:00:00.000Z warning delivery.attempted delivery=42 attempt=3 reason=\"status 503\" note=\"\"\n"
    )
  }

  @Test func aCollectorReadsOneJSONObjectALine() {
    let lines = Lines()
    lines.log(.info, .json).info("delivery.attempted", fields)
    #expect(
      lines.text.withLock { $0 }
        == #"{"at":"2026-11-22T09:00:00.000Z","level":"info","event":"delivery.attempted","delivery":"42","#
        + #""attempt":3,"reason":"status 503","note":""}"# + "\n")
  }

  @Test(arguments: [
    ("a=b", #""a=b""#), ("say \"no\"", #""say \"no\"""#), ("two\nlines", #""two\nlines""#),
    ("\u{1B}[2J", #""\u001b[2J""#), ("a\u{7F}", #""a\u007f""#), ("é", "é"),
  ])
  func noValueBreaksALine(value: String, written: String) {
    let lines = Lines()
    lines.log().info("x", [LogField("v", value)])
    #expect(lines.text.withLock { $0 } == "2026-11-22T09:00:00.000Z info x v=\(written)\n")
  }

  @Test func whatIsBelowTheLevelIsNotEvenMade() {
    let lines = Lines()
    let log = lines.log(.warning)
    func made() -> [LogField] {
      Issue.record("the fields were evaluated")
      return []
    }
    log.debug("x", made())
    log.info("x", made())
    #expect(lines.text.withLock { $0 }.isEmpty)
    log.error("y")
    #expect(lines.text.withLock { $0 } == "2026-11-22T09:00:00.000Z error y\n")
  }
}
