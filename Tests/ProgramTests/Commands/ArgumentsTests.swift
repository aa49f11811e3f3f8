import RelayCore
import Testing

@testable import cdrelay

@Suite struct ArgumentsTests {
  private static let command = Command(
    "things list", "Lists things",
    positionals: [Positional("ID", .one, "an id"), Positional("MORE", .atMostOne, "another")],
    options: [
      Option("--state", "STATE", "help", repeats: true), Option("--limit", "COUNT", "help"),
      Option("--json", nil, "help"),
    ]
  ) { _ in .done }

  private func read(_ words: String...) throws -> Arguments {
    try Arguments(words, for: Self.command)
  }

  private func refusal(_ words: String...) -> String? {
    do {
      _ = try Arguments(words, for: Self.command)
      return nil
    } catch {
      return error.description
    }
  }

  @Test func valuesComeBehindASpaceOrAnEqualsSign() throws {
    let arguments = try read("--limit", "5", "7", "--state=dead", "--json", "--state", "waiting,sending")
    #expect(arguments["--limit"] == "5")
    #expect(try arguments.count("--limit") == 5)
    #expect(arguments.list("--state") == ["dead", "waiting", "sending"])
    #expect(arguments.has("--json"))
    #expect(arguments.positionals == ["7"])
  }

  @Test func doubleDashEndsTheOptionsAndDashIsAPositional() throws {
    #expect(try read("-", "--", "--json").positionals == ["-", "--json"])
  }

  @Test func helpNeedsNothingElse() throws {
    #expect(try read("--help").wantsHelp)
    #expect(try read("-h").wantsHelp)
  }

  @Test func whatIsWrongIsSaid() {
    #expect(refusal("7", "--stat", "dead") == "unknown option --stat: did you mean --state?")
    #expect(refusal("7", "--sate", "dead") == "unknown option --sate: did you mean --state?")
    #expect(refusal("7", "--colour") == "unknown option --colour")
    #expect(refusal("7", "--limit") == "--limit needs a value: --limit COUNT")
    #expect(refusal("7", "--limit=") == "--limit needs a value: --limit COUNT")
    #expect(refusal("7", "--limit", "--json") == "--limit needs a value: --limit COUNT")
    #expect(refusal("7", "--limit", "1", "--limit", "2") == "--limit may be given only once")
    #expect(refusal("7", "--json=yes") == "--json takes no value")
    #expect(refusal() == "missing ID")
    #expect(refusal("7", "8", "9") == "unexpected argument 9")
  }

  @Test(arguments: ["0", "+5", "-1", "1.5", "x", "99999999999999999999"])
  func aCountIsAWholeNumberFromOne(_ text: String) throws {
    let arguments = try read("7", "--limit=\(text)")
    let error = #expect(throws: UsageError.self) { try arguments.count("--limit") }
    #expect(error?.description == "--limit: expected a whole number from 1, found \(text)")
  }

  @Test func idsAreDigits() throws {
    #expect(try read("7", "7").ids() == [Identifier(7)])
    let error = #expect(throws: UsageError.self) { try read("x7").ids() }
    #expect(error?.description == "expected an id in digits, found x7")
  }
}
