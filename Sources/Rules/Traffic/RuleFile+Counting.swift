import RelayCore

extension RuleFile {
  /// Rules that send to a CRM or to billing, where calls are counted, and name no role: every leg of a call is a record of
  /// its own. A rule before them that stops and names a role may have taken the others out. Records of generic sources have
  /// no role, so where no others come nothing is said.
  package var uncountedRules: [RuleProblem] {
    let enabled = sources.filter(\.isEnabled)
    if !enabled.isEmpty, enabled.allSatisfy({ $0.settings.provider == .generic }) { return [] }
    var problems: [RuleProblem] = []
    for (index, rule) in rules.enumerated() where rule.isEnabled {
      let namesRole = rule.when?.looksAt(.field(.role)) ?? false
      if namesRole, rule.stops { break }
      guard !namesRole, let name = rule.sendTo.first(where: counts) else { continue }
      problems.append(
        RuleProblem(
          file: path, path: RulePath.top.key("rules").index(index).text,
          message:
            "sends to \(name) and names no call.role: each leg of a call, and each agent who missed it, is a record "
            + "of its own, so calls would count twice; add \"call\": {\"role\": \"call\"} to its when"))
    }
    return problems
  }

  /// By its name or its url.
  private func counts(_ name: String) -> Bool {
    let texts = [name, destination(named: name)?.shownURL ?? ""].map { $0.lowercased() }
    let words = ["crm", "billing", "hubspot", "hubapi", "salesforce", "zoho", "pipedrive"]
    return words.contains { word in texts.contains { $0.contains(word) } }
  }
}

extension Filter {
  /// Anywhere inside.
  fileprivate func looksAt(_ step: FilterStep) -> Bool {
    switch self {
    case .members(let members): members.contains { $0.step == step || $0.filter.looksAt(step) }
    case .all(let filters), .any(let filters), .holds(let filters): filters.contains { $0.looksAt(step) }
    case .not(let filter), .number(let filter): filter.looksAt(step)
    case .equals, .comparison, .pattern, .sameLetters, .time, .phone, .exists: false
    }
  }
}
