import RelayCore

/// A program that may place calls through the relay: a CRM. An open dialler is toll fraud, so what it may dial must be written
/// out.
package struct CallClient: Sendable, Equatable {
  package enum CallerIDs: Sendable, Equatable {
    case any
    case these([CallNumber])
  }

  package enum Destinations: Sendable, Equatable {
    case any
    case these([CallPrefix])
  }

  package let name: String
  /// One, or two while one replaces the other.
  package var tokens: [Secret]
  /// nil: every source that has an `api`.
  package var sources: [String]?
  package var callerIDs: CallerIDs
  package var destinations: Destinations
  /// What an `answer_url` must begin with; nil: any. Its list of actions can dial further numbers, which nobody here sees.
  package var answerURLs: [AnswerURL]?
  /// Calls in any 60 seconds. Default 10, at most 1,000.
  package var perMinute = 10
  /// Calls in any 24 hours. Default 200, at most 100,000.
  package var perDay = 200
  package var isEnabled = true
  package var note: String?
  /// What a lenient reading did not find: then its token stands as written, and nobody may come in by it.
  package var missingSecrets: [RuleProblem] = []
}

extension CallClient {
  package func mayUse(source: String) -> Bool {
    sources.map { $0.contains(source) } ?? true
  }

  /// The number as it is sent; nil where the client may not call it.
  package func destination(_ text: String) -> CallNumber? {
    switch destinations {
    case .any: CallNumber(any: text)
    case .these(let prefixes):
      CallNumber(international: text).flatMap { number in prefixes.contains { number.starts(with: $0) } ? number : nil }
    }
  }

  /// The number as it is sent; nil where the client may not show it.
  package func callerID(_ text: String) -> CallNumber? {
    switch callerIDs {
    case .any: CallNumber(any: text)
    case .these(let numbers): CallNumber(any: text).flatMap { numbers.contains($0) ? $0 : nil }
    }
  }

  package func mayFetch(actions url: AnswerURL) -> Bool {
    answerURLs.map { $0.contains(where: url.begins) } ?? true
  }
}

// MARK: - Reading

extension CallClient {
  static let keys = [
    "token", "sources", "caller_ids", "to_prefixes", "answer_urls", "rate_per_minute", "rate_per_day",
  ]

  /// nil after a problem that leaves no usable client.
  /// - Parameter sources: those of the file, by name; true where one has an `api`.
  init?(reading node: Node, name: String, sources: [(name: String, hasAPI: Bool)]) {
    guard let reader = ObjectReader(node, keys: Self.keys, showsFound: false) else { return nil }
    let token = reader.required("token", "missing; the client sends it as Authorization: Bearer …")
    let tokens = token?.secrets()
    if let token, let tokens { SourceAuth.warnOfShort(tokens, token) }
    let callerIDs = reader.required(
      "caller_ids", #"missing; list the numbers that it may show, such as ["+33199001234"], or write "any""#
    ).flatMap(Self.callerIDs)
    let destinations = reader.required(
      "to_prefixes",
      #"missing; list what the numbers that it may call begin with, such as ["+33", "+44"], or write "any""#
    ).flatMap(Self.destinations)
    let used = reader["sources"].map { Self.sources($0, sources) }
    let answerURLs = reader["answer_urls"].map(Self.answerURLs)
    let perMinute = reader["rate_per_minute"]?.integer(1...1000).map(Int.init) ?? 10
    let perDay = reader["rate_per_day"]?.integer(1...100_000).map(Int.init) ?? 200
    guard let tokens, let callerIDs, let destinations else { return nil }
    self.init(
      name: name, tokens: tokens, sources: used, callerIDs: callerIDs, destinations: destinations,
      answerURLs: answerURLs, perMinute: perMinute, perDay: perDay, isEnabled: reader.isEnabled, note: reader.note)
  }

  private static func callerIDs(_ node: Node) -> CallerIDs? {
    if node.json == .string("any") { return .any }
    return list(node, #"a number with its country code such as "+33199001234""#, CallNumber.init(international:))
      .map(CallerIDs.these)
  }

  private static func destinations(_ node: Node) -> Destinations? {
    if node.json == .string("any") { return .any }
    return list(node, #"+ and digits, such as "+33""#) { CallPrefix($0) }.map(Destinations.these)
  }

  private static func list<Value>(_ node: Node, _ what: String, _ read: (String) -> Value?) -> [Value]? {
    guard let nodes = node.elements(#""any" or a list"#) else { return nil }
    if nodes.isEmpty { node.expected(#""any" or at least one element: \#(what)"#) }
    return nodes.compactMap { element in
      guard let text = element.text(what) else { return nil }
      if let value = read(text.text) { return value }
      if !text.isUnresolved { element.expected(what) }
      return nil
    }
  }

  private static func sources(_ node: Node, _ known: [(name: String, hasAPI: Bool)]) -> [String] {
    guard let nodes = node.elements("a list of sources") else { return [] }
    if nodes.isEmpty { node.problem("names no source; leave it out for all that have an api") }
    return nodes.compactMap { element in
      guard let name = element.json.string else {
        element.expected("the name of a source")
        return nil
      }
      guard let source = known.first(where: { $0.name == name }) else {
        element.problem(
          "unknown source \(element.json.shown)\(NearestName.hint(for: name, among: known.map(\.name)))")
        return nil
      }
      if !source.hasAPI { element.problem(#"source \#(name) places no calls; it needs an "api""#) }
      return name
    }
  }

  /// With a path, so that it is plain which part of a server is meant.
  private static func answerURLs(_ node: Node) -> [AnswerURL] {
    let what = #"the beginning of a URL with its path, such as "https://crm.example.com/""#
    guard let nodes = node.elements("a list of URLs") else { return [] }
    if nodes.isEmpty { node.expected("at least one URL") }
    return nodes.compactMap { element in
      guard let text = element.text(what) else { return nil }
      if let url = try? AnswerURL(text.text), url.hasPath { return url }
      if !text.isUnresolved { element.expected(what) }
      return nil
    }
  }

  /// Who presents a token must be one client.
  static func findSharedTokens(_ clients: [(client: CallClient, node: Node)]) {
    for (index, later) in clients.enumerated() where !later.node.loading.isUnresolved && later.client.isEnabled {
      let tokens = later.client.tokens
      let other = clients[..<index].first { earlier in
        earlier.client.isEnabled && earlier.client.tokens.contains { tokens.contains($0) }
      }
      if let other {
        later.node.loading.findings.problem(
          later.node.path.key("token"), "is that of clients.\(other.client.name) too; each client needs its own")
      }
    }
  }
}
