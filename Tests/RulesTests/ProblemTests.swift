import Foundation
import RelayCore
import Testing

@testable import Rules

@Suite struct ProblemTests {
  struct Case: Sendable {
    let text: String
    let sentences: [String]

    init(_ text: String, _ sentences: String...) {
      self.init(text, sentences)
    }

    init(_ text: String, _ sentences: [String]) {
      self.text = text
      self.sentences = sentences.map { "rules.json: " + $0 }
    }
  }

  private static let noComments = #"JSON has no comments; write "note": "…" into an object for that"#

  private func check(_ cases: [Case]) {
    for item in cases { #expect(problems(item.text) == item.sentences, "\(item.text)") }
  }

  @Test func theFileAsAWhole() {
    check([
      Case("", "line 1, column 1: expected a value, found the end of the text"),
      Case(
        "\u{FEFF}{}",
        "line 1, column 1: a byte order mark (BOM) stands before the text, where RFC 8259 section 8.1 allows none; "
          + "write it as UTF-8 without BOM, that is without the bytes EF BB BF"),
      Case("{\n  \"rules\": [\n    {\"näme\" 1}]}", "line 3, column 13: expected ':' behind the key"),
      Case("{\"rules: [\n]}", #"line 1, column 11: the line ended inside a text: is a " missing?"#),
      Case("{\"a\": \"\\u00e9b\r\n\"}", #"line 1, column 15: the line ended inside a text: is a " missing?"#),
      Case("{\"a\tb\": 1}", "line 1, column 4: control character in a string"),
      Case("// mine\n{}", "line 1, column 1: \(Self.noComments)"),
      Case("{ # mine\n}", "line 1, column 3: \(Self.noComments)"),
      Case("{\"rules\": [ /* none */ ]}", "line 1, column 13: \(Self.noComments)"),
      Case("{\"rules\": [] // none\n}", "line 1, column 14: \(Self.noComments)"),
      Case("{\"rules\": [],\n  // none\n}", "line 2, column 3: \(Self.noComments)"),
      Case("{\"rules\": /}", "line 1, column 11: expected a value"),
      Case(
        "[]",
        "expected an object with relay, alerts, tables, sources, clients, destinations, rules and tests, found an empty list"
      ),
      Case(#"{"rule": []}"#, "rule: unknown key; did you mean rules?"),
      Case(
        #"{"zzz": 1}"#,
        "zzz: unknown key; known are relay, alerts, tables, sources, clients, destinations, rules, tests, $schema, enabled and note"
      ),
      Case(#"{"rules": {}}"#, "rules: expected a list of rules, found an object"),
      Case(#"{"sources": []}"#, "sources: expected an object of sources by name, found an empty list"),
      Case(
        #"{"destinations": {"a": {"url": "https://x.example"}, "a": {"url": "https://y.example"}}}"#,
        "destinations.a: stands twice in the same object; only the last would count"),
    ])
  }

  @Test func tests() {
    let sources = #""sources": {"pbx": {"provider": "generic", "auth": "none"}}"#
    check([
      Case(#"{"tests": {}}"#, "tests: expected a list of tests, found an object"),
      Case(
        #"{"tests": [{}]}"#, "tests[0].name: missing; say what the test shows",
        "tests[0].source: missing; expected the name of a source",
        "tests[0].record: missing; expected the body of a webhook",
        "tests[0]: expects nothing; write rules, destinations or bodies"),
      Case(
        #"{\#(sources), "tests": [{"name": "t", "source": "pbk", "record": [], "rules": ["x"], "destinations": "x", "bodies": {"y": 1}}]}"#,
        #"tests[0].source: unknown source "pbk"; did you mean pbx?"#,
        "tests[0].record: expected an object, or a form as text, found an empty list",
        #"tests[0].rules[0]: unknown rule "x""#,
        #"tests[0].destinations: expected a list of destinations, found "x""#,
        "tests[0].bodies.y: unknown destination"),
    ])
  }

  @Test func relay() {
    check([
      Case(#"{"relay": {"databse": "x"}}"#, "relay.databse: unknown key; did you mean database?"),
      Case(#"{"relay": {"database": ""}}"#, "relay.database: expected a path, found an empty text"),
      Case(
        #"{"relay": {"body_limit_bytes": 100}}"#,
        "relay.body_limit_bytes: expected an integer from 1024 to 67108864, found 100"),
      Case(#"{"relay": {"json_depth": "64"}}"#, #"relay.json_depth: expected an integer from 1 to 256, found "64""#),
      Case(
        #"{"relay": {"time_zone": "Europe/Pariss"}}"#,
        #"relay.time_zone: expected the name of a time zone such as Europe/Paris, found "Europe/Pariss"; did you mean Europe/Paris?"#
      ),
      Case(
        #"{"relay": {"trusted_proxies": ["10.0.0.0/33"]}}"#,
        #"relay.trusted_proxies[0]: expected an address block such as 10.1.0.0/16 or 2001:db8::/32, found "10.0.0.0/33""#
      ),
      Case(
        #"{"relay": {"secrets_file": "/nowhere"}}"#,
        "relay.secrets_file: can't read /nowhere: No such file or directory"),
      Case(
        #"{"relay": {"queue": {"min_free_byte": 5}}}"#,
        "relay.queue.min_free_byte: unknown key; did you mean min_free_bytes?"),
      Case(
        #"{"relay": {"queue": {"max_waiting_requests": 0}}}"#,
        "relay.queue.max_waiting_requests: expected an integer from 1 to 1000000, found 0"),
      Case(
        #"{"relay": {"queue": {"max_waiting_request_bytes": 1024}}}"#,
        "relay.queue.max_waiting_request_bytes: expected an integer from 1048576 to 4294967296, found 1024"),
      Case(
        #"{"relay": {"queue": {"max_unsettled_deliveries": -1}}}"#,
        "relay.queue.max_unsettled_deliveries: expected an integer from 1 to 1000000000000, found -1"),
      Case(
        #"{"relay": {"queue": {"max_database_bytes": "1 GiB"}}}"#,
        #"relay.queue.max_database_bytes: expected an integer from 1048576 to 281474976710656, found "1 GiB""#),
      Case(
        #"{"relay": {"queue": {"min_free_bytes": -1}}}"#,
        "relay.queue.min_free_bytes: expected an integer from 0 to 1099511627776, found -1"),
      Case(
        #"{"relay": {"queue": {"reserve_bytes": 9999999999}}}"#,
        "relay.queue.reserve_bytes: expected an integer from 0 to 1073741824, found 9999999999"),
      Case(
        #"{"relay": {"queue": {"answer_within_seconds": 0}}}"#,
        "relay.queue.answer_within_seconds: expected a number from 0.1 to 300, found 0"),
      Case(
        #"{"relay": {"limits": {"conections": 5}}}"#,
        "relay.limits.conections: unknown key; did you mean connections?"),
      Case(
        #"{"relay": {"limits": {"head_bytes": 10}}}"#,
        "relay.limits.head_bytes: expected an integer from 1024 to 1048576, found 10"),
      Case(
        #"{"relay": {"limits": {"idle_seconds": 0}}}"#,
        "relay.limits.idle_seconds: expected a number from 0.1 to 3600, found 0"),
      Case(
        #"{"relay": {"body_limit_bytes": 2000000, "limits": {"buffered_bytes": 3999999}}}"#,
        "relay.limits.buffered_bytes: expected at least twice relay.body_limit_bytes, 4000000, found 3999999"),
      Case(#"{"relay": {"note": 5}}"#, "relay.note: expected a text, found 5"),
      Case(#"{"relay": {"enabled": "no"}}"#, #"relay.enabled: expected true or false, found "no""#),
    ])
  }

  @Test func sources() {
    let why =
      #"write "none" if anyone who knows the address may post, else what is required: token, basic, hmac or allow_from"#
    func source(_ text: String, _ sentence: String) -> Case { Case(ruleFile(source: text), "sources.pbx" + sentence) }
    check([
      source(#"{"provider": "generic"}"#, ".auth: missing; \(why)"),
      source(#"{"auth": "none"}"#, ".provider: missing; expected telecmi, callr or generic"),
      source(
        #"{"auth": "none", "provider": "telcmi"}"#,
        #".provider: expected telecmi, callr or generic, found "telcmi"; did you mean telecmi?"#),
      source(
        #"{"provider": "generic", "auth": "hunter2"}"#,
        #".auth: expected "none" or an object with token, basic, hmac, allow_from or any_of, found a string"#),
      source(#"{"provider": "generic", "auth": {}}"#, ".auth: requires nothing; \(why)"),
      source(#"{"provider": "generic", "auth": {"tokn": "x"}}"#, ".auth.tokn: unknown key; did you mean token?"),
      source(
        #"{"provider": "generic", "auth": {"token": ["a", "b", "c"]}}"#,
        ".auth.token: expected one secret, or two during rotation, found 3"),
      source(#"{"provider": "generic", "auth": {"token": 5}}"#, ".auth.token: expected a text, found a number"),
      source(
        #"{"provider": "generic", "auth": {"basic": {"user": "u"}}}"#,
        ".auth.basic.password: missing; basic takes user and password"),
      source(
        #"{"provider": "generic", "auth": {"hmac": {"secret": "x"}}}"#,
        ".auth.hmac.header: missing; only callr has a default, name the header that carries the signature"),
      source(
        #"{"provider": "callr", "auth": {"hmac": {"secret": "x", "algorithm": "sha1"}}}"#,
        #".auth.hmac.algorithm: expected sha256 or sha512, found "sha1""#),
      source(
        #"{"provider": "generic", "auth": {"any_of": []}}"#,
        ".auth.any_of: expected at least one object with token, basic, hmac or allow_from, found an empty list"),
      source(
        #"{"provider": "generic", "auth": {"any_of": [{"token": "a"}], "token": "b"}}"#,
        ".auth.token: stands beside any_of; move it into each element of any_of that needs it"),
      source(
        #"{"provider": "generic", "auth": {"allow_from": []}}"#,
        ".auth.allow_from: expected at least one address block such as 10.1.0.0/16, found an empty list"),
      source(
        #"{"provider": "generic", "auth": {"token": "a", "enabled": false}}"#,
        #".auth: can't be switched off with enabled; write "auth": "none" instead"#),
      source(
        #"{"provider": "telecmi", "auth": "none", "key": "a"}"#,
        ".key: only a generic source takes a key; telecmi has its own"),
      source(
        #"{"provider": "generic", "auth": "none", "key": "a..b"}"#,
        #".key: expected a path such as call.uuid, found "a..b""#),
      source(
        #"{"provider": "callr", "auth": "none", "app_ids": [1]}"#, ".app_ids: only a telecmi source takes app_ids"),
      source(
        #"{"provider": "telecmi", "auth": "none", "app_ids": ["x"]}"#,
        #".app_ids[0]: expected an integer from 1 to 9223372036854775807, found "x""#),
      Case(
        #"{"sources": {"a b": {"provider": "generic", "auth": "none"}}}"#,
        #"sources["a b"]: expected a name of 1 to 64 letters, digits, _ and -, found "a b""#),
    ])
  }

  @Test func destinations() {
    func destination(_ text: String, _ sentence: String) -> Case {
      Case(ruleFile(destination: text), "destinations.crm" + sentence)
    }
    func with(_ key: String, _ value: String, _ sentences: String...) -> Case {
      let text = #"{"url": "https://x.example/", "\#(key)": \#(value)}"#
      return Case(ruleFile(destination: text), sentences.map { "destinations.crm.\(key)" + $0 })
    }
    check([
      destination("{}", ".url: missing; expected an absolute http or https url"),
      with(
        "retry", #"{"max_attempts": 0}"#, ".max_attempts: expected an integer from 1 to 100, found 0"),
      with("retry", #"{"max_atempts": 1}"#, ".max_atempts: unknown key; did you mean max_attempts?"),
      with(
        "retry", #"{"give_up_after_hours": "forever"}"#,
        #".give_up_after_hours: expected a number from 0.01 to 87600 or "never", found "forever""#),
      with(
        "retry", #"{"first_delay_seconds": 10, "max_delay_seconds": 5}"#,
        ".max_delay_seconds: expected at least first_delay_seconds, which is 10, found 5"),
      with(
        "retry", #"{"retry_on": [99, "6xx"], "give_up_on": 410}"#,
        #".retry_on[0]: expected a status from 200 to 599, or a class such as "5xx", found 99"#,
        #".retry_on[1]: expected a status from 200 to 599, or a class such as "5xx", found "6xx""#,
        #".give_up_on: expected a list of statuses such as [409, "5xx"], found 410"#),
      with(
        "retry", #"{"hold_after": 0, "breaker_after": "none"}"#,
        #".hold_after: expected an integer from 1 to 10000 or "never", found 0"#,
        #".breaker_after: expected an integer from 1 to 10000 or "never", found "none""#),
      with("rate_per_day", "0.5", ": expected an integer from 1 to 1000000000, found 0.5"),
      with(
        "answers", #"[{"then": "retry"}, {"when": {"status": 200}}, {"when": {"state": 1}, "then": "kill"}]"#,
        #"[0].when: missing; expected a filter such as {"status": 200, "body": {"code": 502}}"#,
        "[1].then: missing; expected delivered, retry, dead, hold or wait",
        "[2].when.state: unknown key; known are status, headers and body",
        #"[2].then: expected delivered, retry, dead, hold or wait, found "kill""#),
      with(
        "answers", #"[{"when": {}, "then": "wait"}, {"when": {}, "then": "dead", "wait_seconds": 5}]"#,
        "[0]: expected one of wait_seconds and wait_until",
        #"[1].wait_seconds: goes with "then": "wait" only"#),
      with(
        "answers", #"[{"when": {}, "then": "wait", "wait_until": "24:00", "time_zone": "Europe/Pari"}]"#,
        #"[0].time_zone: expected the name of a time zone such as Europe/Paris, found "Europe/Pari"; did you mean Europe/Paris?"#,
        #"[0].wait_until: expected a time of day such as "00:00", found "24:00""#),
      with("timeout_seconds", "0", ": expected a number from 0.1 to 600, found 0"),
      with("max_in_flight", "1.5", ": expected an integer from 1 to 1000, found 1.5"),
      with("rate_per_second", "-1", ": expected a number from 0.001 to 100000, found -1"),
      with("method", #""post""#, #": expected POST, PUT, PATCH, DELETE or GET, found "post"; did you mean POST?"#),
      with("paused", "1", ": expected true or false, found 1"),
      with("on_revision", #""drop""#, #": expected send or skip, found "drop""#),
      with("order", #""per-call""#, #": expected any or per_call, found "per-call"; did you mean per_call?"#),
      with("headers", #"{"bad name": "x"}"#, #"["bad name"]: expected the name of a header"#),
      with("headers", #"{"Content-Length": "5"}"#, ".Content-Length: is set by the relay itself; remove it"),
      with("headers", #"{"x": 5}"#, ".x: expected a text, found a number"),
      with("headers", #"{"x": "a\r\nb: c"}"#, ".x: holds a line break or another control character"),
      with(
        "headers", #"{"X": "a", "x": "b"}"#,
        ".x: stands twice; the names of headers are the same in upper and lower case"),
      with("signing_secret", #""whsec_???""#, ": expected base64 behind whsec_"),
      with("body", #"{"a": ["{{call.idd}}"]}"#, ".a[0]: unknown field call.idd; did you mean id?"),
      with("body", #"{"a": "{{call.id | requird}}"}"#, ".a: unknown filter requird; did you mean required?"),
      with("body", #"{"a": "{{call.id"}"#, #".a: "{{" has no "}}""#),
      with("body", #""{{recrd.id}}""#, ": unknown path recrd.id; did you mean record?"),
      with("body", #""{{}}""#, ": expected a path such as call.id between {{ and }}"),
      with(
        "body", #""{{call.id | default}}""#, ": filter default needs a value, as in {{call.agent | default: nobody}}"),
      with("body", #""{{call.id | json: 2}}""#, ": filter json takes no value"),
      destination(
        #"{"url": "https://x.example/", "tiemout_seconds": 3}"#,
        ".tiemout_seconds: unknown key; did you mean timeout_seconds?"),
      destination(
        #"{"url": "https://x.example/", "method": "GET", "body": {}}"#,
        ".body: a GET request has no body; put the values in the url"),
    ])
  }

  @Test func urls() {
    func url(_ text: String, _ sentence: String) -> Case {
      Case(ruleFile(destination: #"{"url": "\#(text)"}"#), "destinations.crm.url: " + sentence)
    }
    let isPrivate =
      " is a loopback, private or link-local address; write \"allow_private\": true beside it if that is meant"
    check([
      url("crm.example.com/x", "expected an absolute http or https url, found none with \"://\""),
      url("ftp://crm.example.com", "expected an http or https url, found one of another kind"),
      url("https:///x", "expected a host behind \"://\""),
      url("https://u:p@x.example/", "holds a user or password before @; send them in headers.authorization"),
      url("https://x.example/a#b", "a url that is sent has no part behind #; remove it"),
      url(
        "https://x.example/a b",
        "holds a character that has to be percent-encoded, such as a space or an accented letter"),
      url("https://x.example:99999/", "expected a port from 1 to 65535 behind the host"),
      url("https://{{source}}.example/", "a placeholder may stand in the path and the query only; write the host out"),
      url("https://x{{source}}", "a placeholder may stand in the path and the query only; write the host out"),
      url("https://127.1/", "expected an IPv4 address in four decimal parts, as in 192.0.2.1"),
      url("https://2130706433/", "expected an IPv4 address in four decimal parts, as in 192.0.2.1"),
      url("https://0x7f.0.0.1/", "expected an IPv4 address in four decimal parts, as in 192.0.2.1"),
      url("http://127.0.0.1:9000/", "127.0.0.1" + isPrivate), url("http://LOCALHOST/", "localhost" + isPrivate),
      url("http://crm.localhost./", "crm.localhost." + isPrivate), url("http://[::1]/", "::1" + isPrivate),
      url("http://10.1.2.3/{{call.id}}", "10.1.2.3" + isPrivate),
      url("http://169.254.169.254/latest", "169.254.169.254" + isPrivate),
      url("http://[::ffff:192.168.1.1]:80/", "::ffff:192.168.1.1" + isPrivate),
      url("http://[fe80::1]/", "fe80::1" + isPrivate),
    ])
  }

  @Test func rules() {
    func rule(_ text: String, _ sentence: String) -> Case {
      Case(
        #"{"destinations": {"crm": {"url": "https://x.example"}}, "rules": [{"name": "a", "send_to": ["crm"]}, \#(text)]}"#,
        "rules[1]" + sentence)
    }
    check([
      rule(#"{"send_to": []}"#, ".name: missing; every rule has a name of its own"),
      rule(#"{"name": "b"}"#, ".send_to: missing; expected a list of destinations"),
      rule(#"{"name": "b", "send_to": "crm"}"#, #".send_to: expected a list of destinations, found "crm""#),
      rule(#"{"name": "b", "send_to": ["crn"]}"#, #".send_to[0]: unknown destination "crn"; did you mean crm?"#),
      rule(#"{"name": "b", "send_to": ["billing"]}"#, #".send_to[0]: unknown destination "billing"; known are crm"#),
      rule(#"{"name": "a", "send_to": []}"#, #".name: "a" is the name of rules[0] already"#),
      rule(#"{"name": "b", "send_to": [], "stop": "yes"}"#, #".stop: expected true or false, found "yes""#),
      rule(
        #"{"name": "b", "send_to": [], "if": {}}"#,
        ".if: unknown key; known are name, when, send_to, stop, enabled and note"),
    ])
  }

  @Test func filters() {
    func filter(_ text: String, _ sentence: String) -> Case { Case(ruleFile(when: text), "rules[0].when" + sentence) }
    check([
      filter(#""x""#, #": expected an object such as {"call": {"role": "call"}}, found "x""#),
      filter(
        #"{"bdy": {}}"#,
        ".bdy: unknown key; a filter looks at source, provider, kind, call, body, headers and query; did you mean body?"
      ),
      filter(
        #"{"status": "missed"}"#,
        ".status: unknown key; a filter looks at source, provider, kind, call, body, headers and query; "
          + #"did you mean {"call": {"status": …}}?"#),
      filter(
        #"{"call.team": "Sales"}"#,
        #"["call.team"]: unknown key; a filter looks at source, provider, kind, call, body, headers and query; "#
          + #"did you mean {"call": {"team": …}}?"#),
      filter(#"{"call": {"statsu": "x"}}"#, ".call.statsu: unknown field of a call; did you mean status?"),
      filter(#"{"body": {"a": {"$exists": true}}}"#, ".body.a.$exists: unknown operator; did you mean $exist?"),
      filter(#"{"body": {"a": {"$exist": "yes"}}}"#, #".body.a.$exist: expected true or false, found "yes""#),
      filter(#"{"$or": {"a": 1}}"#, ".$or: expected a list of filters, found an object"),
      filter(#"{"body": {"a": {"$gt": true}}}"#, ".body.a.$gt: expected a number or a text, found true"),
      filter(#"{"body": {"a": {"$startsWith": 5}}}"#, ".body.a.$startsWith: expected a text, found 5"),
      filter(
        #"{"body": {"a": {"$in": {}}}}"#,
        ".body.a.$in: expected a list, or a value to look for in a list or a text, found an object"),
      filter(#"{"body": {"a": {"$regex": 5}}}"#, ".body.a.$regex: expected a regular expression as text, found 5"),
      filter(
        #"{"body": {"a": {"$regex": "(a)\\1"}}}"#,
        ".body.a.$regex: in the regular expression: \\1 points back at a group, which can't be matched in linear time"),
      filter(
        #"{"body": {"a b": [{"$regex": "(?=a)"}]}}"#,
        #".body["a b"][0].$regex: in the regular expression: looking ahead can't be matched in linear time; use $and, $or and $not instead"#
      ),
    ])
  }

  @Test func aSecretsFileThatIsNotThereIsNotCalledUnset() {
    let text = """
      {"relay": {"secrets_file": "/no/such/secrets.env"},
       "sources": {"telecmi": {"provider": "telecmi", "auth": {"token": "${T}"}}},
       "destinations": {"crm": {"url": "https://crm.example.com/"}}, "rules": [{"name": "a", "send_to": ["crm"]}]}
      """
    #expect(
      problems(text) == [
        "rules.json: relay.secrets_file: can't read /no/such/secrets.env: No such file or directory",
        "rules.json: sources.telecmi.auth.token: secret T is not in the environment; /no/such/secrets.env can't be read",
      ])
  }

  @Test func aRelativePathIsShownWhole() {
    let text = #"{"relay": {"secrets_file": "no/such/secrets.env"}}"#
    let directory = FileManager.default.currentDirectoryPath
    #expect(
      problems(text).contains(
        "rules.json: relay.secrets_file: can't read \(directory)/no/such/secrets.env: No such file or directory"))
  }

  @Test func everyProblemIsToldAtOnce() {
    let text = """
      {"relay": {"json_depth": 0},
       "sources": {"telecmi": {"provider": "telecmi"}},
       "destinations": {"crm": {"url": "https://${HOST}/", "retry": {"max_attempts": 0}, "headers": {"authorization": "${KEY}"}}},
       "rules": [{"name": "a", "when": {"call": {"stat": 1}}, "send_to": ["cmr"]}, {"send_to": ["crm"]}]}
      """
    #expect(
      problems(text) == [
        "rules.json: relay.json_depth: expected an integer from 1 to 256, found 0",
        "rules.json: sources.telecmi.auth: \(SourceAuth.missing)",
        "rules.json: destinations.crm.url: secret HOST is not in the environment; relay.secrets_file is not set",
        "rules.json: destinations.crm.headers.authorization: secret KEY is not in the environment; relay.secrets_file is not set",
        "rules.json: destinations.crm.retry.max_attempts: expected an integer from 1 to 100, found 0",
        "rules.json: rules[0].when.call.stat: unknown field of a call; did you mean status?",
        #"rules.json: rules[0].send_to[0]: unknown destination "cmr"; did you mean crm?"#,
        "rules.json: rules[1].name: missing; every rule has a name of its own",
      ])
  }

  @Test func emptySectionsAreLegal() throws {
    for text in [
      "{}", #"{"relay": {}, "sources": {}, "destinations": {}, "rules": []}"#, #"{"$schema": "x", "note": "y"}"#,
    ] {
      let file = try parseRules(text)
      #expect(file.rules.isEmpty && file.warnings.isEmpty && file.text == text)
    }
  }
}
