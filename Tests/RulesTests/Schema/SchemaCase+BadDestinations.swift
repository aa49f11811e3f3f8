extension SchemaCase {
  static let badDestinations: [SchemaCase] = [
    .bad(ruleFile(destination: "{}"), "destinations.crm.url: missing; expected an absolute http or https url"),
    .bad(
      ruleFile(destination: #"{"url": "crm.example.com/x"}"#),
      #"destinations.crm.url: expected an absolute http or https url, found none with "://""#),
    .bad(
      ruleFile(destination: #"{"url": "ftp://crm.example.com"}"#),
      "destinations.crm.url: expected an http or https url, found one of another kind"),
    .bad(
      destinationFile(#""tiemout_seconds": 3"#),
      "destinations.crm.tiemout_seconds: unknown key; did you mean timeout_seconds?"),
    .bad(
      destinationFile(#""method": "post""#),
      #"destinations.crm.method: expected POST, PUT, PATCH, DELETE or GET, found "post"; did you mean POST?"#),
    .bad(
      destinationFile(#""method": "GET", "body": {}"#),
      "destinations.crm.body: a GET request has no body; put the values in the url"),
    .bad(destinationFile(#""omit_empty": true"#), "destinations.crm.omit_empty: goes with a body only"),
    .bad(
      destinationFile(#""body": [1], "content_type": "form""#),
      "destinations.crm.body: expected an object, as content_type is form, found a list"),
    .bad(
      destinationFile(#""headers": {"bad name": "x"}"#),
      #"destinations.crm.headers["bad name"]: expected the name of a header"#),
    .bad(destinationFile(#""headers": {"x": 5}"#), "destinations.crm.headers.x: expected a text, found a number"),
    .bad(
      destinationFile(#""headers": {"x": "a\r\nb: c"}"#),
      "destinations.crm.headers.x: holds a line break or another control character"),
    .bad(
      destinationFile(#""drop": ["balance"]"#),
      "destinations.crm.drop[0]: unknown path balance; known are source, provider, kind, call, body, headers, query, record, delivery, rule, destination, lookup and captured"
    ),
    .bad(
      destinationFile(#""drop": "body.balance""#),
      #"destinations.crm.drop: expected a list of paths such as "body.balance", found "body.balance""#),
    .bad(
      destinationFile(#""timeout_seconds": 0"#),
      "destinations.crm.timeout_seconds: expected a number from 0.1 to 600, found 0"),
    .bad(
      destinationFile(#""max_in_flight": 1.5"#),
      "destinations.crm.max_in_flight: expected an integer from 1 to 1000, found 1.5"),
    .bad(
      destinationFile(#""rate_per_second": -1"#),
      "destinations.crm.rate_per_second: expected a number from 0.001 to 100000, found -1"),
    .bad(
      destinationFile(#""rate_per_day": 0.5"#),
      "destinations.crm.rate_per_day: expected an integer from 1 to 1000000000, found 0.5"),
    .bad(destinationFile(#""paused": 1"#), "destinations.crm.paused: expected true or false, found 1"),
    .bad(
      destinationFile(#""on_revision": "drop""#), #"destinations.crm.on_revision: expected send or skip, found "drop""#),
    .bad(
      destinationFile(#""order": "per-call""#),
      #"destinations.crm.order: expected any or per_call, found "per-call"; did you mean per_call?"#),
    .bad(
      destinationFile(#""retry": {"max_attempts": 0}"#),
      "destinations.crm.retry.max_attempts: expected an integer from 1 to 100, found 0"),
    .bad(
      destinationFile(#""retry": {"give_up_after_hours": "forever"}"#),
      #"destinations.crm.retry.give_up_after_hours: expected a number from 0.01 to 87600 or "never", found "forever""#),
    .bad(
      destinationFile(#""retry": {"retry_on": [99, "6xx"]}"#),
      #"destinations.crm.retry.retry_on[0]: expected a status from 200 to 599, or a class such as "5xx", found 99"#,
      #"destinations.crm.retry.retry_on[1]: expected a status from 200 to 599, or a class such as "5xx", found "6xx""#),
    .bad(
      destinationFile(#""retry": {"hold_after": 0}"#),
      #"destinations.crm.retry.hold_after: expected an integer from 1 to 10000 or "never", found 0"#),
    .bad(
      destinationFile(#""answers": [{"then": "retry"}]"#),
      #"destinations.crm.answers[0].when: missing; expected a filter such as {"status": 200, "body": {"code": 502}}"#),
    .bad(
      destinationFile(#""answers": [{"when": {"state": 1}, "then": "dead"}]"#),
      "destinations.crm.answers[0].when.state: unknown key; known are status, headers and body"),
    .bad(
      destinationFile(#""answers": [{"when": {}, "then": "kill"}]"#),
      #"destinations.crm.answers[0].then: expected delivered, retry, dead, hold or wait, found "kill""#),
    .bad(
      destinationFile(#""answers": [{"when": {}, "then": "wait"}]"#),
      "destinations.crm.answers[0]: expected one of wait_seconds and wait_until"),
    .bad(
      destinationFile(#""answers": [{"when": {}, "then": "dead", "wait_seconds": 5}]"#),
      #"destinations.crm.answers[0].wait_seconds: goes with "then": "wait" only"#),
    .bad(
      destinationFile(#""answers": [{"when": {}, "then": "wait", "wait_until": "24:00"}]"#),
      #"destinations.crm.answers[0].wait_until: expected a time of day such as "00:00", found "24:00""#),
    .bad(
      destinationFile(#""auth": {}"#),
      "destinations.crm.auth: says nothing; expected one of bearer, basic, header and oauth2"),
    .bad(
      destinationFile(#""auth": {"bearer": "a", "basic": {"user": "u", "password": "p"}}"#),
      "destinations.crm.auth: holds bearer and basic; a request carries one of them, remove the other"),
    .bad(
      destinationFile(#""auth": {"header": {"name": "x"}}"#),
      "destinations.crm.auth.header.value: missing; header takes name and value"),
    .bad(
      destinationFile(#""auth": {"oauth2": {"token_url": "https://id.example.com/", "client_id": "a"}}"#),
      "destinations.crm.auth.oauth2.client_secret: missing; only a client with a refresh_token may go without"),
    .bad(
      destinationFile(
        #""auth": {"oauth2": {"token_url": "https://id.example.com/", "client_id": "a", "refresh_token": "r", "client_auth": "basic"}}"#
      ),
      "destinations.crm.auth.oauth2.client_auth: basic needs a client_secret"),
    .bad(
      destinationFile(#""tls": {"client_key_password": "x"}"#),
      "destinations.crm.tls.client_key_password: has no effect without client_certificate_file"),
    .bad(
      destinationFile(#""signing_secret": []"#),
      "destinations.crm.signing_secret: expected one secret, or two during rotation, found 0"),
  ]

  /// What takes more than one place, the machine, or a look inside a text.
  static let beyond: [SchemaCase] = [
    .beyond(
      "keys that stand twice are gone once JSON is read",
      #"{"destinations": {"a": {"url": "https://x.example"}, "a": {"url": "https://y.example"}}}"#,
      "destinations.a: stands twice in the same object; only the last would count"),
    .beyond(
      "two places are compared", relayFile(#"{"body_limit_bytes": 2000000, "limits": {"buffered_bytes": 3999999}}"#),
      "relay.limits.buffered_bytes: expected at least twice relay.body_limit_bytes, 4000000, found 3999999"),
    .beyond(
      "two places are compared", destinationFile(#""retry": {"first_delay_seconds": 10, "max_delay_seconds": 5}"#),
      "destinations.crm.retry.max_delay_seconds: expected at least first_delay_seconds, which is 10, found 5"),
    .beyond(
      "two places are compared", ruleFile(when: #"{"body": {"a": {"$time": {"from": "09:00", "to": "09:00"}}}}"#),
      "rules[0].when.body.a.$time: is never: from and to are the same"),
    .beyond(
      "a name that must exist", oneRuleFile(#"{"name": "b", "send_to": ["crn"]}"#),
      #"rules[0].send_to[0]: unknown destination "crn"; did you mean crm?"#),
    .beyond(
      "a name that must exist", testFile(#"{"name": "t", "source": "pbk", "record": {}, "rules": []}"#),
      #"tests[0].source: unknown source "pbk"; did you mean pbx?"#),
    .beyond(
      "a name that must be its own",
      oneRuleFile(#"{"name": "a", "send_to": []}, {"name": "a", "send_to": []}"#),
      #"rules[1].name: "a" is the name of rules[0] already"#),
    .beyond(
      "names without regard to case", destinationFile(#""headers": {"Content-Length": "5"}"#),
      "destinations.crm.headers.Content-Length: is set by the relay itself; remove it"),
    .beyond(
      "names without regard to case", destinationFile(#""headers": {"X": "a", "x": "b"}"#),
      "destinations.crm.headers.x: stands twice; the names of headers are the same in upper and lower case"),
    .beyond(
      "a secret is looked up", authFile(#"{"token": "${TOKEN}"}"#),
      "sources.pbx.auth.token: secret TOKEN is not in the environment; relay.secrets_file is not set"),
    .beyond(
      "a file is read", relayFile(#"{"secrets_file": "/nowhere"}"#),
      "relay.secrets_file: can't read /nowhere: No such file or directory"),
    .beyond(
      "the zones of the machine", relayFile(#"{"time_zone": "Europe/Pariss"}"#),
      #"relay.time_zone: expected the name of a time zone such as Europe/Paris, found "Europe/Pariss"; did you mean Europe/Paris?"#
    ),
    .beyond(
      "a number inside a text", authFile(#"{"allow_from": ["10.0.0.0/33"]}"#),
      #"sources.pbx.auth.allow_from[0]: expected an address block such as 10.1.0.0/16 or 2001:db8::/32, found "10.0.0.0/33""#
    ),
    .beyond(
      "a list of countries", ruleFile(when: #"{"body": {"a": {"$phone": {"country": "XX"}}}}"#),
      #"rules[0].when.body.a.$phone.country: expected a country's two letters, as in FR, found "XX""#),
    .beyond(
      "a regular expression is compiled", ruleFile(when: #"{"body": {"a": {"$regex": "(a)\\1"}}}"#),
      "rules[0].when.body.a.$regex: in the regular expression: \\1 points back at a group, which can't be matched in linear time"
    ),
    .beyond(
      "a template is compiled", destinationFile(#""body": {"a": ["{{call.idd}}"]}"#),
      "destinations.crm.body.a[0]: unknown field call.idd; did you mean id?"),
    .beyond(
      "a template is compiled", destinationFile(#""body": {"a": "{{call.id"}"#),
      #"destinations.crm.body.a: "{{" has no "}}""#),
    .beyond(
      "where an address leads", ruleFile(destination: #"{"url": "http://127.0.0.1:9000/"}"#),
      "destinations.crm.url: 127.0.0.1 is a loopback, private or link-local address; "
        + #"write "allow_private": true beside it if that is meant"#),
    .beyond(
      "the beginning of a secret", destinationFile(#""signing_secret": "whsec_???""#),
      "destinations.crm.signing_secret: expected base64 behind whsec_"),
  ]
}
