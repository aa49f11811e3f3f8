import RelayCore

extension RuleFile {
  /// Reads, checks and compiles the file at this path; throws all its problems at once.
  package static func load(path: String, secrets: SecretsResolver) throws(RuleFileError) -> RuleFile {
    try parse(try bytes(path: path, secrets: secrets), path: path, secrets: secrets)
  }

  /// The file as it stands on disk.
  package static func bytes(path: String, secrets: SecretsResolver) throws(RuleFileError) -> [UInt8] {
    switch secrets.read(path) {
    case .success(let content): return content.bytes
    case .failure(let error):
      throw RuleFileError(RuleProblem(file: path, path: "", message: "can't read the file: \(error.reason)"))
    }
  }

  /// `relay.database` of a file that may have problems; nil where it can't be known without them being mended.
  package static func databasePath(in bytes: [UInt8]) -> String? {
    let path = (try? JSONParser.parse(bytes))?.object?["relay"]?.object?["database"]?.string
    return path.flatMap { $0.contains("${") ? nil : $0 }
  }

  /// Whether it can be read that the file names no `relay.database`: then the default is meant.
  package static func namesNoDatabase(in bytes: [UInt8]) -> Bool {
    guard let root = (try? JSONParser.parse(bytes))?.object else { return false }
    return root["relay"]?.object?["database"] == nil
  }

  /// The same for bytes that were read already; `path` is what problems name.
  package static func parse(
    _ bytes: [UInt8], path: String, secrets: SecretsResolver
  ) throws(RuleFileError) -> RuleFile {
    let loading = Loading(file: path, resolver: secrets)
    let json: JSON
    do throws(JSONError) {
      json = try JSONParser.parse(bytes)
    } catch {
      let (line, column) = position(of: error.offset, in: bytes)
      let message = "line \(line), column \(column): \(reason(error, in: bytes))"
      throw RuleFileError(RuleProblem(file: path, path: "", message: message))
    }
    let written = WrittenTexts(bytes)
    for key in written.repeatedKeys {
      loading.findings.problem(key, "stands twice in the same object; only the last would count")
    }
    let file = RuleFile(reading: Node(json: json, path: .top, loading: loading), path: path, written)
    guard let file, loading.findings.problems.isEmpty else {
      throw RuleFileError(problems: loading.findings.problems, warnings: loading.findings.warnings)
    }
    return file
  }

  static let sections = ["relay", "alerts", "tables", "sources", "clients", "destinations", "rules", "tests"]

  private convenience init?(reading node: Node, path: String, _ written: WrittenTexts) {
    let what = "an object with \(NearestName.list(Self.sections))"
    guard let reader = ObjectReader(node, keys: Self.sections + ["$schema"], what: what) else { return nil }
    let relay = RelaySettings(reading: reader["relay"])
    node.loading.timeZone = relay.timeZone ?? "UTC"
    for (name, table) in Self.named(reader["tables"], "tables") {
      node.loading.tables[name] = Table(reading: table, name: name)
    }
    var (alerts, missing) = node.loading.readingLeniently(reader["alerts"] ?? node) {
      AlertSettings(reading: reader["alerts"], proxy: relay.proxy)
    }
    // The log tells instead.
    if !missing.isEmpty { alerts.channel = nil }
    missing.insert(contentsOf: [node.loading.missingFile].compactMap { $0 }, at: 0)
    let sources = Self.named(reader["sources"], "sources")
    let destinations = Self.named(reader["destinations"], "destinations")
    let names = KnownNames(sources: sources.map(\.name), destinations: destinations.map(\.name))
    let readSources = sources.compactMap { name, node in
      let (source, missing) = node.loading.readingLeniently(node) { Source(reading: node, name: name, relay: relay) }
      return source?.missing(missing)
    }
    let clients = Self.clients(reader["clients"], among: sources.map(\.name), readSources)
    let recordings = readSources.compactMap(SourceRecordings.init)
    node.loading.recordings = Dictionary(recordings.map { ($0.source, $0) }) { first, _ in first }
    let readDestinations = destinations.compactMap { name, node in
      var (destination, missing) = node.loading.readingLeniently(node) {
        Destination(reading: node, name: name, relay: relay)
      }
      destination?.missingSecrets = missing
      return destination
    }
    let rules = Self.rules(reader["rules"], names)
    let tests = (reader["tests"]?.elements("a list of tests") ?? []).compactMap {
      RuleTest(reading: $0, names: names, rules: rules.map(\.name))
    }
    Self.warnUnused(destinations, rules)
    Self.warnUnlinked(
      destinations, rules, readSources.filter { $0.isEnabled && node.loading.recordings[$0.name] == nil })
    self.init(
      path: path, text: written.masking(node.loading.writtenSecrets), relay: relay, alerts: alerts,
      sources: readSources, clients: clients, destinations: readDestinations, rules: rules, tests: tests,
      missingOfAll: missing, warnings: node.loading.findings.warnings)
  }

  /// The members of a section whose keys are names; a `note` beside them is left out.
  private static func named(_ node: Node?, _ what: String) -> [(name: String, node: Node)] {
    guard let node else { return [] }
    guard let object = node.json.object else {
      node.expected("an object of \(what) by name")
      return []
    }
    var members: [(name: String, node: Node)] = []
    for member in object.members where member.key != "note" || member.value.string == nil {
      let inner = Node(json: member.value, path: node.path.key(member.key), loading: node.loading)
      if !Node.isName(member.key) {
        inner.problem("expected \(Node.nameInWords), found \(JSON.string(member.key).shown)")
      }
      members.append((member.key, inner))
    }
    return members
  }

  /// One whose source could not be read is not blamed for it.
  private static func clients(_ node: Node?, among names: [String], _ sources: [Source]) -> [CallClient] {
    let known = names.map { name in
      (name: name, hasAPI: sources.first { $0.name == name }.map { $0.api != nil } ?? true)
    }
    let clients = named(node, "clients").compactMap { name, node in
      var (client, missing) = node.loading.readingLeniently(node) {
        CallClient(reading: node, name: name, sources: known)
      }
      client?.missingSecrets = missing
      return client.map { (client: $0, node: node) }
    }
    CallClient.findSharedTokens(clients)
    return clients.map(\.client)
  }

  private static func rules(_ node: Node?, _ names: KnownNames) -> [Rule] {
    guard let nodes = node?.elements("a list of rules") else { return [] }
    var places: [String: RulePath] = [:]
    return nodes.compactMap { node in
      guard let rule = Rule(reading: node, names: names) else { return nil }
      if let place = places[rule.name] {
        node.loading.findings.problem(
          node.path.key("name"), "\(JSON.string(rule.name).shown) is the name of \(place.text) already")
      }
      places[rule.name] = places[rule.name] ?? node.path
      return rule
    }
  }

  private static func warnUnused(_ destinations: [(name: String, node: Node)], _ rules: [Rule]) {
    for (name, node) in destinations where !rules.contains(where: { $0.sendTo.contains(name) }) {
      node.warning("no rule sends anything to it")
    }
  }

  /// `without`: sources that have no recordings. Where all have none, the filter itself says so.
  private static func warnUnlinked(
    _ destinations: [(name: String, node: Node)], _ rules: [Rule], _ without: [Source]
  ) {
    for (name, node) in destinations where !node.loading.recordings.isEmpty && node.json.text.contains("recording_link")
    {
      for rule in rules where rule.isEnabled && rule.sendTo.contains(name) {
        let sources = without.filter(rule.reaches).map(\.name)
        guard !sources.isEmpty else { continue }
        node.warning(
          "recording_link: rule \(rule.name) sends it records of \(sources.joined(separator: ", ")) too, without "
            + "\"recordings\": a recording of theirs has no link, and its delivery is dead; write it there, or name the "
            + "sources in the rule")
      }
    }
  }

  /// The scanner's words, which senders of records see too; of what people do in files that they write by hand others.
  private static func reason(_ error: JSONError, in bytes: [UInt8]) -> String {
    let rest = bytes.dropFirst(error.offset)
    if error.reason.hasPrefix("control character"), let first = rest.first, "\n\r".utf8.contains(first) {
      return #"the line ended inside a text: is a " missing?"#
    }
    let isComment = ["//", "/*", "#"].contains { rest.starts(with: $0.utf8) }
    return isComment && error.reason.hasPrefix("expected")
      ? #"JSON has no comments; write "note": "…" into an object for that"# : error.reason
  }

  /// Line and column of a byte, from 1; columns count characters.
  private static func position(of offset: Int, in bytes: [UInt8]) -> (line: Int, column: Int) {
    let before = bytes[..<min(offset, bytes.count)]
    let line = before.count { $0 == UInt8(ascii: "\n") } + 1
    let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    return (line, String(decoding: before[start...], as: UTF8.self).unicodeScalars.count + 1)
  }
}

extension RuleFileError {
  init(_ problem: RuleProblem) {
    self.init(problems: [problem], warnings: [])
  }
}
