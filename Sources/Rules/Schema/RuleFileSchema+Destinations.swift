extension RuleFileSchema {
  static let destinations = #"""
    "destination": {
      "description": "One downstream url with its own limits, retries and credentials.",
      "type": "object",
      "additionalProperties": false,
      "if": { "required": ["preset"] },
      "then": {
        "anyOf": [{ "required": ["auth"] }, { "required": ["headers"] }],
        "if": { "properties": { "preset": { "const": "salesforce" } } },
        "then": { "required": ["base_url"] },
        "else": { "properties": { "external_id": false } }
      },
      "else": { "$ref": "#/$defs/whole_destination" },
      "properties": {
        "enabled": { "type": "boolean", "description": "Default true. false: gets no new deliveries, and those it has wait." },
        "note": { "$ref": "#/$defs/note" },
        "preset": { "enum": ["hubspot", "salesforce", "zoho", "pipedrive"], "description": "A CRM whose keys are laid under these; null takes one of them away. `cdrelay presets show NAME` prints them." },
        "base_url": { "type": "string", "pattern": "^(https?://|\\$\\{)(?!.*[{][{])", "description": "With a preset: where the CRM is, such as https://acme.my.salesforce.com." },
        "country": { "$ref": "#/$defs/country", "description": "With a preset: where numbers without a code are at home, such as FR." },
        "external_id": { "$ref": "#/$defs/name", "description": "With the preset salesforce: the name of an external id field, by which a repetition makes no second task." },
        "url": { "$ref": "#/$defs/url", "description": "http or https; may hold {{placeholders}} in path and query." },
        "method": { "$ref": "#/$defs/method", "default": "POST" },
        "headers": { "$ref": "#/$defs/headers", "description": "Values are templates." },
        "body": { "$ref": "#/$defs/body" },
        "content_type": { "$ref": "#/$defs/content_type" },
        "omit_empty": { "anyOf": [{ "$ref": "#/$defs/omit_empty" }, { "type": "null" }] },
        "lookup": { "anyOf": [{ "$ref": "#/$defs/lookup" }, { "type": "null" }] },
        "capture": { "anyOf": [{ "$ref": "#/$defs/capture" }, { "type": "null" }] },
        "drop": {
          "type": "array",
          "items": { "type": "string", "pattern": "^(body|call|headers|query)[.\\[]", "examples": ["body.balance", "call.agent"] },
          "description": "Fields that this destination never gets."
        },
        "paused": { "type": "boolean", "default": false, "description": "Holds the destination: its deliveries wait." },
        "timeout_seconds": { "type": "number", "minimum": 0.1, "maximum": 600, "default": 15, "description": "For a whole attempt." },
        "connect_timeout_seconds": { "type": "number", "minimum": 0.1, "maximum": 600, "default": 5, "description": "For the connection." },
        "max_in_flight": { "type": "integer", "minimum": 1, "maximum": 1000, "default": 8, "description": "Sent at a time." },
        "rate_per_second": { "type": ["number", "null"], "minimum": 0.001, "maximum": 100000, "description": "At most so many; may be a fraction. Default no limit." },
        "rate_per_day": { "type": "integer", "minimum": 1, "maximum": 1000000000, "description": "From midnight to midnight in the relay's time_zone. Default no limit." },
        "retry": { "$ref": "#/$defs/retry" },
        "answers": { "type": ["array", "null"], "items": { "$ref": "#/$defs/answer" }, "description": "What an answer means where its status alone does not say; the first that matches counts." },
        "allow_private": { "type": "boolean", "default": false, "description": "Must be written out for loopback and private addresses." },
        "on_revision": { "enum": ["send", "skip", null], "default": "send", "description": "skip takes the first version of a record only." },
        "order": { "enum": ["any", "per_call"], "default": "any", "description": "per_call: the deliveries of one call go one behind the other." },
        "signing_secret": { "$ref": "#/$defs/secrets", "description": "Signs requests as Standard Webhooks says; one, or two while changing." },
        "auth": { "$ref": "#/$defs/destination_auth" },
        "tls": { "$ref": "#/$defs/tls" },
        "proxy": { "$ref": "#/$defs/proxy", "description": "http://user:${P}@host:3128, or \"none\". Default relay.proxy." }
      }
    },
    "whole_destination": {
      "$comment": "What a destination without a preset says itself.",
      "required": ["url"],
      "dependentRequired": { "content_type": ["body"], "omit_empty": ["body"] },
      "allOf": [{ "$ref": "#/$defs/request_rules" }],
      "if": { "required": ["capture"] },
      "then": { "properties": { "order": { "const": "per_call" } } },
      "properties": {
        "base_url": false,
        "country": false,
        "external_id": false,
        "body": true,
        "lookup": { "type": "object", "$ref": "#/$defs/whole_lookup" },
        "capture": { "type": "object", "$ref": "#/$defs/whole_capture" },
        "auth": {
          "properties": {
            "header": { "required": ["name", "value"] },
            "oauth2": { "$ref": "#/$defs/whole_oauth2" }
          }
        }
      },
      "additionalProperties": { "not": { "type": "null" } }
    },
    "method": { "enum": ["POST", "PUT", "PATCH", "DELETE", "GET"] },
    "body": {
      "description": "Any JSON with {{placeholders}}, or \"call\": the call as the relay reads it. Default: the record byte for byte.",
      "$ref": "#/$defs/body_part"
    },
    "body_part": {
      "properties": {
        "$if": { "type": "string", "pattern": "^\\s*[{][{].*[}][}]\\s*$", "description": "Leaves this object out where the value is missing, null, false or empty." }
      },
      "additionalProperties": { "$ref": "#/$defs/body_part" },
      "items": { "$ref": "#/$defs/body_part" }
    },
    "content_type": { "enum": ["json", "form"], "default": "json", "description": "How body is written." },
    "omit_empty": { "type": "boolean", "default": false, "description": "Leaves out members of body that turn out null, empty text or an empty object." },
    "request_rules": {
      "allOf": [
        { "if": { "properties": { "method": { "const": "GET" } }, "required": ["method"] }, "then": { "properties": { "body": false } } },
        {
          "if": { "properties": { "content_type": { "const": "form" } }, "required": ["content_type"] },
          "then": { "properties": { "body": { "anyOf": [{ "type": "object" }, { "const": "call" }, { "type": "string", "pattern": "^[{][{]" }] } } }
        }
      ]
    },
    "retry": {
      "description": "When a failed attempt is made again.",
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "enabled": { "$ref": "#/$defs/enabled" },
        "note": { "$ref": "#/$defs/note" },
        "first_delay_seconds": { "type": "number", "minimum": 0.1, "maximum": 86400, "default": 2, "description": "Doubled each time; half of each delay is jitter." },
        "max_delay_seconds": { "type": "number", "minimum": 0.1, "maximum": 86400, "default": 3600, "description": "The longest delay." },
        "give_up_after_hours": { "anyOf": [{ "type": "number", "minimum": 0.01, "maximum": 87600 }, { "const": "never" }], "default": 168, "description": "Since the record came or was replayed." },
        "max_attempts": { "type": "integer", "minimum": 1, "maximum": 100, "description": "Default no limit." },
        "retry_on": { "$ref": "#/$defs/statuses", "description": "Tried again, whatever they mean otherwise: [409, \"5xx\"]." },
        "give_up_on": { "$ref": "#/$defs/statuses", "description": "Dead at once, whatever they mean otherwise." },
        "hold_after": { "$ref": "#/$defs/count_or_never", "default": 20, "description": "Different records refused in a row with the same 4xx that hold the destination." },
        "breaker_after": { "$ref": "#/$defs/count_or_never", "default": 10, "description": "Failures in a row that open the circuit breaker." }
      }
    },
    "statuses": {
      "type": "array",
      "items": { "anyOf": [{ "type": "integer", "minimum": 200, "maximum": 599 }, { "enum": ["2xx", "3xx", "4xx", "5xx"] }] }
    },
    "answer": {
      "type": "object",
      "additionalProperties": false,
      "required": ["when", "then"],
      "properties": {
        "enabled": { "$ref": "#/$defs/enabled" },
        "note": { "type": "string", "description": "Becomes the reason that people read." },
        "when": { "type": "object", "$ref": "#/$defs/answer_filter", "description": "A filter over status, headers and body." },
        "then": { "enum": ["delivered", "retry", "dead", "hold", "wait"], "description": "hold: as with refused credentials; wait: nothing is sent there for a while." },
        "wait_seconds": { "type": "number", "minimum": 0.1, "maximum": 86400, "description": "With wait: for so long." },
        "wait_until": { "$ref": "#/$defs/time_of_day", "description": "With wait: until this time of day, such as 00:00." },
        "time_zone": { "$ref": "#/$defs/time_zone", "description": "Of wait_until. IANA name, default UTC." }
      },
      "if": { "properties": { "then": { "const": "wait" } }, "required": ["then"] },
      "then": { "oneOf": [{ "required": ["wait_seconds"] }, { "required": ["wait_until"] }] },
      "else": { "properties": { "wait_seconds": false, "wait_until": false, "time_zone": false } }
    }
    """#

  /// As whom and on which way a destination is reached.
  static let connecting = #"""
    "destination_auth": {
      "description": "As whom: one of bearer, basic, header and oauth2.",
      "type": "object",
      "additionalProperties": false,
      "oneOf": [
        { "required": ["bearer"] },
        { "required": ["basic"] },
        { "required": ["header"] },
        { "required": ["oauth2"] },
        {
          "required": ["enabled"],
          "properties": { "enabled": { "const": false }, "bearer": false, "basic": false, "header": false, "oauth2": false }
        }
      ],
      "properties": {
        "enabled": { "$ref": "#/$defs/enabled" },
        "note": { "$ref": "#/$defs/note" },
        "bearer": { "$ref": "#/$defs/secret", "description": "Authorization: Bearer …" },
        "basic": {
          "type": "object",
          "additionalProperties": false,
          "required": ["user", "password"],
          "properties": {
            "enabled": { "$ref": "#/$defs/enabled" },
            "note": { "$ref": "#/$defs/note" },
            "user": { "type": "string", "minLength": 1, "pattern": "^([^:]*|.*\\$\\{.*)$", "description": "No colon (RFC 7617)." },
            "password": { "$ref": "#/$defs/secret" }
          }
        },
        "header": {
          "description": "Any header.",
          "type": "object",
          "additionalProperties": false,
          "properties": {
            "enabled": { "$ref": "#/$defs/enabled" },
            "note": { "$ref": "#/$defs/note" },
            "name": { "type": "string", "pattern": "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$|\\$\\{" },
            "value": { "$ref": "#/$defs/secret" }
          }
        },
        "oauth2": { "$ref": "#/$defs/oauth2" }
      }
    },
    "oauth2": {
      "description": "An access token that the relay fetches itself (RFC 6749).",
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "enabled": { "$ref": "#/$defs/enabled" },
        "note": { "$ref": "#/$defs/note" },
        "token_url": { "$ref": "#/$defs/url", "description": "Where tokens are fetched." },
        "client_id": { "$ref": "#/$defs/text" },
        "client_secret": { "$ref": "#/$defs/secret", "description": "A public client with a refresh_token may go without." },
        "refresh_token": { "$ref": "#/$defs/secret", "description": "Default none: the client's own credentials are used." },
        "scope": { "$ref": "#/$defs/text" },
        "audience": { "$ref": "#/$defs/text" },
        "client_auth": { "enum": ["body", "basic"], "default": "body", "description": "body: id and secret in the form; basic: as HTTP Basic." },
        "header_prefix": { "$ref": "#/$defs/text", "default": "Bearer", "description": "What stands before the token; Zoho: Zoho-oauthtoken." },
        "tls": { "$ref": "#/$defs/tls", "description": "Of the token endpoint. Default the destination's." }
      }
    },
    "whole_oauth2": {
      "required": ["token_url", "client_id"],
      "anyOf": [{ "required": ["client_secret"] }, { "required": ["refresh_token"] }],
      "if": { "properties": { "client_auth": { "const": "basic" } }, "required": ["client_auth"] },
      "then": { "required": ["client_secret"] }
    },
    "tls": {
      "description": "Whom to believe, and what to show. Files are PEM.",
      "type": "object",
      "additionalProperties": false,
      "dependentRequired": { "client_key_file": ["client_certificate_file"], "client_key_password": ["client_certificate_file"] },
      "properties": {
        "enabled": { "$ref": "#/$defs/enabled" },
        "note": { "$ref": "#/$defs/note" },
        "ca_file": { "$ref": "#/$defs/text", "description": "Believed in place of the system's CAs." },
        "client_certificate_file": { "$ref": "#/$defs/text", "description": "Perhaps with its chain and key." },
        "client_key_file": { "$ref": "#/$defs/text", "description": "Default: in the certificate's file." },
        "client_key_password": { "$ref": "#/$defs/secret", "description": "Of an encrypted key." },
        "verify": { "type": "boolean", "default": true, "description": "false takes any certificate." }
      }
    },
    "proxy": { "type": "string", "pattern": "^(none$|http://.|.*\\$\\{)", "description": "http://user:${P}@host:3128, or \"none\"." }
    """#
}
