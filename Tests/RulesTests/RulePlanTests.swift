import RelayCore
import TestSupport
import Testing

@testable import Rules

/// Looking first at what many rules ask never changes where a record goes.
@Suite struct RulePlanTests {
  @Test func routesAreThoseOfAskingEveryRule() throws {
    var random = SeededRandom(seed: .random(in: 0...UInt64.max))
    var matched = 0
    for round in 0..<60 {
      let count = Int.random(in: 1...150, using: &random)
      let file = try parseRules(Self.file(count, &random))
      #expect((file.plan == nil) == (file.rules.count(where: \.isEnabled) < 6))
      for _ in 0..<20 {
        let record = try Self.record(&random)
        let names = file.matchedRules(record)
        #expect(file.route(record).map(\.rule) == names, "seed \(random.seed), round \(round)")
        matched += names.count
      }
    }
    #expect(matched > 1000, "seed \(random.seed): \(matched) rules matched, which tests little")
  }

  @Test func fewRulesAreAskedOneByOne() throws {
    #expect(try parseRules(ruleFile(when: #"{"call": {"team": "a"}}"#)).plan == nil)
  }

  private static let texts = ["a", "b", "é", "e\u{301}", "", "A", "É", "ab", "1", "+33612345678"]

  private static func text(_ random: inout SeededRandom) -> JSON {
    .string(texts.randomElement(using: &random) ?? "")
  }

  /// What rules ask most, and now and then something else.
  private static func file(_ count: Int, _ random: inout SeededRandom) -> String {
    let rules = (0..<count).map { number -> JSON in
      var call: JSONObject = [:]
      if Int.random(in: 0..<4, using: &random) > 0 { call["team"] = asked(&random) }
      if Bool.random(using: &random) { call["role"] = .string("call") }
      var when: JSONObject = call.isEmpty ? [:] : ["call": .object(call)]
      if Bool.random(using: &random) { when["body"] = .object(["x": .object(["y": asked(&random)])]) }
      if Int.random(in: 0..<5, using: &random) == 0 { when["headers"] = .object(["x-t": asked(&random)]) }
      if Int.random(in: 0..<8, using: &random) == 0 { when = ["$not": .object(when)] }
      return .object([
        "name": .string("r\(number)"), "when": .object(when), "send_to": .array([.string("d\(number)")]),
        "enabled": .bool(Int.random(in: 0..<9, using: &random) > 0),
        "stop": .bool(Int.random(in: 0..<30, using: &random) == 0),
      ])
    }
    let destinations = (0..<count).map {
      JSONObject.Member(key: "d\($0)", value: .object(["url": .string("https://x.example")]))
    }
    return JSON.object(["destinations": .object(JSONObject(destinations)), "rules": .array(rules)]).text
  }

  private static func asked(_ random: inout SeededRandom) -> JSON {
    switch Int.random(in: 0..<16, using: &random) {
    case 6: .object([["$startsWith", "$endsWith", "$ieq"].randomElement(using: &random) ?? "": text(&random)])
    case 7: .object(["$nin": .array([text(&random), text(&random)]), "$neq": .integer(1)])
    case 8: .object([["$gt", "$gte", "$lt", "$lte"].randomElement(using: &random) ?? "": .integer(1)])
    case 9: .object(["$number": .object(["$gte": .integer(1)])])
    case 10: .object(["$regex": .string(["^a", "^é?$", "b", "^\\+33"].randomElement(using: &random) ?? "")])
    case 11: .object(["$phone": .object(["prefix": .string("+336"), "country": .string("FR")])])
    case 12: .integer(1)
    case 0: .object(["$in": .array([text(&random), text(&random)])])
    case 1: .object(["$eq": text(&random), "$neq": text(&random)])
    case 2: .object(["$not": text(&random)])
    case 3: .object(["$in": text(&random)])
    default: text(&random)
    }
  }

  private static func record(_ random: inout SeededRandom) throws -> Record {
    let values: [JSON] = [
      text(&random), text(&random), .integer(1), .integer(2), .number(.decimal("1.0")), .null,
      .array([text(&random), text(&random)]),
      .object(["y": text(&random)]), .object(["y": .array([text(&random), .null])]),
      .array([.object(["y": text(&random)]), .integer(1)]),
    ]
    var body: JSONObject = [:]
    if Int.random(in: 0..<5, using: &random) > 0 { body["x"] = values.randomElement(using: &random) }
    let headers = (0..<Int.random(in: 0...2, using: &random)).map { _ in ("x-t", text(&random).string ?? "") }
    let team = Bool.random(using: &random) ? text(&random).string : nil
    let role: Call.Role? = Bool.random(using: &random) ? .call : .leg
    return try makeRecord(body: JSON.object(body).text, headers: headers) {
      $0.team = team
      $0.role = role
    }
  }
}
