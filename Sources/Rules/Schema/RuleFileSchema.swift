/// The JSON Schema of the rule file (2020-12), for editors: what each key means, its default, its range. It says what can be
/// said of one place without the others; names that must exist, secrets and what a regular expression means are the
/// loader's alone. Tests hold it to the loader's keys and judgements.
package enum RuleFileSchema {
  /// As it is written into a file.
  package static let text = """
    \(top.dropLast(2)),
      "$defs": {
    \(definitions)
      }
    }

    """

  private static var definitions: String {
    let parts = [general, relay, alerts, sources, clients, tests, filters, operators, destinations, asking, connecting]
    let lines = parts.joined(separator: ",\n").split(separator: "\n")
    return lines.map { "    " + $0 }.joined(separator: "\n")
  }

  private static let top = #"""
    {
      "$schema": "https://json-schema.org/draft/2020-12/schema",
      "title": "cdrelay rule file",
      "description": "From where call records come, where they go, and which goes where. `cdrelay rules check FILE` says what is wrong with one.",
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "$schema": { "type": "string", "description": "For your editor: where `cdrelay rules schema` was written to." },
        "enabled": { "$ref": "#/$defs/enabled" },
        "note": { "$ref": "#/$defs/note" },
        "relay": { "$ref": "#/$defs/relay" },
        "alerts": { "$ref": "#/$defs/alerts" },
        "tables": {
          "description": "By name: what stands for what, for the filter `map`: {\"owners\": {\"101\": \"5012345\"}}.",
          "type": "object",
          "propertyNames": { "$ref": "#/$defs/name" },
          "properties": { "note": { "type": ["string", "object"] } },
          "additionalProperties": { "type": "object" }
        },
        "sources": {
          "description": "By name: where webhooks come from. The name is that of their address: /hooks/NAME.",
          "type": "object",
          "propertyNames": { "$ref": "#/$defs/name" },
          "properties": { "note": { "anyOf": [{ "type": "string" }, { "$ref": "#/$defs/source" }] } },
          "additionalProperties": { "$ref": "#/$defs/source" }
        },
        "clients": {
          "description": "By name: programs that may place calls through the relay (POST /calls/SOURCE).",
          "type": "object",
          "propertyNames": { "$ref": "#/$defs/name" },
          "properties": { "note": { "anyOf": [{ "type": "string" }, { "$ref": "#/$defs/client" }] } },
          "additionalProperties": { "$ref": "#/$defs/client" }
        },
        "destinations": {
          "description": "By name: where records go.",
          "type": "object",
          "propertyNames": { "$ref": "#/$defs/name" },
          "properties": { "note": { "anyOf": [{ "type": "string" }, { "$ref": "#/$defs/destination" }] } },
          "additionalProperties": { "$ref": "#/$defs/destination" }
        },
        "rules": {
          "description": "All that match a record apply, in this order.",
          "type": "array",
          "items": { "$ref": "#/$defs/rule" }
        },
        "tests": {
          "description": "Records and what should become of them; `cdrelay rules check` runs them.",
          "type": "array",
          "items": { "$ref": "#/$defs/test" }
        }
      }
    }
    """#

  /// What stands at many places.
  private static let general = #"""
    "enabled": { "type": "boolean", "description": "Default true. false: as if it were not there." },
    "note": { "type": "string", "description": "For people." },
    "name": { "type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$", "description": "1 to 64 letters, digits, _ and -." },
    "text": { "type": "string", "minLength": 1 },
    "secret": { "type": "string", "minLength": 1, "description": "Write ${NAME} (environment or relay.secrets_file) or ${file:/path}." },
    "secrets": {
      "description": "A secret, or a list of two while one replaces the other. Write ${NAME}.",
      "anyOf": [
        { "$ref": "#/$defs/secret" },
        { "type": "array", "minItems": 1, "maxItems": 2, "items": { "$ref": "#/$defs/secret" } }
      ]
    },
    "address_blocks": {
      "type": "array",
      "minItems": 1,
      "items": { "type": "string", "pattern": "^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$|\\$\\{", "examples": ["10.1.0.0/16", "2001:db8::/32"] }
    },
    "time_zone": { "type": "string", "minLength": 1, "description": "IANA name, such as Europe/Paris." },
    "time_of_day": { "type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$" },
    "url": {
      "type": "string",
      "pattern": "^([Hh][Tt][Tt][Pp][Ss]?://|[^:]*\\$\\{)",
      "description": "http or https."
    },
    "headers": {
      "type": "object",
      "propertyNames": { "pattern": "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$" },
      "additionalProperties": { "type": "string", "pattern": "^[^\\u0000-\\u0008\\u000A-\\u001F\\u007F]*$" }
    },
    "days_or_forever": {
      "anyOf": [{ "type": "number", "minimum": 0.01, "maximum": 36500 }, { "const": "forever" }]
    },
    "count_or_never": {
      "anyOf": [{ "type": "integer", "minimum": 1, "maximum": 10000 }, { "const": "never" }]
    }
    """#
}
