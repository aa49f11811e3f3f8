import RelayCore

extension RuleFile {
  /// Where the record goes: every enabled rule that matches, in file order, unless one says stop. A destination named twice
  /// gets one route, with the first rule's name; a disabled one gets none. Pure, and always has an answer.
  package func route(_ record: Record) -> [Route] {
    var routes: [Route] = []
    for rule in rules where rule.isEnabled && rule.matches(record) {
      for name in rule.sendTo where !routes.contains(where: { $0.destination == name }) {
        guard let destination = destination(named: name), destination.isEnabled else { continue }
        routes.append(Route(destination: name, rule: rule.name, skipsRevisions: destination.onRevision == .skip))
      }
      if rule.stops { break }
    }
    return routes
  }

  /// The names of the rules that decide about the record, in file order, as far as the first that says stop.
  package func matchedRules(_ record: Record) -> [String] {
    var names: [String] = []
    for rule in rules where rule.isEnabled && rule.matches(record) {
      names.append(rule.name)
      if rule.stops { break }
    }
    return names
  }
}

extension Rule {
  package func matches(_ record: Record) -> Bool {
    when?.matches(record) ?? true
  }
}
