import RelayCore
import Rules

extension Command {
  static let presetsList = Command(
    "presets list", "Lists the CRMs that a destination can name as its preset",
    options: [Option("--json", nil, "One JSON object a line.")]
  ) { invocation in
    if invocation.wantsJSON {
      for preset in Preset.all { try invocation.output.line(preset.json) }
      return .done
    }
    var table = Table(("PRESET", .left), ("CRM", .left), ("BASE_URL", .left))
    for preset in Preset.all {
      table.add(preset.name.rawValue, preset.title, preset.baseURL ?? "yours, such as \(preset.exampleURL)")
    }
    try table.write(to: invocation.output)
    return .done
  }

  static let presetsShow = Command(
    "presets show", "Prints what a preset puts under the keys of a destination",
    details:
      "Every key can be said otherwise in the destination itself: objects are laid over it member by member, all else"
      + " replaces it, and null takes it away.",
    positionals: [Positional("NAME", .one, "One of hubspot, salesforce, zoho and pipedrive.")],
    options: [
      Option("--base-url", "URL", "As the destination's base_url. Default: the CRM's, or an example."),
      Option("--country", "CC", "As the destination's country, two letters. Default: none."),
      Option("--json", nil, "One JSON object."),
    ]
  ) { invocation in
    let name = invocation.arguments.positionals[0]
    guard let preset = Preset.all.first(where: { $0.name.rawValue == name }) else {
      let known = Preset.all.map(\.name.rawValue)
      throw UsageError("no preset \(name)" + NearestName.question(name, among: known))
    }
    let country = invocation.arguments["--country"]
    if let country, !Preset.isCountry(country) { throw UsageError("--country: no country \(country); FR is one") }
    let parts = preset.parts(baseURL: invocation.arguments["--base-url"], country: country)
    if invocation.wantsJSON {
      try invocation.output.line(preset.json(parts))
      return .done
    }
    for line in preset.page(parts) { try invocation.output.line(line) }
    return .done
  }
}

extension Preset {
  fileprivate var json: JSONObject {
    ["preset": .string(name.rawValue), "crm": .string(title), "base_url": baseURL.map(JSON.string) ?? .null]
  }

  fileprivate func json(_ parts: Parts) throws -> JSONObject {
    var object = json
    object["destination"] = try JSONParser.parse(parts.destination)
    object["external_id"] = try parts.externalID.map { try JSONParser.parse($0) }
    object["tables"] = try JSONParser.parse(parts.tables)
    object["auth"] = try JSONParser.parse(parts.auth)
    object["notes"] = .array(notes.map(JSON.string))
    return object
  }

  fileprivate func page(_ parts: Parts) -> [String] {
    var sections = [
      ["\(title): \"preset\": \"\(name.rawValue)\" is a destination with", parts.destination],
      ["and at the top of the file, unless it has tables of these names,", "\"tables\": " + parts.tables],
      ["`auth` is yours to write. \(parts.missingAuth). What is known of it already:", parts.auth],
    ]
    if let externalID = parts.externalID {
      sections.append(["With \"external_id\": \"EXTERNAL_ID\" there stands instead", externalID])
    }
    return sections.flatMap { $0 + [""] } + notes.map { "* \($0)" }
  }
}
