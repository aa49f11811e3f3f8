import Foundation
import HTTPTypes
import RelayCore
import TestSupport
import Testing

@testable import Rules

@Suite struct SecretTests {
  private let text = """
    {"relay": {"secrets_file": "/etc/secrets.env"},
     "sources": {"pbx": {"provider": "generic", "auth": {"token": ["${A}", "x-${B}-$${B}-$5"], "basic": {"user": "u", "password": "${file:/p}"}}}}}
    """

  private func requirement(_ file: RuleFile) throws -> SourceAuth.Requirement {
    guard case .anyOf(let requirements) = try #require(file.source(named: "pbx")).auth else {
      throw RuleFileError(problems: [], warnings: [])
    }
    return requirements[0]
  }

  @Test func comeFromTheEnvironmentThenTheSecretsFileThenFiles() throws {
    let resolver = makeResolver(
      ["A": "of the environment"],
      files: [
        "/etc/secrets.env": SecretsResolver.FileContent("A=of the file\nB=of the file\n"),
        "/p": SecretsResolver.FileContent("pass word\n\n"),
      ])
    let requirement = try requirement(parseRules(text, resolver))
    #expect(requirement.tokens.map(\.revealed) == ["of the environment", "x-of the file-${B}-$5"])
    #expect(requirement.basic?.passwords.map(\.revealed) == ["pass word"])
  }

  @Test func aMissingOneIsAProblemThatNamesKeyAndSecret() {
    let resolver = makeResolver(["A": ""], files: ["/etc/secrets.env": SecretsResolver.FileContent("")])
    #expect(
      problems(text, resolver) == [
        "rules.json: sources.pbx.auth.token[0]: ${A} is set but empty",
        "rules.json: sources.pbx.auth.token[1]: secret B is not in the environment or in /etc/secrets.env",
        "rules.json: sources.pbx.auth.basic.password: can't read secret ${file:/p}: No such file or directory",
      ])
  }

  @Test(arguments: [
    ("${A", "\"${\" has no \"}\"; write $${ for the two characters themselves"),
    (
      "${1A}",
      "expected a name of letters, digits and _ between \"${\" and \"}\", or file:/path; write $${ for the two characters themselves"
    ), ("${file:p}", "expected an absolute path in ${file:…}, as in ${file:/run/secrets/crm}"),
  ])
  func malformedReferences(reference: String, sentence: String) {
    let file = ruleFile(source: #"{"provider": "generic", "auth": {"token": "\#(reference)"}}"#)
    #expect(problems(file) == ["rules.json: sources.pbx.auth.token: \(sentence)"])
  }

  @Test func unresolvedNeedsNoSecret() throws {
    let requirement = try requirement(parseRules(text, makeResolver(mode: .unresolved)))
    #expect(requirement.tokens.map(\.revealed) == ["${A}", "x-${B}-${B}-$5"])
    let url = #"{"url": "https://${HOST}/x?k=${K}", "signing_secret": "${S}", "headers": {"a": "b ${C}"}}"#
    let file = try parseRules(ruleFile(destination: url), makeResolver(mode: .unresolved))
    #expect(file.destinations[0].shownURL == "https://${HOST}/x?k=${K}")
    let whole = try parseRules(ruleFile(destination: #"{"url": "${URL}"}"#), makeResolver(mode: .unresolved))
    #expect(whole.destinations[0].shownURL == "${URL}")
  }

  @Test func secretsOfWhatIsDisabledNeedNotBeThere() throws {
    let file = try parseRules(
      """
      {"sources": {"s": {"provider": "generic", "enabled": false, "auth": {"token": "${A}"}}},
       "destinations": {"d": {"url": "https://${B}/", "enabled": false, "headers": {"x": "${C}"}}},
       "rules": [{"name": "all", "send_to": ["d"]}]}
      """)
    #expect(file.source(named: "s") == nil && file.destinations[0].isHeld)
    let input = RenderInput(
      record: RawRecord(body: [], contentType: nil, headers: HTTPHeaders(), query: FormFields()), reading: nil,
      recordID: Identifier(1), receivedAt: Instant(milliseconds: 0), revision: 0, deliveryID: Identifier(1), attempt: 1,
      rule: "all")
    #expect(
      throws: TemplateError(
        path: "destinations.d.headers.x", message: "its secret was not looked up when the rule file was read")
    ) { try file.destinations[0].render(input) }
  }

  @Test func areNeverPrinted() throws {
    let secret = Secret("hunter2")
    let key = SigningKey(bytes: Array("hunter2".utf8))
    var dumped = ""
    dump((secret, key, [secret], SourceAuth.anyOf([.init()])), to: &dumped)
    for text in ["\(secret)", String(reflecting: secret), "\([secret])", "\(key)", String(reflecting: [key]), dumped] {
      #expect(!text.contains("hunter2") && !text.contains("104") && text.contains(Secret.mask), "\(text)")
    }
    let resolver = makeResolver(["K": "hunter2"])
    let file = try parseRules(
      ruleFile(destination: #"{"url": "https://x.example/${K}", "headers": {"a": "${K}"}, "signing_secret": "${K}"}"#),
      resolver)
    #expect(!"\(file.destinations[0])".contains("hunter2"))
    #expect(file.destinations[0].shownURL == "https://x.example/•••")
    #expect(!file.text.contains("hunter2"))
  }

  @Test func secretsFileIsReadAsShellsDo() {
    let file = SecretsFile(
      """
      # comment
      A=plain value   # comment
      export B = "quo\\"ted # not \\n a comment" # comment
      C='as $it \\n is'
      D=

      E=a#b
      F="open
      not a line
      """ + "\r\nG=1\r\n")
    #expect(
      file.values == [
        "A": "plain value", "B": "quo\"ted # not \n a comment", "C": "as $it \\n is", "D": "", "E": "a#b", "G": "1",
      ])
    #expect(file.brokenLines == [8, 9])
  }

  @Test func aSecretsFileThatOthersCanReadIsWarnedOf() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("secrets.env")
    try "A=1\n".write(toFile: path, atomically: false, encoding: .utf8)
    let rules = folder.file("rules.json")
    try #"{"relay": {"secrets_file": "\#(path)"}}"#.write(toFile: rules, atomically: false, encoding: .utf8)
    func warnings(mode: Int) throws -> [String] {
      try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
      return try RuleFile.load(path: rules, secrets: SecretsResolver(environment: [:])).warnings.map(\.description)
    }
    #expect(
      try warnings(mode: 0o644) == [
        "\(rules): relay.secrets_file: everybody on this machine can read \(path); run chmod o-r \(path)"
      ])
    #expect(try warnings(mode: 0o640) == [])
  }

  @Test func aMissingRuleFileIsNamed() {
    #expect(
      throws: RuleFileError(
        RuleProblem(file: "/nowhere.json", path: "", message: "can't read the file: No such file or directory"))
    ) {
      try RuleFile.load(path: "/nowhere.json", secrets: SecretsResolver(environment: [:]))
    }
  }

  @Test func signingSecretsAreBase64BehindTheirPrefixElseText() throws {
    let file = try parseRules(
      ruleFile(destination: #"{"url": "https://x.example", "signing_secret": ["whsec_AQID", "${K}"]}"#),
      makeResolver(["K": "ab"]))
    #expect(file.destinations[0].signingKeys.map(\.bytes) == [[1, 2, 3], [97, 98]])
  }

  private static let writtenOut = """
    {
      "sources": {
        "pbx": {"provider": "generic", "note": "hunter2", "auth": {"any_of": [
          {"token": ["hunter2-hunter2-", "${A}"]}, {"basic": {"user": "u", "password": "hunt\\u0065r2"}},
          {"hmac": {"secret": "${A}-hunter", "header": "x-signature"}}]}},
        "off": {"provider": "callr", "enabled": false, "auth": {"hmac": {"secret": "hunter2"}}}},
      "destinations": {"crm": {"url": "https://x.example", "signing_secret": ["whsec_aHVudGVy", "${file:/p}"],
        "headers": {"Authorization": "Basic aHVudGVy", "X-Api-Key": "hunter2", "x-token": "{{call.id}}", "x-app": "hunter2",
          "proxy-authorization": "Bearer ${A}", "idempotency-key": "hunter2"}}},
      "rules": [{"name": "all", "send_to": ["crm"]}]
    }
    """

  @Test func thoseWrittenOutAreMaskedInTheTextThatIsKept() throws {
    let mask = "\"\(Secret.mask)\""
    let masked = Self.writtenOut
      .replacing(#""hunter2-hunter2-""#, with: mask).replacing(#""hunt\u0065r2""#, with: mask)
      .replacing(#""secret": "hunter2""#, with: #""secret": "# + mask).replacing(#""whsec_aHVudGVy""#, with: mask)
      .replacing(#""Basic aHVudGVy""#, with: mask).replacing(#""X-Api-Key": "hunter2""#, with: #""X-Api-Key": "# + mask)
    let resolver = makeResolver(["A": "a-secret-of-24-characters"], files: ["/p": SecretsResolver.FileContent("p")])
    let file = try parseRules(Self.writtenOut, resolver)
    #expect(file.text == masked)
    #expect(
      file.destinations[0].signingKeys.map(\.bytes) == [Array("hunter".utf8), Array("p".utf8)], "they work all the same"
    )
    // What a database keeps is read again by commands.
    let stored = try parseRules(masked, makeResolver(mode: .unresolved))
    #expect(stored.text == masked && stored.sources.map(\.name) == file.sources.map(\.name))
  }

  @Test func thoseWrittenOutAreWarnedOfOnceEach() throws {
    let places = [
      "sources.pbx.auth.any_of[0].token[0]", "sources.pbx.auth.any_of[1].basic.password",
      "sources.off.auth.hmac.secret",
      "destinations.crm.headers.Authorization", "destinations.crm.headers.X-Api-Key",
      "destinations.crm.signing_secret[0]",
    ]
    #expect(
      try warnings(Self.writtenOut, makeResolver(mode: .unresolved))
        == places.map { "rules.json: \($0): a secret stands in the file; use ${NAME}" })
  }

  @Test func aTokenThatCanBeGuessedIsWarnedOf() throws {
    func text(_ token: String) -> String {
      #"{"sources": {"telecmi": {"provider": "telecmi", "auth": {"token": \#(token)}}}}"#
    }
    let warning =
      "rules.json: sources.telecmi.auth.token: shorter than 16 characters, which can be guessed; "
      + "`openssl rand -hex 16` makes a better one"
    let resolver = makeResolver(["FIFTEEN": "fifteen-letters", "SIXTEEN": "sixteen-letters!", "FIVE": "short"])
    #expect(try warnings(text(#""${FIFTEEN}""#), resolver) == [warning])
    #expect(try warnings(text(#"["${SIXTEEN}", "${FIVE}"]"#), resolver) == [warning])
    #expect(try warnings(text(#""${SIXTEEN}""#), resolver) == [])
    // A secret that is not looked up has no length.
    #expect(try warnings(text(#""${TOKEN}""#), SecretsResolver(mode: .unresolved, environment: [:])) == [])
  }
}
