import RelayCore
import Rules

extension Command {
  static let recordingsLink = Command(
    "recordings link", "Prints a link to a recording, signed and expiring",
    details: """
      The same link as the template filter recording_link makes, counted from now. Whoever has it can hear the recording until it
      expires. It leads to the listener of serve --calls at the source's public_url; whether the recording is there is not asked.
      """,
    positionals: [
      Positional("SOURCE", .one, "The source, which has \"recordings\" in the rule file."),
      Positional("FILE", .one, "The recording's name as its record has it."),
    ],
    options: [
      Option("--rules", "FILE", "The rule file, with the source's link secret. Default: rules.json."),
      Option("--json", nil, "One JSON object."),
    ]
  ) { invocation in
    let recordings = try recordings(of: invocation.arguments.positionals[0], invocation)
    let now = invocation.now
    let link: String
    do throws(SourceRecordings.Refusal) {
      link = try recordings.link(to: invocation.arguments.positionals[1], from: now)
    } catch {
      throw CommandError(error.sentence)
    }
    if invocation.wantsJSON {
      // Links expire at whole seconds.
      let expires = Instant(milliseconds: (now + recordings.settings.expiresAfter).milliseconds / 1000 * 1000)
      let object: JSONObject = [
        "source": .string(recordings.source), "url": .string(link), "expires_at": .string(expires.rfc3339),
      ]
      try invocation.output.line(object)
    } else {
      try invocation.output.line(link)
    }
    try invocation.output.flush()
    if link.hasPrefix("http://") {
      invocation.surroundings.complain("http: everybody on the way can hear the recording, and use the link; use https")
    }
    return .done
  }

  /// Of the source's secrets only the link's must be there.
  private static func recordings(of name: String, _ invocation: Invocation) throws -> SourceRecordings {
    let path = invocation.arguments["--rules"] ?? "rules.json"
    let rules = try SourceAlone.read(name, path: path, mode: .lenient, invocation) { $0["auth"] = .string("none") }
    guard let source = rules.sources.first else { throw CommandError("\(path): source \(name) can't be read") }
    guard let recordings = SourceRecordings(source) else {
      throw CommandError("\(path): source \(name) has no recordings; write \"recordings\" into it")
    }
    if let missing = recordings.settings.missingSecrets.first { throw CommandError(missing.description) }
    return recordings
  }
}
