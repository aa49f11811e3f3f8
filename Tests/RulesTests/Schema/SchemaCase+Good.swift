extension SchemaCase {
  static let good: [SchemaCase] = [
    .good("{}"),
    .good(#"{"$schema": "cdrelay.schema.json", "note": "ours", "enabled": true, "rules": []}"#),
    .good(
      #"{"sources": {"note": "all of them"}, "destinations": {"note": "here"}, "tables": {"note": "x", "a": {"1": 2}}}"#
    ),
    .good(
      relayFile(
        #"{"note": "n", "database": "/var/lib/x.db", "time_zone": "Europe/Paris", "trusted_proxies": ["10.0.0.0/8", "::1"]}"#
      )),
    .good(relayFile(#"{"proxy": "none", "body_limit_bytes": 2048, "json_depth": 1.0}"#)),
    .good(relayFile(#"{"proxy": "http://ann:p%41ss@proxy.example.com:3128/"}"#)),
    .good(relayFile(#"{"retention": {"bodies_days": 0.5, "dead_days": "forever", "records_days": "forever"}}"#)),
    .good(relayFile(#"{"limits": {"connections": 1, "idle_seconds": 0.5}, "queue": {"reserve_bytes": 0}}"#)),
    .good(alertsFile(#"{"run": ["/usr/local/bin/page", "cdrelay"], "environment": {"TOKEN": "x"}}"#)),
    .good(
      alertsFile(
        #"{"url": "https://chat.example.com/x", "headers": {"x-a": "b"}, "conditions": ["unrouted"], "holds": []}"#)),
    .good(authFile(#"{"token": "a-token-of-24-characters"}"#)),
    .good(
      authFile(#"{"token": ["a-token-of-24-characters", "b-token-of-24-characters"], "allow_from": ["192.0.2.1"]}"#)),
    .good(authFile(#"{"any_of": [{"basic": {"user": "u", "password": ["a", "b"]}}, {"enabled": false}]}"#)),
    .good(authFile(#"{"hmac": {"secret": "x", "header": "X-Sig", "algorithm": "sha512", "encoding": "hex"}}"#)),
    .good(authFile(#"{"hmac": {"secret": "x"}}"#, provider: "callr")),
    .good(
      sourceFile(#""key": "call.uuid", "ignore_changes": ["seq"], "dedup_group": "g_1", "keep_refused": {"count": 5}"#)),
    .good(
      sourceFile(
        #""app_ids": [2222223], "expect": {"every_minutes": 30, "between": "22:00-06:00", "days": ["sat"]}"#,
        provider: "telecmi")),
    .good(
      sourceFile(
        #""import": {"columns": {"time": "Call date", "call.to": "To"}, "time_zone": "UTC", "time_format": "d.M.yy HH:mm"}"#,
        provider: "telecmi")),
    .good(
      destinationFile(
        #""method": "GET", "headers": {"X-A": "", "x-b": "{{call.id}}"}, "drop": ["body.balance", "call.agent"]"#)),
    .good(sourceFile(#""api": {"secret": "x", "app_id": 1, "paths": {"play": "/p"}}"#, provider: "telecmi")),
    .good(sourceFile(#""app_ids": [1], "api": {"secret": "x", "product": "piopiy"}"#, provider: "telecmi")),
    .good(
      sourceFile(#""api": {"secret": "x", "base_url": "https://a.example/v3", "enabled": true}"#, provider: "callr")),
    .good(
      sourceFile(
        #""api": {"secret": "x"}, "reconcile": {"every_hours": 0.5, "look_back_hours": 24, "backfill": true}"#,
        provider: "callr")),
    .good(sourceFile(#""reconcile": {"enabled": false}"#)),
    .good(
      sourceFile(
        #""api": {"secret": "x"}, "recordings": {"link_secret": "0123456789abcdef", "public_url": "https://r.example.com"}"#,
        provider: "callr")),
    .good(
      sourceFile(
        #""recordings": {"link_secret": ["0123456789abcdef"], "public_url": "http://r:8082/x/", "hosts": ["a.example"]}"#
      )),
    .good(destinationFile(#""body": null"#)),
    .good(
      destinationFile(
        #""body": {"a": ["{{call.id | required}}", 1, {"b": null}]}, "content_type": "form", "omit_empty": true"#)),
    .good(destinationFile(#""body": "call", "content_type": "form""#)),
    .good(destinationFile(#""body": "{{body}}", "content_type": "form""#)),
    .good(
      destinationFile(
        #""retry": {"give_up_after_hours": "never", "retry_on": [409, "5xx"], "hold_after": "never", "breaker_after": 3}"#
      )),
    .good(
      destinationFile(
        #""answers": [{"when": {"status": 200, "body": {"code": {"$gte": 500}}}, "then": "retry", "note": "n"}]"#)),
    .good(
      destinationFile(
        #""answers": [{"when": {"$or": [{"status": 403}, {"headers": {"X-A": "b"}}]}, "then": "wait", "wait_seconds": 0.5}]"#
      )),
    .good(
      destinationFile(#""answers": [{"when": {}, "then": "wait", "wait_until": "00:00", "time_zone": "Asia/Kolkata"}]"#)
    ),
    .good(
      destinationFile(
        #""auth": {"bearer": "x"}, "rate_per_second": 0.5, "rate_per_day": 1000, "paused": true, "order": "per_call""#)),
    .good(
      destinationFile(
        #""auth": {"header": {"name": "X-Api-Token", "value": "x"}}, "on_revision": "skip", "signing_secret": ["a", "b"]"#
      )),
    .good(
      destinationFile(
        #""auth": {"oauth2": {"token_url": "https://id.example.com/t", "client_id": "a", "refresh_token": "r"}}"#)),
    .good(destinationFile(#""auth": {"enabled": false}, "tls": {"verify": false}, "proxy": "none""#)),
    .good(oneRuleFile(#"{"name": "a", "send_to": ["crm", "crm"], "stop": true, "enabled": false, "note": "n"}"#)),
    .good(
      ruleFile(
        when:
          #"{"source": "telecmi", "provider": {"$in": ["callr"]}, "kind": "cdr", "headers": {"x": {"$exist": false}}}"#)
    ),
    .good(
      ruleFile(
        when:
          #"{"call": {"team": {"$ieq": "sales"}, "$not": {"status": "missed"}, "answered_seconds": {"$gte": 5, "$lt": 6}}}"#
      )),
    .good(
      ruleFile(
        when: #"{"$or": [{"source": "callr"}, {"body": {"tags": ["a", {"$startsWith": "b"}], "": 1}}], "$and": []}"#)),
    .good(
      ruleFile(
        when: #"{"body": {"a": {"$number": {"$gte": 30, "$not": 40}}, "b": {"$number": 5}, "c": {"$eq": {"$x": 1}}}}"#)),
    .good(
      ruleFile(
        when:
          #"{"call": {"started_at": {"$time": {"from": "09:00", "to": "24:00", "days": ["mon", "Wed-fri"], "time_zone": "UTC"}}}}"#
      )),
    .good(
      ruleFile(
        when:
          #"{"call": {"from": {"$phone": {"country": ["FR", "be"], "prefix": "+33 (6)", "default_country": "FR"}}}}"#)),
    .good(
      ruleFile(
        when:
          #"{"body": {"a": {"$in": "mp3", "$nin": ["x"], "$neq": null, "$regex": "(?i)^10[0-9]$", "$endsWith": "3"}}}"#)
    ),
    .good(
      testFile(
        #"{"name": "t", "source": "pbx", "record": {"a": 1}, "rules": ["all"], "destinations": ["crm"], "bodies": {"crm": {"a": 1}}}"#
      )),
    .good(testFile(#"{"name": "t", "source": "pbx", "record": "a=1&b=2", "rules": [], "enabled": false}"#)),
  ]
}
