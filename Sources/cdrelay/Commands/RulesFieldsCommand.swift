import Providers
import RelayCore
import Rules

extension Command {
  static let rulesFields = Command(
    "rules fields", "Lists what a rule can look at and a template can print, with an example value each",
    positionals: [Positional("PROVIDER", .atMostOne, "telecmi, callr or generic. Default: all.")],
    options: [
      Option("--json", nil, "One JSON object a line."),
      Option("--schema", nil, "A JSON Schema of the call instead: what a destination with \"body\": \"call\" gets."),
    ]
  ) { invocation in
    if invocation.arguments.has("--schema") {
      try invocation.output.line(Call.schema)
      return .done
    }
    let provider = try invocation.arguments.positionals.first.map { name in
      guard let provider = Provider(rawValue: name) else {
        let known = Provider.allCases.map(\.rawValue)
        throw UsageError("no provider \(name)" + NearestName.question(name, among: known))
      }
      return provider
    }
    let fields = ProviderFields.fields(of: provider)
    if invocation.wantsJSON {
      for field in fields { try invocation.output.line(field.json) }
      return .done
    }
    var table = Table(("FIELD", .left), ("TYPE", .left), ("EXAMPLE", .left), ("MEANING", .left))
    for field in fields { table.add(field.path, field.type, field.example, field.meaning) }
    try table.write(to: invocation.output)
    return .done
  }
}

extension ProviderField {
  /// The example as the value it is.
  fileprivate var json: JSONObject {
    [
      "field": .string(path), "type": .string(type), "example": (try? JSONParser.parse(example)) ?? .string(example),
      "meaning": .string(meaning),
    ]
  }
}
