import RelayCore

extension RuleFile {
  /// Where the record goes: every enabled rule that matches, in file order, unless one says stop. A destination named twice
  /// gets one route, with the first rule's name; a disabled one gets none. Pure, and always has an answer.
  package func route(_ record: Record) -> [Route] {
    var found: [Route] = []
    guard let plan else {
      for position in rules.indices where rules[position].isEnabled && rules[position].matches(record) {
        add(position, to: &found)
        if rules[position].stops { break }
      }
      return found
    }
    plan.forEachMatch(of: record, in: rules) { position in
      add(position, to: &found)
      return rules[position].stops
    }
    return found
  }

  private func add(_ position: Int, to found: inout [Route]) {
    // Mostly one rule matches, whose routes are shared then.
    if found.isEmpty {
      found = routes[position]
    } else {
      for route in routes[position] where !found.contains(where: { $0.destination == route.destination }) {
        found.append(route)
      }
    }
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
