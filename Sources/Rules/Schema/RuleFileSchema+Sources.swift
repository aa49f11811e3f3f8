extension RuleFileSchema {
  static let sources = #"""
    "source": {
      "description": "One origin of webhooks.",
      "type": "object",
      "additionalProperties": false,
      "required": ["provider", "auth"],
      "properties": {
        "enabled": { "type": "boolean", "description": "Default true. false: its address answers 404." },
        "note": { "$ref": "#/$defs/note" },
        "provider": { "enum": ["telecmi", "callr", "generic"], "description": "Which dialect it speaks; generic for any JSON." },
        "auth": { "$ref": "#/$defs/source_auth" },
        "key": { "type": "string", "pattern": "^[^.]+([.][^.]+)*$", "description": "generic only: where the id stands that makes two records the same one, such as call.uuid. Default the whole body." },
        "app_ids": { "type": "array", "items": { "type": "integer", "minimum": 1, "maximum": 9223372036854775807 }, "description": "telecmi only: records of other apps are quarantined. Default: all are taken." },
        "ignore_changes": { "type": "array", "items": { "$ref": "#/$defs/text" }, "description": "Keys whose change makes no revision." },
        "dedup_group": { "anyOf": [{ "$ref": "#/$defs/name" }, { "type": "string", "pattern": "\\$\\{" }], "description": "Sources of one group share their keys: what comes through two of them is stored once. Default its own name." },
        "keep_refused": {
          "description": "Keeps requests refused with 401 for a while; strangers can fill it. Default: none are kept.",
          "type": "object",
          "additionalProperties": false,
          "properties": {
            "enabled": { "$ref": "#/$defs/enabled" },
            "note": { "$ref": "#/$defs/note" },
            "count": { "type": "integer", "minimum": 1, "maximum": 100000, "default": 1000, "description": "Requests; the oldest go first." },
            "days": { "type": "number", "minimum": 0.01, "maximum": 365, "default": 7, "description": "From when one came." },
            "bytes": { "type": "integer", "minimum": 65536, "maximum": 10737418240, "default": 67108864, "description": "Of all their bodies, headers and queries." }
          }
        },
        "api": { "$ref": "#/$defs/provider_api" },
        "reconcile": {
          "description": "Compares by itself what the provider has with what came. Needs api.",
          "type": "object",
          "additionalProperties": false,
          "properties": {
            "enabled": { "$ref": "#/$defs/enabled" },
            "note": { "$ref": "#/$defs/note" },
            "every_hours": { "type": "number", "minimum": 0.02, "maximum": 720, "default": 6, "description": "From one comparison to the next." },
            "look_back_hours": { "type": "number", "minimum": 1, "maximum": 2160, "default": 48, "description": "How far back it looks." },
            "settle_minutes": { "type": "number", "minimum": 0, "maximum": 1440, "default": 60, "description": "Calls younger than that are left out, since they may be under way." },
            "backfill": { "type": "boolean", "default": false, "description": "What is missing is fetched, goes through the rules and is sent." }
          }
        },
        "import": {
          "description": "How the files are written that `cdrelay import` reads.",
          "type": "object",
          "additionalProperties": false,
          "properties": {
            "enabled": { "$ref": "#/$defs/enabled" },
            "note": { "$ref": "#/$defs/note" },
            "columns": { "type": "object", "additionalProperties": { "$ref": "#/$defs/text" }, "description": "The provider's name of a field, or call.… , and the title of its column. Titles that are a field's name need not stand here." },
            "time_zone": { "$ref": "#/$defs/time_zone", "description": "Of times that name no zone. IANA name, default UTC." },
            "time_format": { "$ref": "#/$defs/text", "description": "Such as dd/MM/yyyy HH:mm:ss. Default: 2025-10-01 09:00:00 and RFC 3339, or numbers since 1970." }
          }
        },
        "recordings": { "$ref": "#/$defs/recordings" },
        "expect": {
          "description": "How often it sends; silence is then a problem.",
          "type": "object",
          "additionalProperties": false,
          "required": ["every_minutes"],
          "properties": {
            "enabled": { "$ref": "#/$defs/enabled" },
            "note": { "$ref": "#/$defs/note" },
            "every_minutes": { "type": "number", "minimum": 1, "maximum": 10080, "description": "At least one record in each such time." },
            "between": { "type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$", "description": "Such as 09:00-18:00, in relay.time_zone; 22:00-06:00 goes over midnight. Default: all hours." },
            "days": { "type": "array", "minItems": 1, "items": { "enum": ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] }, "description": "On which the hours begin. Default: every day." }
          }
        }
      },
      "allOf": [
        {
          "if": {
            "properties": { "reconcile": { "not": { "properties": { "enabled": { "const": false } }, "required": ["enabled"] } } },
            "required": ["reconcile"]
          },
          "then": { "required": ["api"] }
        },
        {
          "if": { "required": ["recordings"], "not": { "anyOf": [{ "required": ["api"] }, { "properties": { "recordings": { "properties": { "enabled": { "const": false } }, "required": ["enabled"] } } }] } },
          "then": { "properties": { "recordings": { "required": ["hosts"], "properties": { "hosts": { "minItems": 1 } } } } },
          "$comment": "there must be somewhere to fetch a recording from"
        },
        {
          "if": { "properties": { "provider": { "enum": ["telecmi", "callr"] } }, "required": ["provider"] },
          "then": { "properties": { "key": false } }
        },
        {
          "if": { "properties": { "provider": { "enum": ["callr", "generic"] } }, "required": ["provider"] },
          "then": { "properties": { "app_ids": false, "api": { "properties": { "product": false, "app_id": false } } } }
        },
        {
          "if": { "properties": { "provider": { "const": "generic" } }, "required": ["provider"] },
          "then": { "properties": { "api": false } }
        },
        {
          "if": { "properties": { "provider": { "const": "telecmi" }, "app_ids": { "not": { "minItems": 1, "maxItems": 1 } } }, "required": ["provider", "api"] },
          "then": { "properties": { "api": { "required": ["app_id"] } } }
        },
        {
          "if": { "properties": { "provider": { "enum": ["telecmi", "generic"] } }, "required": ["provider"] },
          "then": {
            "properties": {
              "auth": {
                "properties": {
                  "hmac": { "required": ["header"] },
                  "any_of": { "items": { "properties": { "hmac": { "required": ["header"] } } } }
                }
              }
            }
          }
        }
      ]
    },
    "provider_api": {
      "description": "The provider's own API: calls are placed by it, records fetched, recordings played.",
      "type": "object",
      "additionalProperties": false,
      "required": ["secret"],
      "properties": {
        "enabled": { "$ref": "#/$defs/enabled" },
        "note": { "$ref": "#/$defs/note" },
        "product": { "enum": ["chub", "chub_india", "piopiy"], "default": "chub", "description": "telecmi only: which of TeleCMI's products the account is of." },
        "base_url": { "$ref": "#/$defs/url", "description": "Default the provider's." },
        "app_id": { "type": "integer", "minimum": 1, "maximum": 9223372036854775807, "description": "telecmi only. Default: the only one of app_ids." },
        "secret": { "$ref": "#/$defs/text", "description": "TeleCMI: the app secret. Callr: the API key." },
        "allow_private": { "type": "boolean", "default": false, "description": "Must be written out for loopback and private addresses." },
        "timeout_seconds": { "type": "number", "minimum": 1, "maximum": 300, "default": 30, "description": "For one request." },
        "requests_per_second": { "type": "number", "minimum": 0.01, "maximum": 100, "default": 2, "description": "At most, while records are fetched." },
        "paths": {
          "description": "Paths below base_url that are not as documented.",
          "type": "object",
          "additionalProperties": false,
          "properties": {
            "answered": { "$ref": "#/$defs/api_path" },
            "missed": { "$ref": "#/$defs/api_path" },
            "out_answered": { "$ref": "#/$defs/api_path" },
            "out_missed": { "$ref": "#/$defs/api_path" },
            "make_call": { "$ref": "#/$defs/api_path" },
            "click2call": { "$ref": "#/$defs/api_path" },
            "play": { "$ref": "#/$defs/api_path" },
            "export": { "$ref": "#/$defs/api_path" },
            "task": { "$ref": "#/$defs/api_path" }
          }
        }
      }
    },
    "recordings": {
      "description": "Links to recordings that are signed and expire, so that the provider's URL, which holds the account's secret, goes nowhere. Default: no links.",
      "type": "object",
      "additionalProperties": false,
      "required": ["link_secret", "public_url"],
      "properties": {
        "enabled": { "$ref": "#/$defs/enabled" },
        "note": { "$ref": "#/$defs/note" },
        "link_secret": { "$ref": "#/$defs/secrets", "description": "What links are signed with, 16 characters at least; two during rotation." },
        "public_url": { "type": "string", "minLength": 1, "description": "Where clients reach the calls listener, such as https://relay.example.com." },
        "expires_after_hours": { "type": "number", "minimum": 0.1, "maximum": 87600, "default": 168, "description": "From a record's receipt." },
        "hosts": { "type": "array", "items": { "$ref": "#/$defs/text" }, "description": "Beside the API's own: where a recording may lie whose record gives a whole URL. Default none." },
        "max_in_flight": { "type": "integer", "minimum": 1, "maximum": 64, "default": 8, "description": "Recordings given out at a time; more are answered 503." }
      }
    },
    "api_path": { "type": "string", "pattern": "^/[^?#\"<>\\\\^`{|}\\s]*$", "description": "Such as /v2/answered." },
    "source_auth": {
      "description": "How a request proves that it is this source's: all of an object together, or one object of any_of. \"none\": anyone who knows the address may post.",
      "anyOf": [
        { "const": "none" },
        { "$ref": "#/$defs/source_requirement", "properties": { "enabled": { "const": true } }, "$comment": "can't be switched off" },
        {
          "type": "object",
          "additionalProperties": false,
          "required": ["any_of"],
          "properties": {
            "enabled": { "const": true },
            "note": { "$ref": "#/$defs/note" },
            "any_of": {
              "type": "array",
              "minItems": 1,
              "items": { "$ref": "#/$defs/source_requirement" },
              "contains": { "not": { "properties": { "enabled": { "const": false } }, "required": ["enabled"] } }
            }
          }
        }
      ]
    },
    "source_requirement": {
      "type": "object",
      "additionalProperties": false,
      "anyOf": [
        { "required": ["token"] },
        { "required": ["basic"] },
        { "required": ["hmac"] },
        { "required": ["allow_from"] },
        { "properties": { "enabled": { "const": false } }, "required": ["enabled"] }
      ],
      "properties": {
        "enabled": { "$ref": "#/$defs/enabled" },
        "note": { "$ref": "#/$defs/note" },
        "token": { "$ref": "#/$defs/secrets", "description": "In /hooks/NAME/TOKEN, ?token=…, Authorization: Bearer … or X-Webhook-Token. `openssl rand -hex 24` makes one. Two while one replaces the other." },
        "basic": {
          "type": "object",
          "additionalProperties": false,
          "required": ["user", "password"],
          "properties": {
            "enabled": { "$ref": "#/$defs/enabled" },
            "note": { "$ref": "#/$defs/note" },
            "user": { "type": "string", "minLength": 1, "pattern": "^([^:]*|.*\\$\\{.*)$", "description": "No colon (RFC 7617)." },
            "password": { "$ref": "#/$defs/secrets" }
          }
        },
        "hmac": {
          "description": "A keyed hash over the raw body.",
          "type": "object",
          "additionalProperties": false,
          "required": ["secret"],
          "properties": {
            "enabled": { "$ref": "#/$defs/enabled" },
            "note": { "$ref": "#/$defs/note" },
            "secret": { "$ref": "#/$defs/secrets" },
            "header": { "type": "string", "pattern": "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$|\\$\\{", "description": "That carries the hash. Default for callr: X-CALLR-HmacSignature." },
            "algorithm": { "enum": ["sha256", "sha512"], "default": "sha256" },
            "encoding": { "enum": ["base64", "hex"], "default": "base64" }
          }
        },
        "allow_from": { "$ref": "#/$defs/address_blocks", "description": "Addresses or blocks; others are answered 403." }
      }
    }
    """#

  static let tests = #"""
    "test": {
      "description": "What should become of a record. Write rules, destinations or bodies, or more of them.",
      "type": "object",
      "additionalProperties": false,
      "required": ["name", "source", "record"],
      "anyOf": [{ "required": ["rules"] }, { "required": ["destinations"] }, { "required": ["bodies"] }],
      "properties": {
        "enabled": { "$ref": "#/$defs/enabled" },
        "note": { "$ref": "#/$defs/note" },
        "name": { "$ref": "#/$defs/text", "description": "What the test shows." },
        "source": { "type": "string", "description": "Name of a source." },
        "record": { "type": ["object", "string"], "description": "The body of a webhook: an object, or a form as text." },
        "rules": { "type": "array", "items": { "type": "string" }, "description": "Names of the rules that match, in order." },
        "destinations": { "type": "array", "items": { "type": "string" }, "description": "Names of those that get a delivery, in any order." },
        "bodies": { "type": "object", "description": "By destination: the whole body that it is sent." },
        "lookup": { "type": "object", "description": "By destination: what its lookup gives. Default nothing." },
        "captured": { "type": "object", "description": "By destination: what an earlier delivery of the call left. Default nothing." }
      }
    },
    "rule": {
      "description": "When this matches, send it there.",
      "type": "object",
      "additionalProperties": false,
      "required": ["name", "send_to"],
      "properties": {
        "enabled": { "$ref": "#/$defs/enabled" },
        "note": { "$ref": "#/$defs/note" },
        "name": { "$ref": "#/$defs/text", "description": "Of its own." },
        "when": { "type": "object", "$ref": "#/$defs/record_filter", "description": "A filter over source, provider, kind, call, body, headers and query. Default: everything." },
        "send_to": { "type": "array", "items": { "type": "string" }, "description": "Names of destinations." },
        "stop": { "type": "boolean", "default": false, "description": "Where it matches, the rules behind it are not asked." }
      }
    }
    """#
}
