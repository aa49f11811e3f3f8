import RelayCore
import TestSupport
import Testing

@testable import DurableQueue

@Suite struct PersonTests {
  private func isFound(_ number: String, in text: String) throws -> Bool {
    Person.number(try #require(NumberSearch(number))).isIn(text)
  }

  @Test(arguments: [
    "+33639980042", "0033639980042", "33639980042", "0639980042", "+33 6 39 98 00 42", "06.39.98.00.42",
    "06-39-98-00-42", "+33 (0)6 39 98 00 42", "0033 (0) 639 980 042", "(+33) 639980042", "639980042",
    "+33\u{A0}6\u{202F}39\u{A0}98\u{A0}00\u{A0}42", #"06\/39\/98\/00\/42"#,
    #"{"to":33639980042,"n":1}"#, #"{"to":"0639980042"}"#, "[1759309200,639980042]", "2025-10-01 0639980042",
    "call 20251001-33639980042-33140000000.wav", "sip:+33639980042@pbx", "to=%2B33639980042&x=1",
    "to=06%2039%2098%2000%2042", #"{"to":"\u002b33\u00206 39 98 00 42"}"#, "x33639980042y", "39980042",
  ])
  func everySpellingIsFound(text: String) throws {
    for given in ["+33639980042", "0033 6 39 98 00 42"] { #expect(try isFound(given, in: text)) }
  }

  @Test(arguments: [
    "", "9980042", "33639980043", "336399800421", "49639980042", "133640980042", #"{"time":1759309200042}"#,
    "0139980042", "20251001-980042", "cfd0d2c1-639980-0042-1",
  ])
  func otherNumbersAreNot(text: String) throws {
    #expect(try !isFound("+33639980042", in: text))
  }

  @Test func whatIsNoPhoneNumberIsNotTaken() {
    for text in ["", "202", "1234567", "0001234567", "alice", "+33 6 39 98 00 4x"] {
      #expect(NumberSearch(text) == nil)
    }
  }

  /// Wherever a number stands in a text that holds no other digits.
  @Test func aNumberIsFoundAnywhere() throws {
    var random = SeededRandom(seed: UInt64.random(in: 0 ... .max))
    for _ in 0..<2000 {
      let digits = "33" + (0..<9).map { _ in String(Int.random(in: 1...9, using: &random)) }.joined()
      let spelled = digits.map { String($0) }.joined(separator: ["", " ", ".", "-"].randomElement(using: &random)!)
      func noise() -> String {
        String(
          (0..<Int.random(in: 0..<20, using: &random)).map { _ in "abc {}\",:\\%é".randomElement(using: &random)! })
      }
      let text = noise() + ["+", "00", "", "x"].randomElement(using: &random)! + spelled + "," + noise()
      #expect(try isFound(digits, in: text), "\(text), seed \(random.seed)")
      let other = String(digits.dropLast()) + (digits.last == "9" ? "8" : "9")
      #expect(try !isFound(other, in: text), "\(text), seed \(random.seed)")
    }
  }

  @Test func anAgentIsAWordOfItsOwn() throws {
    let agent = Person.agent(try #require(AgentSearch("Alice")))
    for text in [
      "alice", #"{"agent":"ALICE"}"#, #""user":"alice_2222223""#, "x=alice&y", #""\u0061lice""#, "to Alice.", "-alice-",
    ] {
      #expect(agent.isIn(text), "\(text)")
    }
    for text in ["", "malice", "alices", "alice@example.com", "alice.martin", "alice_x", "ali ce"] {
      #expect(!agent.isIn(text), "\(text)")
    }
  }

  /// Such a name would be found in every body, which would all be erased.
  @Test func anAgentHasALetterOrDigit() {
    for text in ["", " ", "\"", ",", "_", "-", "@.", "\u{A0}", "“", "🙂"] {
      #expect(AgentSearch(text) == nil, "\(text)")
    }
    for text in ["a", "7", "é", "李", "Ann-Lee"] { #expect(AgentSearch(text) != nil, "\(text)") }
  }

  @Test func aNumberedAgentIsFoundAsTheProviderWritesIt() throws {
    let agent = Person.agent(try #require(AgentSearch("202")))
    #expect(agent.isIn(#"{"user":"202_2222223"}"#))
    #expect(!agent.isIn(#"{"status":202,"user":"1202_2222223","x":"202_a","code":"202"}"#))
  }
}
