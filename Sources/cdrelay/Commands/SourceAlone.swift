import RelayCore
import Rules

/// A rule file with one source and nothing else, so that the secrets of all others need not be there.
enum SourceAlone {
  /// The source counts as enabled, whatever is written.
  static func read(
    _ name: String, path: String, mode: SecretsResolver.Mode, _ invocation: Invocation,
    _ change: (inout JSONObject) -> Void
  ) throws -> RuleFile {
    let environment = invocation.surroundings.environment
    let file = try JSONParser.parse(try invocation.read(path))
    guard let known = file["sources"]?[name]?.object else {
      let names = (file["sources"]?.object?.members ?? []).map(\.key)
      throw CommandError("\(path): no source \(name)" + NearestName.question(name, among: names))
    }
    var source = known
    source["enabled"] = nil
    change(&source)
    var relay: JSONObject = [:]
    for key in ["secrets_file", "enabled"] { relay[key] = file["relay"]?[key] }
    let part: JSONObject = ["relay": .object(relay), "sources": .object([name: .object(source)])]
    return try RuleFile.parse(
      JSON.object(part).bytes, path: path, secrets: SecretsResolver(mode: mode, environment: environment))
  }
}
