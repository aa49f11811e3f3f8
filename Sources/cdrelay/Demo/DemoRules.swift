/// The demo's rule file: small, but of the shape that a real one has.
enum DemoRules {
  static let token = "demo-token"
  static let callrSecret = "demo-secret"

  /// `port`: where the demo's destination listens.
  static func text(port: Int) -> String {
    """
    {
      "sources": {
        "telecmi": { "provider": "telecmi", "auth": { "token": "\(token)" } },
        "callr":   { "provider": "callr", "auth": { "hmac": { "secret": "\(callrSecret)" } } }
      },
      "destinations": {
        "crm":     { "url": "http://127.0.0.1:\(port)/crm", "allow_private": true,
                     "body": { "call_id": "{{call.id}}", "direction": "{{call.direction}}", "status": "{{call.status}}",
                               "customer": "{{call.customer_number}}", "seconds": "{{call.answered_seconds}}" },
                     "retry": { "first_delay_seconds": 0.4, "max_delay_seconds": 1 } },
        "billing": { "url": "http://127.0.0.1:\(port)/billing", "allow_private": true },
        "archive": { "url": "http://127.0.0.1:\(port)/archive", "allow_private": true }
      },
      "rules": [
        { "name": "calls for the crm", "when": { "call": { "role": "call" } }, "send_to": ["crm"] },
        { "name": "answered calls", "when": { "call": { "role": "call", "status": "answered" } }, "send_to": ["billing"] },
        { "name": "everything", "send_to": ["archive"] }
      ]
    }
    """
  }
}
