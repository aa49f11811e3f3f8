import RelayCore
import Rules

extension Command {
  static let rulesSchema = Command(
    "rules schema", "Prints a JSON Schema of the rule file, for editors",
    details: """
      Write it beside the rule file, and name it there: "$schema": "cdrelay.schema.json". Your editor then completes keys and
      says what they mean. What only the relay can know (secrets, names, templates) `cdrelay rules check` says.
      """,
    options: [Option("--json", nil, "In one line.")]
  ) { invocation in
    if invocation.wantsJSON {
      try invocation.output.line(try JSONParser.parse(RuleFileSchema.text).text)
    } else {
      try invocation.output.write(RuleFileSchema.text)
    }
    return .done
  }
}
