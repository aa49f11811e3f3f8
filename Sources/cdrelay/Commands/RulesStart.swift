import RelayCore

/// The rule file that `rules init` writes: it receives from one provider, sends each call once to a CRM and everything to an
/// archive, and says so in tests.
struct RulesStart {
  enum CRM: String, CaseIterable {
    case hubspot, salesforce, zoho, pipedrive, none
  }

  let provider: Provider
  let crm: CRM

  var text: String {
    """
    {
      "$schema": "cdrelay.schema.json",

      "relay": {
        "note": "Times of filters and templates are of this zone.",
        "time_zone": "UTC"
      },

      "sources": {
        \(source)
      },

      "destinations": {
    \(([crmDestination].compactMap { $0 } + [archive]).joined(separator: ",\n"))
      },

      "rules": [
    \(rules.joined(separator: ",\n"))
      ],

      "tests": [
    \(tests.joined(separator: ",\n"))
      ]
    }

    """
  }

  /// Names of environment variables that the file asks for.
  var secrets: [String] {
    Set(text.split(separator: "${").dropFirst().compactMap { $0.split(separator: "}").first.map(String.init) }).sorted()
  }

  /// What is to be mended by hand before it runs.
  var toDo: [String] {
    var lines = [
      "write the address of your archive in place of http://127.0.0.1:9000/cdr, or take that destination out"
    ]
    if text.contains("YOUR-DOMAIN") { lines.append("write your own address at the CRM in place of YOUR-DOMAIN") }
    if crm != .none {
      lines.append(
        "see `cdrelay presets show \(crm.rawValue)`: what it sends, and what \"country\" does where numbers come without a code"
      )
    }
    if provider == .generic {
      lines.append(
        "write into \"key\" where your records have their id, and into the filter and the tests what they look like")
    }
    return lines
  }

  // MARK: - Parts

  private var source: String {
    switch provider {
    case .telecmi:
      """
      "telecmi": {
            "note": "An unguessable token in the address is all that TeleCMI can prove itself with.",
            "provider": "telecmi",
            "auth": { "token": "${TELECMI_TOKEN}" }
          }
      """
    case .callr:
      """
      "callr": {
            "note": "Webhooks are signed; a fetch action carries a bearer token.",
            "provider": "callr",
            "auth": { "any_of": [{ "hmac": { "secret": "${CALLR_SECRET}" } }, { "token": "${CALLR_TOKEN}" }] }
          }
      """
    case .generic:
      """
      "pbx": {
            "note": "Any JSON webhook.",
            "provider": "generic",
            "key": "call.id",
            "auth": { "token": "${PBX_TOKEN}" }
          }
      """
    }
  }

  private var archive: String {
    """
        "archive": {
          "note": "Takes every record as it came. Private addresses must be allowed in so many words.",
          "url": "http://127.0.0.1:9000/cdr",
          "allow_private": true
        }
    """
  }

  private var crmDestination: String? {
    crm.members.map { members in
      (["    \"\(crm.rawValue)\": {"] + members.map { "      \($0)" } + ["    }"]).joined(separator: "\n")
    }
  }

  private var filter: String {
    provider == .generic
      ? #"{ "body": { "event": "call.ended" } }"# : #"{ "kind": "cdr", "call": { "role": "call" } }"#
  }

  private var rules: [String] {
    let all = """
          {
            "name": "everything",
            "note": "Legs and live events too.",
            "send_to": ["archive"]
          }
      """
    guard crm != .none else { return [all] }
    let calls = """
          {
            "name": "calls",
            "note": "Each call once, when it is over: neither its other legs nor what happens during it.",
            "when": \(filter),
            "send_to": ["\(crm.rawValue)"]
          }
      """
    return [calls, all]
  }

  private var tests: [String] {
    let (call, other) = samples
    return [test("a call", call, isCall: true), test("what is not the call itself", other, isCall: false)]
  }

  private func test(_ name: String, _ record: String, isCall: Bool) -> String {
    let goes = isCall && crm != .none
    let rules = goes ? #""calls", "everything""# : #""everything""#
    let destinations = goes ? #""\#(crm.rawValue)", "archive""# : #""archive""#
    return """
          {
            "name": "\(name) goes to \(goes ? "the CRM and the archive" : "the archive")",
            "source": "\(provider == .generic ? "pbx" : provider.rawValue)",
            "record": \(record),
            "rules": [\(rules)],
            "destinations": [\(destinations)]
          }
      """
  }

  /// One that stands for the call, and one that doesn't.
  private var samples: (call: String, other: String) {
    switch provider {
    case .telecmi:
      (
        """
        {
                "type": "cdr", "direction": "inbound", "status": "missed", "appid": 2222223, "from": 33639980042,
                "cmiuuid": "16132200-57fa-47b5-888d-4ab5b7e631ee", "team": "Sales_2222223", "time": 1759309200000, "waitedsec": 12
              }
        """,
        """
        {
                "type": "cdr", "leg": "b", "direction": "inbound", "status": "missed", "appid": 2222223, "from": 33639980042,
                "to": 33199001234, "cmiuuid": "0da4f02e-6ece-42e4-989b-1e6766b5a81e", "user": "302_2222223", "time": 1759309200000
              }
        """
      )
    case .callr:
      (
        Self.callr(
          "ended", "answered",
          #""answered": "2025-10-01T09:00:07.000Z", "ended": "2025-10-01T09:02:10.000Z", "durationAnswered": 123"#),
        Self.callr("started", "ringing", #""answered": "", "ended": """#)
      )
    case .generic:
      (#"{ "event": "call.ended", "call": { "id": "c-1" } }"#, #"{ "event": "call.ringing", "call": { "id": "c-2" } }"#)
    }
  }

  private static func callr(_ event: String, _ status: String, _ times: String) -> String {
    """
    {
            "type": "v2.call.inbound.\(event)", "event_id": "1", "event_at": "2025-10-01T09:02:10.340Z", "try": 0,
            "data": {
              "callid": 1234567890123456789, "direction": "inbound", "status": "\(status)", "callerNumber": "+33639980042",
              "callee": "+33199001234", "started": "2025-10-01T09:00:00.000Z",
              \(times)
            }
          }
    """
  }
}

extension RulesStart.CRM {
  /// Of its destination; nil where there is none.
  fileprivate var members: [String]? {
    switch self {
    case .hubspot:
      [#""preset": "hubspot","#, #""auth": { "bearer": "${HUBSPOT_TOKEN}" }"#]
    case .salesforce:
      [
        #""preset": "salesforce","#,
        #""base_url": "https://YOUR-DOMAIN.my.salesforce.com","#,
        #""auth": { "oauth2": { "client_id": "${SF_CLIENT_ID}", "client_secret": "${SF_CLIENT_SECRET}" } }"#,
      ]
    case .zoho:
      [
        #""preset": "zoho","#,
        #""auth": {"#,
        #"  "oauth2": {"#,
        #"    "client_id": "${ZOHO_CLIENT_ID}","#,
        #"    "client_secret": "${ZOHO_CLIENT_SECRET}","#,
        #"    "refresh_token": "${ZOHO_REFRESH_TOKEN}""#,
        "  }",
        "}",
      ]
    case .pipedrive:
      [#""preset": "pipedrive","#, #""auth": { "header": { "value": "${PIPEDRIVE_TOKEN}" } }"#]
    case .none: nil
    }
  }
}
