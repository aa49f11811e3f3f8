import RelayCore

/// A text of the rule file with its secrets in place.
struct ResolvedText {
  let text: String
  let holdsSecret: Bool
  /// Its secrets were not looked up and stand as written.
  let isUnresolved: Bool

  init(_ text: String, holdsSecret: Bool = false, isUnresolved: Bool = false) {
    self.text = text
    self.holdsSecret = holdsSecret
    self.isUnresolved = isUnresolved
  }
}

extension Node {
  /// A text that may hold secrets; empty ones are refused.
  func text(_ what: String = "a text", isSecret: Bool = false) -> ResolvedText? {
    guard let raw = json.string else {
      expected(what, showsFound: !isSecret)
      return nil
    }
    guard let parts = references(in: raw) else { return nil }
    let isUnresolved = loading.isUnresolved
    var text = ""
    for part in parts {
      guard let value = isUnresolved ? part.written : loading.resolve(part, at: path) else { return nil }
      text += value
    }
    guard !text.isEmpty else {
      if raw.isEmpty {
        problem("expected \(what), found an empty text")
      } else {
        loading.noteMissing(path, "\(raw) is set but empty")
      }
      return nil
    }
    let holdsSecret = parts.contains { if case .literal = $0 { false } else { true } }
    if isSecret, !holdsSecret { loading.noteWrittenSecret(at: path) }
    return ResolvedText(text, holdsSecret: holdsSecret, isUnresolved: holdsSecret && isUnresolved)
  }

  func references(in text: String) -> [SecretReference]? {
    do throws(SecretReference.Malformed) {
      return try SecretReference.parse(text)
    } catch {
      problem(error.message)
      return nil
    }
  }

  /// One secret, or two while one replaces the other.
  func secrets() -> [Secret]? {
    guard json.array != nil else { return text(isSecret: true).map { [Secret($0.text)] } }
    guard let nodes = elements(), (1...2).contains(nodes.count) else {
      problem("expected one secret, or two during rotation, found \(json.array?.count ?? 0)")
      return nil
    }
    let texts = nodes.compactMap { $0.text(isSecret: true) }
    return texts.count == nodes.count ? texts.map { Secret($0.text) } : nil
  }

  func addressBlocks() -> [CIDR]? {
    guard let nodes = elements("a list of address blocks such as 10.1.0.0/16") else { return nil }
    guard !nodes.isEmpty else {
      expected("at least one address block such as 10.1.0.0/16")
      return nil
    }
    return nodes.compactMap { node in
      guard let text = node.text("an address block such as 10.1.0.0/16") else { return nil }
      if let block = CIDR(text.text) { return block }
      if !text.isUnresolved { node.expected("an address block such as 10.1.0.0/16 or 2001:db8::/32") }
      return nil
    }
  }
}
