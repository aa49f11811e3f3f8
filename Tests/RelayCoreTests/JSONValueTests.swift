import RelayCore
import TestSupport
import Testing

@Suite struct JSONNumberTests {
  private func number(_ text: String) throws -> JSONNumber {
    try #require(try JSONParser.parse(text).number)
  }

  @Test(arguments: [
    ("1", "1.0"), ("1", "1e0"), ("100", "1e2"), ("0", "-0"), ("0", "0.000"), ("0", "0e5"), ("0.5", "5e-1"),
    ("9223372036854775808", "9.223372036854775808e18"), ("1e400", "10e399"), ("-2.50", "-2.5"), ("1200e-2", "12"),
  ])
  func equalByValue(left: String, right: String) throws {
    let (left, right) = (try number(left), try number(right))
    #expect(left == right)
    #expect(left.canonicalText == right.canonicalText)
    #expect(!(left < right) && !(right < left))
  }

  @Test(arguments: [
    ("1", "2"), ("-2", "-1"), ("-1", "0"), ("0", "0.1"), ("0.1", "0.10000000000000001"), ("9", "10"), ("-10", "-9"),
    ("9223372036854775806", "9223372036854775807"), ("9223372036854775807", "9223372036854775808"),
    ("9007199254740993", "9007199254740993.5"), ("1e399", "1e400"), ("-1e400", "1e-400"), ("-1e400", "-1e399"),
    ("1e-400", "1e-399"), ("0.9", "1"), ("12", "12.1"),
  ])
  func orderedByValue(smaller: String, greater: String) throws {
    let (smaller, greater) = (try number(smaller), try number(greater))
    #expect(smaller < greater)
    #expect(!(greater < smaller))
    #expect(smaller != greater)
    #expect(smaller.canonicalText != greater.canonicalText)
  }

  @Test(
    arguments: [
      ("1.0", Int64(1)), ("12e1", 120), ("-0", 0), ("0.000e9", 0), ("9223372036854775807.0", .max),
      ("-9223372036854775808.0", .min), ("-9.223372036854775808e18", .min), ("1e18", 1_000_000_000_000_000_000),
      ("9223372036854775808", nil), ("1e19", nil), ("0.5", nil), ("1e999999999999999999999", nil), ("1e-9", nil),
    ] as [(String, Int64?)])
  func integersHoweverTheyAreWritten(text: String, integer: Int64?) throws {
    #expect(try number(text).integer == integer)
    #expect(try JSONParser.parse(text).integer == integer)
  }

  @Test func doubles() throws {
    #expect(try number("0.5").double == 0.5)
    #expect(try number("7").double == 7)
    #expect(try number("1e999").double == .infinity)
    #expect(try number("-1e999").double == -.infinity)
  }

  /// Comparison agrees with that of integers, however they are spelled.
  @Test func spellingsDoNotChangeTheOrder() throws {
    let seed: UInt64 = 5
    var random = SeededRandom(seed: seed)
    for _ in 0..<500 {
      let (a, b) = (Int64.random(in: -1000...1000, using: &random), Int64.random(in: -1000...1000, using: &random))
      let left = try number("\(a)\(["", ".0", "e0", "00e-2"].randomElement(using: &random) ?? "")")
      let right = try number("\(b)\(["", ".00", "E+0", "0e-1"].randomElement(using: &random) ?? "")")
      #expect((left < right) == (a < b), "seed \(seed): \(left.text) and \(right.text)")
      #expect((left == right) == (a == b), "seed \(seed): \(left.text) and \(right.text)")
      #expect(left.canonicalText == String(a), "seed \(seed): \(left.text)")
    }
  }
}

@Suite struct JSONObjectTests {
  /// Keys are equal by their code points (RFC 8259 §8.3): one of them must not be taken for the other and dropped.
  @Test(arguments: [0, 40])
  func twoSpellingsOfOneCharacterAreTwoKeys(others: Int) throws {
    let more = (0..<others).map { ", \"k\($0)\": 0" }.joined()
    let object = try #require(try JSONParser.parse("{\"\u{E9}\": 1, \"e\u{301}\": 2\(more)}").object)
    #expect(object.count == 2 + others)
    #expect(object["\u{E9}"] == .integer(1))
    #expect(object["e\u{301}"] == .integer(2))
  }

  @Test func membersKeepTheirOrder() {
    var object: JSONObject = ["b": .integer(1), "a": .integer(2)]
    object["c"] = .integer(3)
    object["b"] = .integer(4)
    #expect(object.members.map(\.key) == ["b", "a", "c"])
    object["a"] = nil
    #expect(object.members.map(\.key) == ["b", "c"])
    object["a"] = .null
    #expect(object.members.map(\.key) == ["b", "c", "a"])
    #expect(object["nothing"] == nil)
    #expect(object["a"] == .null)
  }

  @Test func orderDoesNotCountForEquality() {
    let left: JSONObject = ["a": .integer(1), "b": .integer(2)]
    #expect(left == ["b": .integer(2), "a": .integer(1)])
    #expect(left != ["a": .integer(1)])
    #expect(left != ["a": .integer(1), "c": .integer(2)])
  }

  /// Against a plain model, on both sides of the size where a table takes over.
  @Test func behavesAsADictionaryWithOrder() {
    let seed: UInt64 = 11
    var random = SeededRandom(seed: seed)
    var object = JSONObject()
    var model: [(key: String, value: Int64)] = []
    for step in 0..<2000 {
      let key = "key \(Int.random(in: 0..<48, using: &random))"
      if Int.random(in: 0..<3, using: &random) == 0 {
        object[key] = nil
        model.removeAll { $0.key == key }
      } else {
        object[key] = .integer(Int64(step))
        if let index = model.firstIndex(where: { $0.key == key }) {
          model[index].value = Int64(step)
        } else {
          model.append((key, Int64(step)))
        }
      }
      #expect(object.count == model.count, "seed \(seed), step \(step)")
      #expect(object[key] == model.first { $0.key == key }.map { .integer($0.value) }, "seed \(seed), step \(step)")
    }
    #expect(object.members.map(\.key) == model.map(\.key), "seed \(seed)")
  }
}
