import RelayCore
import Testing

@testable import Rules

@Suite struct FilterTests {
  /// A filter on the body, a body, and whether the one matches the other.
  struct Case: CustomTestStringConvertible, Sendable {
    let filter: String
    let body: String
    let expected: Bool
    init(_ filter: String, _ body: String, _ expected: Bool) {
      self.filter = filter
      self.body = body
      self.expected = expected
    }
    var testDescription: String { "\(filter) on \(body)" }
  }

  private func check(_ cases: [Case]) throws {
    for item in cases {
      let file = try parseRules(ruleFile(when: #"{"body": \#(item.filter)}"#))
      let record = try makeRecord(body: item.body)
      #expect(file.rules[0].matches(record) == item.expected, "\(item.testDescription)")
      let explanation = file.explain(record)[0]
      #expect((explanation.outcome == .matched) == item.expected, "explanation of \(item.testDescription)")
    }
  }

  @Test func scalarsMatchByEquality() throws {
    try check([
      Case(#"{"a": 1}"#, #"{"a": 1}"#, true), Case(#"{"a": 1}"#, #"{"a": 2}"#, false),
      Case(#"{"a": 1}"#, #"{"a": 1.0}"#, true), Case(#"{"a": 1}"#, #"{"a": 10e-1}"#, true),
      Case(#"{"a": 1}"#, #"{"a": "1"}"#, false), Case(#"{"a": "1"}"#, #"{"a": 1}"#, false),
      Case(#"{"a": true}"#, #"{"a": true}"#, true), Case(#"{"a": true}"#, #"{"a": "true"}"#, false),
      Case(#"{"a": true}"#, #"{"a": 1}"#, false), Case(#"{"a": null}"#, #"{"a": null}"#, true),
      Case(#"{"a": null}"#, #"{}"#, false), Case(#"{"a": null}"#, #"{"a": 0}"#, false),
      Case(#"{"a": ""}"#, #"{"a": ""}"#, true), Case(#"{"a": "x"}"#, #"{"a": "X"}"#, false),
      Case(#"{"a": "x"}"#, #"{"b": "x"}"#, false), Case(#"{"a": "x"}"#, #"[]"#, false),
      Case(#"{"a": "x"}"#, #""x""#, false), Case(#"{"größe": "naïve 😀"}"#, #"{"größe": "naïve 😀"}"#, true),
      Case(#"{"a": 9223372036854775807}"#, #"{"a": 9223372036854775807}"#, true),
      Case(#"{"a": 9223372036854775807}"#, #"{"a": 9223372036854775806}"#, false),
      Case(#"{"a": 9007199254740993}"#, #"{"a": 9007199254740992}"#, false),
      Case(#"{"a": 18446744073709551616}"#, #"{"a": 18446744073709551616}"#, true),
      Case(#"{"a": 18446744073709551616}"#, #"{"a": 18446744073709551617}"#, false),
    ])
  }

  @Test func objectsMatchByKey() throws {
    try check([
      Case(#"{"a": {"b": 1}}"#, #"{"a": {"b": 1, "c": 2}}"#, true),
      Case(#"{"a": {"b": 1, "c": 3}}"#, #"{"a": {"b": 1, "c": 2}}"#, false),
      Case(#"{"a": {"b": 1}}"#, #"{"a": 1}"#, false), Case(#"{"a": {"b": 1}}"#, #"{}"#, false),
      Case(#"{"a": {}}"#, #"{"a": {}}"#, true), Case(#"{"a": {}}"#, #"{"a": {"b": 1}}"#, true),
      Case(#"{"a": {}}"#, #"{"a": 1}"#, false), Case(#"{"a": {}}"#, #"{"a": null}"#, false),
      Case(#"{"a": {}}"#, #"{"a": []}"#, false), Case(#"{"a": {}}"#, #"{"a": [{}]}"#, true),
      Case(#"{"a": {}}"#, #"{}"#, false), Case("{}", "{}", true), Case("{}", "[]", false), Case("{}", "1", false),
    ])
  }

  @Test func aListInTheRecordMatchesIfAnyElementDoes() throws {
    try check([
      Case(#"{"a": 1}"#, #"{"a": [3, 1]}"#, true), Case(#"{"a": 1}"#, #"{"a": [3, "1"]}"#, false),
      Case(#"{"a": 1}"#, #"{"a": []}"#, false), Case(#"{"a": 1}"#, #"{"a": [[0, 1], 2]}"#, true),
      Case(#"{"a": null}"#, #"{"a": [null]}"#, true),
      Case(#"{"a": {"b": 1}}"#, #"{"a": [{"b": 2}, {"b": 1}]}"#, true),
      Case(#"{"a": {"b": 1, "c": 2}}"#, #"{"a": [{"b": 1}, {"c": 2}]}"#, false),
      Case(#"{"a": {"b": {"$gt": 1}}}"#, #"{"a": [{"b": 1}, {"b": 2}]}"#, true),
      Case(#"{"a": {"b": {"$exist": false}}}"#, #"{"a": [{"b": 1}, {}]}"#, true),
    ])
  }

  @Test func aListAsFilterAsksForAllItsMembers() throws {
    try check([
      Case(#"{"a": [1, 2]}"#, #"{"a": [2, 3, 1]}"#, true), Case(#"{"a": [1, 2]}"#, #"{"a": [1, 3]}"#, false),
      Case(#"{"a": [1]}"#, #"{"a": 1}"#, false), Case(#"{"a": []}"#, #"{"a": []}"#, true),
      Case(#"{"a": []}"#, #"{"a": [1]}"#, true), Case(#"{"a": []}"#, #"{"a": {}}"#, false),
      Case(#"{"a": [{"$gt": 1}, {"b": 1}]}"#, #"{"a": [{"b": 1}, 2]}"#, true),
      Case(#"{"a": [[1]]}"#, #"{"a": [[2, 1]]}"#, true), Case(#"{"a": [[1]]}"#, #"{"a": [1]}"#, false),
      Case(#"{"a": [1]}"#, "{}", false),
    ])
  }

  @Test func eqAndNeqAreDeepAndSeeTheWholeList() throws {
    try check([
      Case(#"{"a": {"$eq": [1, 2]}}"#, #"{"a": [1, 2.0]}"#, true),
      Case(#"{"a": {"$eq": [2, 1]}}"#, #"{"a": [1, 2]}"#, false),
      Case(#"{"a": {"$eq": 1}}"#, #"{"a": [1]}"#, false),
      Case(#"{"a": {"$eq": {"b": 1, "c": null}}}"#, #"{"a": {"c": null, "b": 1}}"#, true),
      Case(#"{"a": {"$eq": {"b": 1}}}"#, #"{"a": {"b": 1, "c": 2}}"#, false),
      Case(#"{"a": {"$eq": {}}}"#, #"{"a": {}}"#, true), Case(#"{"a": {"$eq": null}}"#, #"{"a": null}"#, true),
      Case(#"{"a": {"$eq": null}}"#, "{}", false), Case(#"{"a": {"$eq": "1"}}"#, #"{"a": 1}"#, false),
      Case(#"{"a": {"$neq": 1}}"#, #"{"a": 2}"#, true), Case(#"{"a": {"$neq": 1}}"#, #"{"a": 1.0}"#, false),
      Case(#"{"a": {"$neq": 1}}"#, #"{"a": "1"}"#, true), Case(#"{"a": {"$neq": 1}}"#, #"{"a": null}"#, true),
      Case(#"{"a": {"$neq": null}}"#, #"{"a": null}"#, false), Case(#"{"a": {"$neq": null}}"#, #"{"a": 1}"#, true),
      Case(#"{"a": {"$neq": 1}}"#, "{}", false), Case(#"{"a": {"$neq": 1}}"#, #"{"a": [1]}"#, true),
      Case(#"{"a": {"$neq": [1]}}"#, #"{"a": [1]}"#, false),
    ])
  }

  @Test func orderComparesNumbersByValueAndTextsByCodePoint() throws {
    try check([
      Case(#"{"a": {"$gt": 1}}"#, #"{"a": 1.0000000000000000001}"#, true),
      Case(#"{"a": {"$gt": 1}}"#, #"{"a": 1}"#, false), Case(#"{"a": {"$gte": 1}}"#, #"{"a": 1.0}"#, true),
      Case(#"{"a": {"$gte": 1}}"#, #"{"a": 0.9}"#, false), Case(#"{"a": {"$lt": -1}}"#, #"{"a": -2}"#, true),
      Case(#"{"a": {"$lt": 1}}"#, #"{"a": 1}"#, false), Case(#"{"a": {"$lte": 1}}"#, #"{"a": 1}"#, true),
      Case(#"{"a": {"$lte": 1}}"#, #"{"a": 1e1}"#, false),
      Case(#"{"a": {"$gt": 9007199254740992}}"#, #"{"a": 9007199254740993}"#, true),
      Case(#"{"a": {"$lt": 9223372036854775808}}"#, #"{"a": 9223372036854775807}"#, true),
      Case(#"{"a": {"$gt": "2025-01-01"}}"#, #"{"a": "2025-01-02"}"#, true),
      Case(#"{"a": {"$gt": "b"}}"#, #"{"a": "a"}"#, false), Case(#"{"a": {"$gte": "é"}}"#, #"{"a": "z"}"#, false),
      Case(#"{"a": {"$gt": 1}}"#, #"{"a": "2"}"#, false), Case(#"{"a": {"$lt": "2"}}"#, #"{"a": 1}"#, false),
      Case(#"{"a": {"$gte": 1}}"#, #"{"a": null}"#, false), Case(#"{"a": {"$gte": 1}}"#, #"{"a": true}"#, false),
      Case(#"{"a": {"$gte": 1}}"#, #"{"a": [2]}"#, false), Case(#"{"a": {"$lte": 1}}"#, "{}", false),
      Case(#"{"a": {"$gte": 1, "$lt": 3}}"#, #"{"a": 2}"#, true),
      Case(#"{"a": {"$gte": 1, "$lt": 3}}"#, #"{"a": 3}"#, false),
    ])
  }

  @Test func membership() throws {
    try check([
      Case(#"{"a": {"$in": [1, "x", null]}}"#, #"{"a": 1.0}"#, true),
      Case(#"{"a": {"$in": [1, "x", null]}}"#, #"{"a": "x"}"#, true),
      Case(#"{"a": {"$in": [1, "x", null]}}"#, #"{"a": null}"#, true),
      Case(#"{"a": {"$in": [1, "x"]}}"#, #"{"a": "1"}"#, false), Case(#"{"a": {"$in": [1]}}"#, "{}", false),
      Case(#"{"a": {"$in": []}}"#, #"{"a": 1}"#, false),
      Case(#"{"a": {"$in": [{"b": 1}]}}"#, #"{"a": {"b": 1}}"#, true),
      Case(#"{"a": {"$in": [1, 2]}}"#, #"{"a": [5, 2]}"#, true),
      Case(#"{"a": {"$in": [1, 2]}}"#, #"{"a": [5]}"#, false),
      Case(#"{"a": {"$in": [1, 2]}}"#, #"{"a": []}"#, false),
      Case(#"{"a": {"$in": "bc"}}"#, #"{"a": "abcd"}"#, true), Case(#"{"a": {"$in": "cb"}}"#, #"{"a": "abcd"}"#, false),
      Case(#"{"a": {"$in": ""}}"#, #"{"a": "x"}"#, true), Case(#"{"a": {"$in": "ö😀"}}"#, #"{"a": "grö😀ß"}"#, true),
      Case(#"{"a": {"$in": "abc"}}"#, #"{"a": "ab"}"#, false),
      Case(#"{"a": {"$in": "x"}}"#, #"{"a": ["y", "x"]}"#, true),
      Case(#"{"a": {"$in": "x"}}"#, #"{"a": ["xy"]}"#, false), Case(#"{"a": {"$in": 1}}"#, #"{"a": 1}"#, false),
      Case(#"{"a": {"$in": 1}}"#, #"{"a": [1]}"#, true), Case(#"{"a": {"$in": "1"}}"#, #"{"a": 1}"#, false),
      Case(#"{"a": {"$nin": [1, 2]}}"#, #"{"a": 3}"#, true), Case(#"{"a": {"$nin": [1, 2]}}"#, #"{"a": 2}"#, false),
      Case(#"{"a": {"$nin": [1]}}"#, #"{"a": "1"}"#, true), Case(#"{"a": {"$nin": [1]}}"#, "{}", false),
      Case(#"{"a": {"$nin": [1]}}"#, #"{"a": [2, 1]}"#, false), Case(#"{"a": {"$nin": [1]}}"#, #"{"a": [2]}"#, true),
      Case(#"{"a": {"$nin": []}}"#, #"{"a": 1}"#, true), Case(#"{"a": {"$nin": "bc"}}"#, #"{"a": "xyz"}"#, true),
      Case(#"{"a": {"$nin": "bc"}}"#, #"{"a": "abc"}"#, false), Case(#"{"a": {"$nin": "bc"}}"#, #"{"a": 5}"#, false),
    ])
  }

  @Test func beginningsAndEndings() throws {
    try check([
      Case(#"{"a": {"$startsWith": "+33"}}"#, #"{"a": "+33639"}"#, true),
      Case(#"{"a": {"$startsWith": "+33"}}"#, #"{"a": "33639"}"#, false),
      Case(#"{"a": {"$startsWith": "33"}}"#, #"{"a": 33639}"#, false),
      Case(#"{"a": {"$startsWith": ""}}"#, #"{"a": ""}"#, true),
      Case(#"{"a": {"$startsWith": "abc"}}"#, #"{"a": "ab"}"#, false),
      Case(#"{"a": {"$startsWith": "x"}}"#, #"{"a": ["x"]}"#, false),
      Case(#"{"a": {"$startsWith": "x"}}"#, "{}", false),
      Case(#"{"a": {"$endsWith": ".mp3"}}"#, #"{"a": "r.mp3"}"#, true),
      Case(#"{"a": {"$endsWith": ".mp3"}}"#, #"{"a": "mp3"}"#, false),
      Case(#"{"a": {"$endsWith": "😀"}}"#, #"{"a": "x😀"}"#, true),
      Case(#"{"a": {"$endsWith": "x"}}"#, #"{"a": null}"#, false),
    ])
  }

  @Test func onlyExistFalseMatchesAMissingKey() throws {
    try check([
      Case(#"{"a": {"$exist": true}}"#, #"{"a": null}"#, true), Case(#"{"a": {"$exist": true}}"#, "{}", false),
      Case(#"{"a": {"$exist": false}}"#, "{}", true), Case(#"{"a": {"$exist": false}}"#, #"{"a": null}"#, false),
      Case(#"{"a": {"$exist": true}}"#, #"{"a": []}"#, true), Case(#"{"a": {"$exist": true}}"#, #"{"a": {}}"#, true),
      Case(#"{"a": {"b": {"$exist": false}}}"#, #"{"a": {}}"#, true),
      Case(#"{"a": {"b": {"$exist": false}}}"#, "{}", false),
      Case(#"{"a": {"$or": [{"$exist": false}, "x"]}}"#, "{}", true),
      Case(#"{"a": {"$or": [{"$exist": false}, "x"]}}"#, #"{"a": "x"}"#, true),
      Case(#"{"a": {"$or": [{"$exist": false}, "x"]}}"#, #"{"a": "y"}"#, false),
    ])
  }

  @Test func combinations() throws {
    try check([
      Case(#"{"$or": [{"a": 1}, {"b": 1}]}"#, #"{"b": 1}"#, true),
      Case(#"{"$or": [{"a": 1}, {"b": 1}]}"#, #"{"b": 2}"#, false),
      Case(#"{"a": {"$or": [1, {"$gt": 5}]}}"#, #"{"a": 6}"#, true), Case(#"{"$or": []}"#, "{}", false),
      Case(#"{"$and": [{"a": 1}, {"b": 1}]}"#, #"{"a": 1, "b": 1}"#, true),
      Case(#"{"$and": [{"a": 1}, {"b": 1}]}"#, #"{"a": 1}"#, false), Case(#"{"$and": []}"#, "1", true),
      Case(#"{"$not": {"a": 1}}"#, #"{"a": 2}"#, true), Case(#"{"$not": {"a": 1}}"#, #"{"a": 1}"#, false),
      Case(#"{"a": {"$not": "x"}}"#, "{}", true), Case(#"{"a": {"$not": "x"}}"#, #"{"a": "y"}"#, true),
      Case(#"{"a": {"$not": "x"}}"#, #"{"a": ["y", "x"]}"#, false),
      Case(#"{"a": {"$not": {"$exist": false}}}"#, #"{"a": 1}"#, true),
      Case(#"{"a": 1, "$not": {"b": 1}}"#, #"{"a": 1, "b": 2}"#, true),
      Case(#"{"a": 1, "$not": {"b": 1}}"#, #"{"a": 1, "b": 1}"#, false),
      Case(#"{"a": {"b": 1, "$neq": {"b": 1}}}"#, #"{"a": {"b": 1}}"#, false),
      Case(#"{"a": {"b": 1, "$neq": {"b": 1}}}"#, #"{"a": {"b": 1, "c": 1}}"#, true),
    ])
  }

  @Test func regularExpressions() throws {
    try check([
      Case(#"{"a": {"$regex": "^\\+33[67]"}}"#, #"{"a": "+33639"}"#, true),
      Case(#"{"a": {"$regex": "^\\+33[67]"}}"#, #"{"a": "+33139"}"#, false),
      Case(#"{"a": {"$regex": "33"}}"#, #"{"a": 33}"#, false), Case(#"{"a": {"$regex": ""}}"#, "{}", false),
      Case(#"{"a": {"$regex": "x"}}"#, #"{"a": ["x"]}"#, false),
    ])
  }
}
