import HTTPTypes
import RelayCore
import Testing

@testable import Rules

@Suite struct CredentialTests {
  private let environment = ["T": "s3cret-token", "P": "pä:ss@word", "ID": "client-1", "S": "shh", "R": "refresh-1"]

  private func destination(_ more: String, mode: SecretsResolver.Mode = .resolved) throws -> Destination {
    let text = ruleFile(destination: #"{"url": "https://x.example/", \#(more)}"#)
    return try parseRules(text, makeResolver(environment, mode: mode)).destinations[0]
  }

  private func header(_ name: String, of destination: Destination, masked: Bool = false) throws -> String? {
    let input = RenderInput(
      record: RawRecord(body: [], contentType: nil, headers: HTTPHeaders(), query: FormFields()), reading: nil,
      recordID: Identifier(1), receivedAt: Instant(milliseconds: 0), revision: 0, deliveryID: Identifier(2), attempt: 1,
      rule: "all", masksSecrets: masked)
    return try destination.render(input).headers.first { $0.name == name }?.value
  }

  @Test(arguments: [
    (#"{"bearer": "${T}"}"#, "authorization", "Bearer s3cret-token", "Bearer •••"),
    (#"{"bearer": "written out"}"#, "authorization", "Bearer written out", "Bearer •••"),
    (#"{"basic": {"user": "ann", "password": "${P}"}}"#, "authorization", "Basic YW5uOnDDpDpzc0B3b3Jk", "Basic •••"),
    (
      #"{"header": {"name": "Authorization", "value": "Zoho-oauthtoken ${T}"}}"#, "authorization",
      "Zoho-oauthtoken s3cret-token", "Zoho-oauthtoken •••"
    ),
    (
      #"{"header": {"name": "authorization", "value": "Token token=${T}"}}"#, "authorization",
      "Token token=s3cret-token", "Token token=•••"
    ), (#"{"header": {"name": "X-Api-Token", "value": "written"}}"#, "x-api-token", "written", "•••"),
  ])
  func everyKindOfHeader(auth: String, name: String, value: String, shown: String) throws {
    let destination = try destination(#""auth": \#(auth)"#)
    #expect(try header(name, of: destination) == value)
    #expect(try header(name, of: destination, masked: true) == shown)
    let unresolved = try self.destination(#""auth": \#(auth)"#, mode: .unresolved)
    #expect(try header(name, of: unresolved, masked: true)?.contains("•••") == true)
  }

  @Test func oauth2() throws {
    let short = try #require(
      destination(
        #""auth": {"oauth2": {"token_url": "https://id.example/t", "client_id": "a", "client_secret": "${S}"}}"#
      )
      .oauth2)
    #expect(short.tokenURL == "https://id.example/t" && short.clientID.revealed == "a" && short.clientAuth == .body)
    #expect(short.clientSecret?.revealed == "shh" && short.refreshToken == nil && short.headerPrefix == "Bearer")
    #expect(short.scope == nil && short.audience == nil && short.tls == nil)
    let long = try #require(
      destination(
        """
        "auth": {"oauth2": {"token_url": "https://id.example/${ID}/t", "client_id": "${ID}", "client_secret": "${S}",
          "refresh_token": "${R}", "scope": "a b", "audience": "api", "client_auth": "basic",
          "header_prefix": "Zoho-oauthtoken", "tls": {"verify": true}}}
        """
      ).oauth2)
    #expect(long.tokenURL == "https://id.example/client-1/t" && long.refreshToken?.revealed == "refresh-1")
    #expect(long.scope == "a b" && long.audience == "api" && long.clientAuth == .basic)
    #expect(long.headerPrefix == "Zoho-oauthtoken" && long.tls == TLSSettings())
    for secret in ["shh", "refresh-1"] { #expect(!String(reflecting: long).contains(secret)) }
    // A public client.
    let client = try destination(
      #""auth": {"oauth2": {"token_url": "https://id.example/t", "client_id": "a", "refresh_token": "${R}"}}"#)
    #expect(client.oauth2?.clientSecret == nil)
  }

  @Test func whatCantBeMeantIsAProblem() {
    func check(_ auth: String, _ sentences: String..., more: String = "") {
      let text = ruleFile(destination: #"{"url": "https://x.example/", \#(more) "auth": \#(auth)}"#)
      #expect(
        problems(text, makeResolver(environment)) == sentences.map { "rules.json: destinations.crm.auth\($0)" },
        "\(auth)")
    }
    check(#""none""#, ": expected an object with bearer, basic, header or oauth2, found a string")
    check("{}", ": says nothing; expected one of bearer, basic, header and oauth2")
    check(
      #"{"bearer": "a", "note": "x", "basic": {}}"#,
      ": holds bearer and basic; a request carries one of them, remove the other")
    check(
      #"{"berer": "x"}"#, ".berer: unknown key; did you mean bearer?",
      ": says nothing; expected one of bearer, basic, header and oauth2")
    check(#"{"bearer": 5}"#, ".bearer: expected a text, found a number")
    check(#"{"bearer": "${NONE}"}"#, ".bearer: secret NONE is not in the environment; relay.secrets_file is not set")
    check(#"{"bearer": "a\nb"}"#, ".bearer: holds a line break or another control character")
    check(
      #"{"basic": {"user": "a:b", "password": "x"}}"#,
      ".basic.user: a user name of basic authentication holds no colon (RFC 7617 §2)")
    check(#"{"basic": {"user": "a"}}"#, ".basic.password: missing; basic takes user and password")
    check(#"{"header": {"name": "a b", "value": "x"}}"#, #".header.name: expected the name of a header, found "a b""#)
    check(
      #"{"header": {"name": "Host", "value": "x"}}"#,
      ".header.name: is set by the relay itself; expected another header")
    check(#"{"header": {"name": "x"}}"#, ".header.value: missing; header takes name and value")
    check(
      #"{"bearer": "x"}"#, ": sets authorization, which stands in headers too; remove one of them",
      more: #""headers": {"Authorization": "y"},"#)
    let start = #"{"oauth2": {"token_url": "https://id.example/t", "client_id": "a""#
    check(
      #"{"oauth2": {}}"#, ".oauth2.token_url: missing; expected the absolute url where tokens are fetched",
      ".oauth2.client_id: missing; the server knows the client by it",
      ".oauth2.client_secret: missing; only a client with a refresh_token may go without")
    check(
      start + #", "client_secret": "x", "client_auth": "header"}}"#,
      #".oauth2.client_auth: expected body or basic, found "header""#)
    check(
      start + #", "refresh_token": "x", "client_auth": "basic"}}"#, ".oauth2.client_auth: basic needs a client_secret")
    check(
      #"{"oauth2": {"token_url": "https://127.0.0.1/t", "client_id": "a", "client_secret": "b"}}"#,
      #".oauth2.token_url: 127.0.0.1 is a loopback, private or link-local address; write "allow_private": true beside the destination if that is meant"#
    )
    check(
      #"{"oauth2": {"token_url": "https://id.example/{{source}}", "client_id": "a", "client_secret": "b"}}"#,
      ".oauth2.token_url: one token is fetched for all deliveries, so nothing of a record can stand here")
  }

  @Test func anUnencryptedTokenURLIsWarnedOf() throws {
    let auth = #"{"oauth2": {"token_url": "http://id.example/t", "client_id": "a", "client_secret": "${S}"}}"#
    let text = ruleFile(destination: #"{"url": "https://x.example/", "auth": \#(auth)}"#)
    #expect(
      try warnings(text, makeResolver(environment)) == [
        "rules.json: destinations.crm.auth.oauth2.token_url: is http: anyone on the way can read the client's secret and "
          + "the token; use https (RFC 6749 §3.2)"
      ])
  }

  @Test func whatIsWrittenOutIsWarnedOfAndMasked() throws {
    let file = try parseRules(
      """
      {"destinations": {
         "a": {"url": "https://a.example/", "auth": {"bearer": "hidden-1"}},
         "b": {"url": "https://b.example/", "auth": {"header": {"name": "x", "value": "Token hidden-2"}}},
         "c": {"url": "https://c.example/", "auth": {"oauth2": {"token_url": "https://id.example/t", "client_id": "shown",
               "client_secret": "hidden-3", "refresh_token": "hidden-4"}}},
         "d": {"url": "https://d.example/", "allow_private": true, "proxy": "http://ann:hidden-5@proxy.example:3128"},
         "e": {"url": "https://e.example/", "allow_private": true, "proxy": "http://shown.example:3128"}},
       "rules": [{"name": "all", "send_to": ["a", "b", "c", "d", "e"]}]}
      """)
    let places = [
      "a.auth.bearer", "b.auth.header.value", "c.auth.oauth2.refresh_token", "c.auth.oauth2.client_secret", "d.proxy",
    ]
    #expect(
      file.warnings.map(\.description)
        == places.map { "rules.json: destinations.\($0): a secret stands in the file; use ${NAME}" })
    #expect(!file.text.contains("hidden") && file.text.contains("shown.example") && file.text.contains(#""shown""#))
  }
}

@Suite struct TLSSettingsTests {
  private static let certificate = "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n"
  private static let key = "-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----\n"
  private let resolver = makeResolver(
    ["K": "pass"],
    files: [
      "/ca": .init(certificate), "/key": .init(key), "/open": .init(key, isReadableByOthers: true),
      "/both": .init(certificate + key), "/text": .init("hello"),
      "/locked": .init("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMII\n-----END ENCRYPTED PRIVATE KEY-----\n"),
      "/old": .init("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMII\n-----END RSA PRIVATE KEY-----\n"),
    ])

  private func text(_ tls: String, _ url: String = "https://x.example/") -> String {
    ruleFile(destination: #"{"url": "\#(url)", "tls": \#(tls)}"#)
  }

  @Test func isRead() throws {
    let tls = try parseRules(
      text(
        #"{"ca_file": "/ca", "client_certificate_file": "/ca", "client_key_file": "/locked", "client_key_password": "${K}"}"#
      ),
      resolver
    ).destinations[0].tls
    #expect(tls?.caFile == "/ca" && tls?.clientCertificateFile == "/ca" && tls?.clientKeyFile == "/locked")
    #expect(tls?.clientKeyPassword?.revealed == "pass" && tls?.verifies == true)
    #expect(
      try parseRules(text(#"{"client_certificate_file": "/both"}"#), resolver).destinations[0].tls?.clientKeyFile == nil
    )
    #expect(try parseRules(text(#"{"ca_file": "/ca", "enabled": false}"#), resolver).destinations[0].tls == nil)
    // A laptop without the files.
    let laptop = try parseRules(text(#"{"ca_file": "/nowhere"}"#), makeResolver(mode: .unresolved))
    #expect(laptop.destinations[0].tls?.caFile == "/nowhere")
  }

  @Test func filesAreLookedIntoWhenTheRuleFileIsRead() {
    func check(_ tls: String, _ sentence: String) {
      #expect(problems(text(tls), resolver) == ["rules.json: destinations.crm.tls" + sentence], "\(tls)")
    }
    check(#"{"ca_file": "/nowhere"}"#, ".ca_file: can't read /nowhere: No such file or directory")
    check(#"{"ca_file": "/text"}"#, ".ca_file: /text holds no certificate in PEM form (-----BEGIN …CERTIFICATE-----)")
    check(
      #"{"client_certificate_file": "/ca", "client_key_file": "/ca"}"#,
      ".client_key_file: /ca holds no private key in PEM form (-----BEGIN …PRIVATE KEY-----)")
    check(
      #"{"client_certificate_file": "/ca"}"#,
      ".client_certificate_file: /ca holds no private key; name its file in client_key_file")
    check(#"{"client_key_file": "/key"}"#, ".client_key_file: has no effect without client_certificate_file")
    for locked in ["/locked", "/old"] {
      check(
        #"{"client_certificate_file": "/ca", "client_key_file": "\#(locked)"}"#,
        ".client_key_file: \(locked) is encrypted; add client_key_password")
    }
    check(#"{"verify": "no"}"#, #".verify: expected true or false, found "no""#)
    check(#"{"verfy": false}"#, ".verfy: unknown key; did you mean verify?")
  }

  @Test func whatIsDangerousIsWarnedOf() throws {
    func check(_ text: String, _ sentence: String) throws {
      #expect(try warnings(text, resolver) == ["rules.json: destinations.crm.tls" + sentence])
    }
    try check(
      text(#"{"verify": false}"#),
      ".verify: false: anyone on the way can read and change what is sent, secrets too; name the server's CA in ca_file instead"
    )
    try check(
      text(#"{"client_certificate_file": "/ca", "client_key_file": "/open"}"#),
      ".client_key_file: everybody on this machine can read /open; run chmod o-r /open")
    try check(text(#"{"ca_file": "/ca"}"#, "http://x.example/"), ": has no effect: the url is http")
  }
}

@Suite struct ProxySettingsTests {
  private func proxy(_ text: String, _ environment: [String: String] = [:]) throws -> ProxySettings? {
    try parseRules(
      ruleFile(destination: #"{"url": "https://x.example/", "allow_private": true, "proxy": "\#(text)"}"#),
      makeResolver(environment)
    ).destinations[0].proxy
  }

  private func settings(_ url: String, _ user: String? = nil, _ password: String? = nil) -> ProxySettings {
    ProxySettings(url: url, user: user.map { Secret($0) }, password: password.map { Secret($0) })
  }

  @Test func isRead() throws {
    #expect(try proxy("http://proxy.example:3128") == settings("http://proxy.example:3128"))
    #expect(try proxy("http://[2001:db8::1]:3128/") == settings("http://[2001:db8::1]:3128"))
    #expect(try proxy("http://10.0.0.1:3128") == settings("http://10.0.0.1:3128"))
    #expect(try proxy("http://ann@proxy.example:3128") == settings("http://proxy.example:3128", "ann"))
    #expect(
      try proxy("http://a%40nn:p%3Ass@proxy.example:3128") == settings("http://proxy.example:3128", "a@nn", "p:ss"))
    // A secret stands as it is, whatever it holds.
    #expect(
      try proxy("http://ann:${P}@proxy.example:3128", ["P": "x:%41@/y"])
        == settings("http://proxy.example:3128", "ann", "x:%41@/y"))
    #expect(
      try proxy("${PROXY}", ["PROXY": "http://ann:p%41@proxy.example:3128"])
        == settings("http://proxy.example:3128", "ann", "pA"))
    #expect(try proxy("none") == nil)
    let shown = String(reflecting: try proxy("http://ann:${P}@proxy.example:3128", ["P": "hidden"]))
    #expect(!shown.contains("hidden") && !shown.contains("ann"))
  }

  @Test func whatIsNoProxyIsAProblem() {
    func check(_ proxy: String, _ sentence: String) {
      let text = ruleFile(destination: #"{"url": "https://x.example/", "proxy": \#(proxy)}"#)
      #expect(problems(text) == ["rules.json: destinations.crm.proxy: " + sentence], "\(proxy)")
    }
    let what = #"a proxy such as http://proxy.example.com:3128, or "none""#
    check("5", "expected \(what), found 5")
    check(#""socks5://proxy.example:1080""#, "expected \(what), found one of another kind")
    check(#""http://proxy.example""#, "expected a port behind the proxy's host, as in :3128")
    check(#""http://u:p%4@proxy.example:3128""#, "expected two hex digits behind % in the user or password")
    check(#""http://u:p@:3128""#, "expected a host behind \"://\"")
  }

  @Test func theRelaysOwnHoldsWhereADestinationSaysNothing() throws {
    let file = try parseRules(
      """
      {"relay": {"proxy": "http://proxy.example:3128"},
       "destinations": {
         "a": {"url": "https://a.example/", "allow_private": true},
         "b": {"url": "https://b.example/", "proxy": "none"},
         "c": {"url": "https://c.example/", "proxy": "http://other.example:8080"},
         "d": {"url": "http://127.0.0.1:9000/", "allow_private": true}},
       "rules": [{"name": "all", "send_to": ["a", "b", "c", "d"]}]}
      """)
    #expect(
      file.destinations.map { $0.proxy?.url } == [
        "http://proxy.example:3128", nil, "http://other.example:8080", "http://proxy.example:3128",
      ])
    #expect(
      file.warnings.map(\.description) == [
        "rules.json: destinations.c.proxy: the proxy looks up c.example itself, so that nobody sees whether it is a private "
          + #"address; write "allow_private": true if the proxy decides what may be reached"#,
        "rules.json: destinations.d: goes through relay.proxy although its address is private; "
          + #"write "proxy": "none" if it is reached directly"#,
      ])
  }
}
