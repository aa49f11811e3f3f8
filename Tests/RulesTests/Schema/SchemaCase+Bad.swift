@testable import Rules

extension SchemaCase {
  static let bad = badRelay + badSources + badClients + badDestinations + badRules

  private static let badRelay: [SchemaCase] = [
    .bad(
      "[]",
      "expected an object with relay, alerts, tables, sources, clients, destinations, rules and tests, found an empty list"
    ),
    .bad(#"{"rule": []}"#, "rule: unknown key; did you mean rules?"),
    .bad(#"{"rules": {}}"#, "rules: expected a list of rules, found an object"),
    .bad(#"{"sources": []}"#, "sources: expected an object of sources by name, found an empty list"),
    .bad(#"{"tables": {"a": 1}}"#, "tables.a: expected an object of texts and what stands for them, found 1"),
    .bad(
      #"{"sources": {"a b": {"provider": "generic", "auth": "none"}}}"#,
      #"sources["a b"]: expected a name of 1 to 64 letters, digits, _ and -, found "a b""#),
    .bad(relayFile(#"{"databse": "x"}"#), "relay.databse: unknown key; did you mean database?"),
    .bad(relayFile(#"{"database": ""}"#), "relay.database: expected a path, found an empty text"),
    .bad(relayFile(#"{"note": 5}"#), "relay.note: expected a text, found 5"),
    .bad(relayFile(#"{"enabled": "no"}"#), #"relay.enabled: expected true or false, found "no""#),
    .bad(
      relayFile(#"{"body_limit_bytes": 100}"#),
      "relay.body_limit_bytes: expected an integer from 1024 to 67108864, found 100"),
    .bad(relayFile(#"{"json_depth": "64"}"#), #"relay.json_depth: expected an integer from 1 to 256, found "64""#),
    .bad(
      relayFile(#"{"limits": {"head_bytes": 10}}"#),
      "relay.limits.head_bytes: expected an integer from 1024 to 1048576, found 10"),
    .bad(
      relayFile(#"{"limits": {"conections": 5}}"#), "relay.limits.conections: unknown key; did you mean connections?"),
    .bad(
      relayFile(#"{"queue": {"answer_within_seconds": 0}}"#),
      "relay.queue.answer_within_seconds: expected a number from 0.1 to 300, found 0"),
    .bad(
      relayFile(#"{"retention": {"bodies_days": "never"}}"#),
      #"relay.retention.bodies_days: expected a number from 0.01 to 36500 or "forever", found "never""#),
    .bad(
      relayFile(#"{"trusted_proxies": []}"#),
      "relay.trusted_proxies: expected at least one address block such as 10.1.0.0/16, found an empty list"),
    .bad(
      relayFile(#"{"proxy": "https://proxy.example.com:3128"}"#),
      #"relay.proxy: expected a proxy such as http://proxy.example.com:3128, or "none", found one of another kind"#),
    .bad(
      alertsFile(#"{"run": ["/bin/true"], "url": "https://x.example/"}"#),
      "alerts: holds run and url; one of them tells, remove the other"),
    .bad(alertsFile(#"{"headers": {"a": "b"}}"#), "alerts.headers: goes with url only"),
    .bad(
      alertsFile(#"{"run": ["page"]}"#),
      "alerts.run: expected the whole path of a program first, as in /usr/local/bin/page"),
    .bad(
      alertsFile(#"{"holds": ["persons"]}"#),
      #"alerts.holds[0]: expected rules, person, credentials, refusals, breaker, limit, copy or secrets, found "persons"; did you mean person?"#
    ),
    .bad(
      alertsFile(#"{"timeout_seconds": 90}"#), "alerts.timeout_seconds: expected a number from 1 to 60, found 90"),
  ]

  private static let badSources: [SchemaCase] = [
    .bad(ruleFile(source: #"{"provider": "generic"}"#), "sources.pbx.auth: \(SourceAuth.missing)"),
    .bad(
      ruleFile(source: #"{"auth": "none", "provider": "telcmi"}"#),
      #"sources.pbx.provider: expected telecmi, callr or generic, found "telcmi"; did you mean telecmi?"#),
    .bad(sourceFile(#""api": {}"#, provider: "callr"), "sources.pbx.api.secret: missing; expected the API key"),
    .bad(
      sourceFile(#""api": {"secret": "x"}"#, provider: "telecmi"),
      "sources.pbx.api: app_id is missing; it can be left out where the source has one app id in app_ids"),
    .bad(
      sourceFile(#""api": {"secret": "x", "product": "chub"}"#, provider: "callr"),
      "sources.pbx.api.product: only the api of a telecmi source has it"),
    .bad(sourceFile(#""api": {"secret": "x"}"#), "sources.pbx.api: a generic source has no API that is known here"),
    .bad(
      sourceFile(#""reconcile": {}"#, provider: "callr"),
      #"sources.pbx.reconcile: needs "api" beside it: what to ask, and with which secret"#),
    .bad(
      sourceFile(#""api": {"secret": "x"}, "reconcile": {"every_hours": 0}"#, provider: "callr"),
      "sources.pbx.reconcile.every_hours: expected a number from 0.02 to 720, found 0"),
    .bad(
      sourceFile(#""recordings": {"link_secret": "0123456789abcdef", "public_url": "https://r.example.com"}"#),
      #"sources.pbx.recordings: there is nowhere to fetch a recording from; write "api" beside it, or hosts into it"#),
    .bad(
      sourceFile(#""recordings": {"link_secret": "0123456789abcdef", "hosts": ["a.example"]}"#),
      "sources.pbx.recordings.public_url: missing; expected the address that clients reach, such as https://relay.example.com"
    ),
    .bad(
      authFile(#""hunter2""#),
      #"sources.pbx.auth: expected "none" or an object with token, basic, hmac, allow_from or any_of, found a string"#),
    .bad(
      authFile("{}"), "sources.pbx.auth: requires nothing; \(SourceAuth.missing.dropFirst("missing; ".count))"),
    .bad(authFile(#"{"tokn": "x", "allow_from": ["::1"]}"#), "sources.pbx.auth.tokn: unknown key; did you mean token?"),
    .bad(
      authFile(#"{"token": ["a", "b", "c"]}"#),
      "sources.pbx.auth.token: expected one secret, or two during rotation, found 3"),
    .bad(authFile(#"{"token": 5}"#), "sources.pbx.auth.token: expected a text, found a number"),
    .bad(
      authFile(#"{"basic": {"user": "u"}}"#), "sources.pbx.auth.basic.password: missing; basic takes user and password"),
    .bad(
      authFile(#"{"basic": {"user": "a:b", "password": "c"}}"#),
      "sources.pbx.auth.basic.user: a user name of basic authentication holds no colon (RFC 7617 §2)"),
    .bad(
      authFile(#"{"hmac": {"secret": "x"}}"#),
      "sources.pbx.auth.hmac.header: missing; only callr has a default, name the header that carries the signature"),
    .bad(
      authFile(#"{"any_of": [{"hmac": {"secret": "x"}}]}"#, provider: "telecmi"),
      "sources.pbx.auth.any_of[0].hmac.header: missing; only callr has a default, name the header that carries the signature"
    ),
    .bad(
      authFile(#"{"hmac": {"secret": "x", "algorithm": "sha1"}}"#, provider: "callr"),
      #"sources.pbx.auth.hmac.algorithm: expected sha256 or sha512, found "sha1""#),
    .bad(
      authFile(#"{"any_of": []}"#),
      "sources.pbx.auth.any_of: expected at least one object with token, basic, hmac or allow_from, found an empty list"
    ),
    .bad(
      authFile(#"{"any_of": [{"token": "a"}], "token": "b"}"#),
      "sources.pbx.auth.token: stands beside any_of; move it into each element of any_of that needs it"),
    .bad(
      authFile(#"{"any_of": [{"token": "a", "enabled": false}]}"#),
      "sources.pbx.auth.any_of: nothing is enabled here; \(SourceAuth.missing.dropFirst("missing; ".count))"),
    .bad(
      authFile(#"{"token": "a", "enabled": false}"#),
      #"sources.pbx.auth: can't be switched off with enabled; write "auth": "none" instead"#),
    .bad(
      authFile(#"{"allow_from": []}"#),
      "sources.pbx.auth.allow_from: expected at least one address block such as 10.1.0.0/16, found an empty list"),
    .bad(
      sourceFile(#""key": "a""#, provider: "telecmi"),
      "sources.pbx.key: only a generic source takes a key; telecmi has its own"),
    .bad(sourceFile(#""key": "a..b""#), #"sources.pbx.key: expected a path such as call.uuid, found "a..b""#),
    .bad(sourceFile(#""app_ids": [1]"#, provider: "callr"), "sources.pbx.app_ids: only a telecmi source takes app_ids"),
    .bad(
      sourceFile(#""app_ids": ["x"]"#, provider: "telecmi"),
      #"sources.pbx.app_ids[0]: expected an integer from 1 to 9223372036854775807, found "x""#),
    .bad(
      sourceFile(#""dedup_group": "a b""#),
      #"sources.pbx.dedup_group: expected a name of 1 to 64 letters, digits, _ and -, found "a b""#),
    .bad(
      sourceFile(#""keep_refused": {"count": 0}"#),
      "sources.pbx.keep_refused.count: expected an integer from 1 to 100000, found 0"),
    .bad(
      sourceFile(#""expect": {"between": "09:00-18:00"}"#),
      "sources.pbx.expect.every_minutes: missing; after how many minutes is silence strange?"),
    .bad(
      sourceFile(#""expect": {"every_minutes": 30, "between": "9-18"}"#),
      #"sources.pbx.expect.between: expected two times of a day such as "09:00-18:00", found "9-18""#),
    .bad(
      sourceFile(#""import": {"columns": {"time": ""}}"#),
      "sources.pbx.import.columns.time: expected the title of a column, found an empty text"),
    .bad(
      sourceFile(#""import": {"colums": {}}"#), "sources.pbx.import.colums: unknown key; did you mean columns?"),
    .bad(
      sourceFile(#""expect": {"every_minutes": 30, "days": []}"#),
      "sources.pbx.expect.days: expected at least one day, found an empty list"),
  ]

  private static let badRules: [SchemaCase] = [
    .bad(oneRuleFile(#"{"send_to": []}"#), "rules[0].name: missing; every rule has a name of its own"),
    .bad(oneRuleFile(#"{"name": "b"}"#), "rules[0].send_to: missing; expected a list of destinations"),
    .bad(
      oneRuleFile(#"{"name": "b", "send_to": "crm"}"#),
      #"rules[0].send_to: expected a list of destinations, found "crm""#),
    .bad(
      oneRuleFile(#"{"name": "b", "send_to": [], "stop": "yes"}"#),
      #"rules[0].stop: expected true or false, found "yes""#),
    .bad(
      oneRuleFile(#"{"name": "b", "send_to": [], "if": {}}"#),
      "rules[0].if: unknown key; known are name, when, send_to, stop, enabled and note"),
    .bad(ruleFile(when: #""x""#), #"rules[0].when: expected an object such as {"call": {"role": "call"}}, found "x""#),
    .bad(
      ruleFile(when: #"{"status": "missed"}"#),
      "rules[0].when.status: unknown key; a filter looks at source, provider, kind, call, body, headers and query; "
        + #"did you mean {"call": {"status": …}}?"#),
    .bad(
      ruleFile(when: #"{"$or": [{"bdy": {}}]}"#),
      "rules[0].when.$or[0].bdy: unknown key; a filter looks at source, provider, kind, call, body, headers and query; "
        + "did you mean body?"),
    .bad(
      ruleFile(when: #"{"call": {"statsu": "x"}}"#),
      "rules[0].when.call.statsu: unknown field of a call; did you mean status?"),
    .bad(
      ruleFile(when: #"{"call": {"$not": {"statsu": "x"}}}"#),
      "rules[0].when.call.$not.statsu: unknown field of a call; did you mean status?"),
    .bad(
      ruleFile(when: #"{"body": {"a": {"$exists": true}}}"#),
      "rules[0].when.body.a.$exists: unknown operator; did you mean $exist?"),
    .bad(
      ruleFile(when: #"{"body": {"a": {"$exist": "yes"}}}"#),
      #"rules[0].when.body.a.$exist: expected true or false, found "yes""#),
    .bad(ruleFile(when: #"{"$or": {"a": 1}}"#), "rules[0].when.$or: expected a list of filters, found an object"),
    .bad(
      ruleFile(when: #"{"body": {"a": {"$gt": true}}}"#),
      "rules[0].when.body.a.$gt: expected a number or a text, found true"),
    .bad(
      ruleFile(when: #"{"body": {"a": {"$startsWith": 5}}}"#),
      "rules[0].when.body.a.$startsWith: expected a text, found 5"),
    .bad(
      ruleFile(when: #"{"body": {"a": {"$in": {}}}}"#),
      "rules[0].when.body.a.$in: expected a list, or a value to look for in a list or a text, found an object"),
    .bad(
      ruleFile(when: #"{"body": {"a": [{"$regex": 5}]}}"#),
      "rules[0].when.body.a[0].$regex: expected a regular expression as text, found 5"),
    .bad(
      ruleFile(when: #"{"body": {"a": {"$number": {}}}}"#),
      #"rules[0].when.body.a.$number: expected a number, or operators such as {"$gte": 30}, found an object"#),
    .bad(
      ruleFile(when: #"{"body": {"a": {"$number": "30"}}}"#),
      #"rules[0].when.body.a.$number: expected a number, or operators such as {"$gte": 30}, found "30""#),
    .bad(ruleFile(when: #"{"body": {"a": {"$ieq": 1}}}"#), "rules[0].when.body.a.$ieq: expected a text, found 1"),
    .bad(ruleFile(when: #"{"body": {"a": {"$time": {}}}}"#), "rules[0].when.body.a.$time: expected from, to or days"),
    .bad(
      ruleFile(when: #"{"body": {"a": {"$time": {"from": "9:00"}}}}"#),
      #"rules[0].when.body.a.$time.from: expected a time of day such as "09:00", found "9:00""#),
    .bad(
      ruleFile(when: #"{"body": {"a": {"$time": {"days": "weekdays"}}}}"#),
      #"rules[0].when.body.a.$time.days: expected days such as "mon-fri" or ["mon", "wed"], found "weekdays""#),
    .bad(
      ruleFile(when: #"{"body": {"a": {"$phone": {"default_country": "FR"}}}}"#),
      "rules[0].when.body.a.$phone: expected a prefix, a country or both"),
    .bad(
      ruleFile(when: #"{"body": {"a": {"$phone": {"prefix": "06"}}}}"#),
      #"rules[0].when.body.a.$phone.prefix: expected the beginning of a number with + and the country's code, as in "+33 6", found "06""#
    ),
    .bad(
      ruleFile(when: #"{"body": {"a": {"$phone": {"country": "France"}}}}"#),
      #"rules[0].when.body.a.$phone.country: expected a country's two letters, as in FR, found "France""#),
    .bad(#"{"tests": {}}"#, "tests: expected a list of tests, found an object"),
    .bad(
      testFile(#"{"name": "t", "source": "pbx", "record": {}}"#),
      "tests[0]: expects nothing; write rules, destinations or bodies"),
    .bad(
      testFile(#"{"name": "t", "source": "pbx", "record": [], "rules": []}"#),
      "tests[0].record: expected an object, or a form as text, found an empty list"),
    .bad(testFile(#"{"source": "pbx", "record": {}, "rules": []}"#), "tests[0].name: missing; say what the test shows"),
  ]
}
