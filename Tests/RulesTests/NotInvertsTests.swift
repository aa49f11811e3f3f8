import RelayCore
import TestSupport
import Testing

@testable import Rules

/// On random filters and bodies: `$not` inverts, explanations agree with matching, and equal values match themselves.
@Suite struct NotInvertsTests {
  @Test func notInvertsEveryFilterOnEveryRecord() throws {
    var random = SeededRandom(seed: .random(in: 0...UInt64.max))
    var matched = 0
    for round in 0..<400 {
      let filter = Self.filter(&random, depth: 3).text
      let body = Self.value(&random, depth: 3)
      let record = try makeRecord(body: body.text)
      let words: Comment = "seed \(random.seed), round \(round): \(filter) on \(body.text)"
      let plain = try parseRules(ruleFile(when: #"{"body": \#(filter)}"#))
      let inverted = try parseRules(ruleFile(when: #"{"body": {"$not": \#(filter)}}"#))
      let twice = try parseRules(ruleFile(when: #"{"$not": {"$not": {"body": \#(filter)}}}"#))
      let isMatch = plain.rules[0].matches(record)
      #expect(inverted.rules[0].matches(record) == !isMatch, words)
      #expect(twice.rules[0].matches(record) == isMatch, words)
      #expect((plain.explain(record)[0].outcome == .matched) == isMatch, words)
      #expect(plain.explain(record)[0].clauses.allSatisfy(\.holds) == isMatch, words)
      let equal = try parseRules(ruleFile(when: #"{"body": {"$eq": \#(body.text)}}"#))
      #expect(equal.rules[0].matches(record), words)
      matched += isMatch ? 1 : 0
    }
    #expect((4...396).contains(matched), "seed \(random.seed): \(matched) of 400 matched, which tests little")
  }

  private static let keys = ["a", "b", "c"]
  private static let scalars: [JSON] = [
    .null, .bool(true), .bool(false), .integer(0), .integer(1), .integer(.max), .number(.decimal("1.0")),
    .number(.decimal("0.5")), .string(""), .string("a"), .string("ab"), .string("é"), .string("1"),
    .string("0639980042"),
    .string("2025-10-03T09:00:00Z"),
  ]

  private static func value(_ random: inout SeededRandom, depth: Int) -> JSON {
    switch Int.random(in: 0..<(depth > 0 ? 6 : 3), using: &random) {
    case 3: .array((0..<Int.random(in: 0...3, using: &random)).map { _ in value(&random, depth: depth - 1) })
    case 4, 5: object(&random) { random in value(&random, depth: depth - 1) }
    default: scalars.randomElement(using: &random) ?? .null
    }
  }

  private static func object(_ random: inout SeededRandom, _ make: (inout SeededRandom) -> JSON) -> JSON {
    var object = JSONObject()
    for key in keys where Bool.random(using: &random) { object[key] = make(&random) }
    return .object(object)
  }

  private static func filter(_ random: inout SeededRandom, depth: Int) -> JSON {
    guard depth > 0 else { return scalars.randomElement(using: &random) ?? .null }
    func inner(_ random: inout SeededRandom) -> JSON { filter(&random, depth: depth - 1) }
    func list(_ random: inout SeededRandom) -> JSON {
      .array((0..<Int.random(in: 0...3, using: &random)).map { _ in inner(&random) })
    }
    let operators = FilterOperator.allCases
    switch Int.random(in: 0..<10, using: &random) {
    case 0: return scalars.randomElement(using: &random) ?? .null
    case 1: return list(&random)
    case 2, 3, 4: return object(&random, inner)
    default:
      var object = Bool.random(using: &random) ? JSONObject() : Self.object(&random, inner).object ?? JSONObject()
      for name in operators.shuffled(using: &random).prefix(Int.random(in: 1...2, using: &random)) {
        switch name {
        case .eq, .neq: object[name.rawValue] = value(&random, depth: 2)
        case .gt, .gte, .lt, .lte: object[name.rawValue] = Bool.random(using: &random) ? .integer(1) : .string("a")
        case .in, .nin: object[name.rawValue] = Bool.random(using: &random) ? .array(scalars) : .string("a")
        case .startsWith, .endsWith: object[name.rawValue] = .string("a")
        case .exist: object[name.rawValue] = .bool(Bool.random(using: &random))
        case .or, .and: object[name.rawValue] = list(&random)
        case .not: object[name.rawValue] = inner(&random)
        case .regex: object[name.rawValue] = .string("^a|\\d")
        case .ieq: object[name.rawValue] = .string("A")
        case .number: object[name.rawValue] = Bool.random(using: &random) ? .integer(1) : .object(["$gte": .integer(1)])
        case .time: object[name.rawValue] = .object(["to": .string("12:00"), "days": .string("thu-sat")])
        case .phone: object[name.rawValue] = .object(["country": .string("FR"), "default_country": .string("FR")])
        }
      }
      return .object(object)
    }
  }
}
