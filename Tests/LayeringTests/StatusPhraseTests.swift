import Testing

/// Every status that the product answers has a reason phrase of the RFCs; no answer says `Status 409`.
@Suite struct StatusPhraseTests {
  /// Those that answer somebody. What a provider or a destination says is not among it, nor what the simulator plays.
  private static let answering = [
    "AdminWeb", "Calling", "HTTP1", "HTTPTypes", "Intake", "Providers", "Recordings", "cdrelay",
  ]
  /// Passed on from the provider with a recording; no source names them as an answer.
  private static let passedOn: Set = [206, 416]
  /// Of README's tables: so that the test notices when it does not see the sources any more.
  private static let documented: Set = [
    200, 201, 400, 401, 403, 404, 405, 408, 409, 410, 413, 414, 415, 417, 421, 422, 429, 431, 501, 502, 503, 504, 505,
  ]

  private static func phrases() throws -> [Int: String] {
    let file = try #require(try Tree.swiftFiles(under: "Sources").first { $0.path.hasSuffix("/StatusPhrase.swift") })
    let matches = file.lines.compactMap { $0.text.firstMatch(of: /case (\d{3}): "(.+)"/) }
    return Dictionary(uniqueKeysWithValues: matches.map { (Int($0.1) ?? 0, String($0.2)) })
  }

  private static func answered() throws -> [(status: Int, path: String)] {
    let patterns = [
      // An answer or an error that becomes one, also with its status on the next line.
      /(?:Problem|ParseError|CallRefusal|Unacceptable|Refusal|HTTPResponse)\(\s*(?:status: )?(\d{3})\b/,
      /\bstatus: (\d{3})\b/,
      // A status by case.
      /case \.[a-zA-Z., ]+: (\d{3})\s/,
      /\? (\d{3}) : \d{3}\b/, /\? \d{3} : (\d{3})\b/,
    ]
    return try Tree.swiftFiles(under: "Sources").filter { answering.contains($0.target) }.flatMap { file in
      let text = file.lines.filter { !$0.isComment }.map(\.text).joined(separator: "\n")
      return patterns.flatMap { pattern in
        text.matches(of: pattern).compactMap { match in Int(match.1).map { (status: $0, path: file.path) } }
      }
    }
  }

  @Test func everyStatusThatIsAnsweredHasOne() throws {
    let phrases = try Self.phrases()
    let answered = try Self.answered()
    for (status, path) in answered where (100...599).contains(status) {
      #expect(phrases[status] != nil, "\(status) in \(path) has no reason phrase")
    }
    for status in Self.documented.union(Self.passedOn) { #expect(phrases[status] != nil, "\(status)") }
    #expect(Self.documented.subtracting(answered.map(\.status)).isEmpty, "the sources are not seen")
  }
}
