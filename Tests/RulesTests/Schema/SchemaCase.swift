/// A rule file that both validators judge: ours, and one that others wrote, by our JSON Schema.
struct SchemaCase: Sendable {
  /// What a file is that a person could have written.
  let text: String
  /// Of each problem, word for word, without the file's name; empty where it is good.
  let problems: [String]
  /// Why the schema calls it good although it is not; nil where the two must agree.
  var beyondSchema: String?

  static let all = good + bad + beyond + asking

  static func good(_ text: String) -> SchemaCase {
    SchemaCase(text: text, problems: [])
  }

  static func bad(_ text: String, _ problems: String...) -> SchemaCase {
    SchemaCase(text: text, problems: problems)
  }

  static func beyond(_ reason: String, _ text: String, _ problems: String...) -> SchemaCase {
    SchemaCase(text: text, problems: problems, beyondSchema: reason)
  }
}

// MARK: - Files around one part

func relayFile(_ text: String) -> String { #"{"relay": \#(text)}"# }

func alertsFile(_ text: String) -> String { #"{"alerts": \#(text)}"# }

/// A generic source without authentication, and this of it.
func authFile(_ auth: String, provider: String = "generic") -> String {
  ruleFile(source: #"{"provider": "\#(provider)", "auth": \#(auth)}"#)
}

func sourceFile(_ members: String, provider: String = "generic") -> String {
  ruleFile(source: #"{"provider": "\#(provider)", "auth": "none", \#(members)}"#)
}

/// A destination with a url, and this of it.
func destinationFile(_ members: String) -> String {
  ruleFile(destination: #"{"url": "https://crm.example.com/", \#(members)}"#)
}

func oneRuleFile(_ rule: String) -> String {
  #"{"destinations": {"crm": {"url": "https://crm.example.com/"}}, "rules": [\#(rule)]}"#
}

func testFile(_ test: String) -> String {
  """
  {"sources": {"pbx": {"provider": "generic", "auth": "none"}}, "destinations": {"crm": {"url": "https://crm.example.com/"}},
   "rules": [{"name": "all", "send_to": ["crm"]}], "tests": [\(test)]}
  """
}
