import Providers
import RelayCore
import Rules

/// One of the rule file's `tests`, run: what it expected and what it found instead.
struct RuleTestRun {
  let test: RuleTest
  /// A sentence for each; empty where it passed.
  let failures: [String]

  /// - Parameter now: stands for the moment of receipt in bodies.
  static func all(of rules: RuleFile, at now: Instant) -> [RuleTestRun] {
    rules.tests.filter(\.isEnabled).map { RuleTestRun(test: $0, failures: failures(of: $0, rules, now)) }
  }

  private static func failures(of test: RuleTest, _ rules: RuleFile, _ now: Instant) -> [String] {
    guard let source = rules.sources.first(where: { $0.name == test.source }) else {
      return ["no source \(test.source)"]
    }
    let result: RulesTrial.Result
    do throws(Unacceptable) {
      let answers = RulesTrial.Answers(lookup: test.lookup, captured: test.captured)
      result = try RulesTrial(rules: rules, source: source, now: now, answers: answers).run(test.record)
    } catch {
      return ["the sender would be answered \(error.status): \(error.reason)"]
    }
    var failures: [String] = []
    if let expected = test.rules, expected != result.matched {
      failures.append("expected the rules \(list(expected)), found \(list(result.matched))")
      for explanation in result.explanation
      where expected.contains(explanation.rule) != (explanation.outcome == .matched) {
        failures.append("\(explanation)")
      }
    }
    let destinations = result.deliveries.map(\.destination)
    if let expected = test.destinations, Set(expected) != Set(destinations) {
      failures.append("expected deliveries to \(list(expected)), found \(list(destinations))")
    }
    for (name, expected) in test.bodies.sorted(by: { $0.key < $1.key }) {
      failures += failure(of: result.deliveries.first { $0.destination == name }, name, expected)
    }
    return failures
  }

  private static func failure(of delivery: RulesTrial.Delivery?, _ name: String, _ expected: JSON) -> [String] {
    switch delivery?.request {
    case nil: return ["expected a body for \(name), found no delivery"]
    case .failure(let error): return ["expected a body for \(name), found \(error)"]
    case .success(let request):
      let text = String(decoding: request.body, as: UTF8.self)
      let found = (try? JSONParser.parse(request.body)) ?? .string(text)
      return found == expected ? [] : ["expected for \(name) the body \(expected.text), found \(text)"]
    }
  }

  private static func list(_ names: [String]) -> String {
    names.isEmpty ? "none" : names.joined(separator: ", ")
  }
}
