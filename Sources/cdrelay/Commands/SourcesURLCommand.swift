import RelayCore
import Rules

extension Command {
  static let sourcesURL = Command(
    "sources url", "Prints what to enter at the provider so that it posts to a source",
    details: """
      The address holds the source's token, where it has one: a secret, shown on purpose. Other secrets that the provider needs
      are shown too. The secrets of other sources and of destinations need not be there.
      """,
    positionals: [Positional("NAME", .one, "The source.")],
    options: [
      Option("--rules", "FILE", "The rule file, with the source's secrets. Default: rules.json."),
      Option("--base", "URL", "Where the relay is reached from outside. Default: https://your.host, to be replaced."),
      Option("--json", nil, "One JSON object."),
    ]
  ) { invocation in
    let base = try invocation.arguments["--base"].map(address)
    let name = invocation.arguments.positionals[0]
    let source = try source(named: name, invocation)
    let address = SourceAddress(source.source, base: base ?? "https://your.host")
    if invocation.wantsJSON {
      try invocation.output.line(address.json(isEnabled: source.isEnabled))
    } else {
      try address.write(to: invocation.output)
    }
    try invocation.output.flush()
    let surroundings = invocation.surroundings
    if base == nil {
      surroundings.complain("write your relay's own address in place of https://your.host, or give --base")
    }
    if base?.hasPrefix("http://") == true {
      surroundings.complain(
        "http: everybody on the way can read the records, and what proves who sends them; use https")
    }
    if !source.isEnabled { surroundings.complain("\(name) is disabled: requests there are answered 404") }
    if source.source.auth == .none {
      surroundings.complain("\(name) has no authentication: anyone may post records there")
    }
    if address.holdsSecrets {
      surroundings.complain(
        "this holds a secret of \(name): whoever has it can post records; enter it at the provider only")
    }
    return .done
  }

  /// Scheme, host and perhaps a path before `/hooks/`.
  private static func address(_ text: String) throws(UsageError) -> String {
    var base = text[...]
    while base.hasSuffix("/") { base.removeLast() }
    let isPlain = base.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } && !base.contains { "?#@".contains($0) }
    let host = ["https://", "http://"].first { base.hasPrefix($0) }.map { base.dropFirst($0.count) }
    guard let host, !host.isEmpty, !host.hasPrefix("/"), isPlain else {
      throw UsageError("--base: expected an address such as https://relay.example.com, found \(text)")
    }
    return String(base)
  }

  /// The source with its secrets, also a disabled one; other secrets are not looked up.
  private static func source(named name: String, _ invocation: Invocation) throws -> (source: Source, isEnabled: Bool) {
    let path = invocation.arguments["--rules"] ?? "rules.json"
    let environment = invocation.surroundings.environment
    let bytes = try invocation.read(path)
    let all = try RuleFile.parse(
      bytes, path: path, secrets: SecretsResolver(mode: .unresolved, environment: environment))
    guard let known = all.sources.first(where: { $0.name == name }) else {
      let hint = NearestName.question(name, among: all.sources.map(\.name))
      throw CommandError("\(path): no source \(name)" + hint)
    }
    let rules = try SourceAlone.read(name, path: path, mode: .resolved, invocation) { source in
      // Their secrets are nothing that the provider is told.
      for key in ["api", "recordings"] { source[key] = nil }
    }
    guard let resolved = rules.sources.first else { throw CommandError("\(path): source \(name) can't be read") }
    return (resolved, known.isEnabled)
  }
}

extension SourceAddress {
  fileprivate func write(to output: Output) throws {
    for (place, way) in ways.enumerated() {
      if place > 0 { try output.line("\nOr:") }
      try output.line(way.url)
      for field in way.headers { try output.line("  \(field.name): \(field.value)") }
      for setting in way.settings { try output.line("  \(setting.name): \(setting.value)") }
      for step in way.steps { try output.line("  \(step)") }
    }
  }

  fileprivate func json(isEnabled: Bool) -> JSONObject {
    [
      "source": .string(source.name), "provider": .string(source.settings.provider.rawValue),
      "enabled": .bool(isEnabled),
      "ways": .array(
        ways.map { way in
          .object([
            "url": .string(way.url), "method": .string("POST"), "headers": Self.object(way.headers),
            "settings": Self.object(way.settings), "steps": .array(way.steps.map(JSON.string)),
          ])
        }),
    ]
  }

  private static func object(_ pairs: [(name: String, value: String)]) -> JSON {
    .object(JSONObject(pairs.map { JSONObject.Member(key: $0.name, value: .string($0.value)) }))
  }
}
