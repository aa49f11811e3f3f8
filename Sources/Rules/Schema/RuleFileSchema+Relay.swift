extension RuleFileSchema {
  static let relay = #"""
    "relay": {
      "description": "The relay itself. All of it has defaults; the command line goes before it.",
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "enabled": { "$ref": "#/$defs/enabled" },
        "note": { "$ref": "#/$defs/note" },
        "database": { "$ref": "#/$defs/text", "description": "Path of the database. Default cdrelay.db; --database and $CDRELAY_DATABASE go before it." },
        "time_zone": { "$ref": "#/$defs/time_zone", "description": "Where \"today\" begins, and the zone of filters and templates that name none. IANA name, default UTC." },
        "secrets_file": { "$ref": "#/$defs/text", "description": "Path of a file of NAME=value lines, looked at after the environment. Default none." },
        "trusted_proxies": { "$ref": "#/$defs/address_blocks", "description": "Addresses or blocks whose X-Forwarded-For or Forwarded is believed. Default none." },
        "body_limit_bytes": { "type": "integer", "minimum": 1024, "maximum": 67108864, "default": 1048576, "description": "Larger bodies are answered 413." },
        "json_depth": { "type": "integer", "minimum": 1, "maximum": 256, "default": 64, "description": "Bodies nested deeper are answered 400." },
        "proxy": { "$ref": "#/$defs/proxy", "description": "What destinations go through that name no proxy of their own. Default \"none\"." },
        "limits": { "$ref": "#/$defs/limits" },
        "queue": { "$ref": "#/$defs/queue" },
        "retention": { "$ref": "#/$defs/retention" }
      }
    },
    "limits": {
      "description": "What the receiver lets strangers do.",
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "enabled": { "$ref": "#/$defs/enabled" },
        "note": { "$ref": "#/$defs/note" },
        "connections": { "type": "integer", "minimum": 1, "maximum": 1000000, "default": 4096, "description": "Beyond it the one that waits longest is closed; where all are at work, 503." },
        "connections_per_address": { "type": "integer", "minimum": 1, "maximum": 1000000, "description": "Of one IPv4 address or IPv6 /64. Default half of connections." },
        "requests_per_connection": { "type": "integer", "minimum": 1, "maximum": 1000000000, "default": 10000, "description": "Then the answer says Connection: close." },
        "request_line_bytes": { "type": "integer", "minimum": 1024, "maximum": 1048576, "default": 8192, "description": "Longer ones are answered 414." },
        "head_bytes": { "type": "integer", "minimum": 1024, "maximum": 1048576, "default": 16384, "description": "Larger heads are answered 431." },
        "head_fields": { "type": "integer", "minimum": 10, "maximum": 10000, "default": 100, "description": "More are answered 431." },
        "buffered_bytes": { "type": "integer", "minimum": 1048576, "maximum": 17179869184, "default": 67108864, "description": "In memory over all connections; at least twice body_limit_bytes. Beyond it 503." },
        "first_byte_seconds": { "type": "number", "minimum": 0.1, "maximum": 3600, "default": 10, "description": "Then a silent connection is closed." },
        "head_seconds": { "type": "number", "minimum": 0.1, "maximum": 3600, "default": 10, "description": "For a request's head; then 408." },
        "body_seconds": { "type": "number", "minimum": 0.1, "maximum": 3600, "default": 30, "description": "For a body that does not keep up body_bytes_per_second; then 408." },
        "body_bytes_per_second": { "type": "integer", "minimum": 1, "maximum": 1000000000, "default": 4096, "description": "A body that keeps it up may take longer than body_seconds." },
        "idle_seconds": { "type": "number", "minimum": 0.1, "maximum": 3600, "default": 75, "description": "Between two requests; then the connection is closed." },
        "write_seconds": { "type": "number", "minimum": 0.1, "maximum": 3600, "default": 30, "description": "For a peer that takes nothing of its answer; then the connection is closed." }
      }
    },
    "queue": {
      "description": "Beyond these limits records are answered 503 with Retry-After; sending goes on.",
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "enabled": { "$ref": "#/$defs/enabled" },
        "note": { "$ref": "#/$defs/note" },
        "max_waiting_requests": { "type": "integer", "minimum": 1, "maximum": 1000000, "default": 8192, "description": "Requests that wait in memory for the next commit." },
        "max_waiting_request_bytes": { "type": "integer", "minimum": 1048576, "maximum": 4294967296, "default": 16777216, "description": "Bytes of their bodies." },
        "max_unsettled_deliveries": { "type": "integer", "minimum": 1, "maximum": 1000000000000, "default": 100000000, "description": "Deliveries that wait or are being sent." },
        "max_database_bytes": { "type": "integer", "minimum": 1048576, "maximum": 281474976710656, "default": 1099511627776, "description": "Of the database and its log." },
        "min_free_bytes": { "type": "integer", "minimum": 0, "maximum": 1099511627776, "default": 67108864, "description": "That must be free on the database's file system." },
        "reserve_bytes": { "type": "integer", "minimum": 0, "maximum": 1073741824, "default": 33554432, "description": "Of a file that is given up when the disk is full; 0 for none." },
        "answer_within_seconds": { "type": "number", "minimum": 0.1, "maximum": 300, "default": 10, "description": "Where the commit takes longer, the sender is answered 503." }
      }
    },
    "retention": {
      "description": "When what is settled is removed: days (fractions too) or \"forever\".",
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "enabled": { "$ref": "#/$defs/enabled" },
        "note": { "$ref": "#/$defs/note" },
        "bodies_days": { "$ref": "#/$defs/days_or_forever", "default": 90, "description": "Body, headers and query of a record, and the answers kept of its attempts; from when its last delivery was settled." },
        "delivered_days": { "$ref": "#/$defs/days_or_forever", "default": 400, "description": "Delivered deliveries with their attempts." },
        "cancelled_days": { "$ref": "#/$defs/days_or_forever", "default": 400, "description": "Cancelled deliveries with their attempts." },
        "dead_days": { "$ref": "#/$defs/days_or_forever", "default": "forever", "description": "Dead letters, which otherwise stay until they are replayed or closed." },
        "unrouted_days": { "$ref": "#/$defs/days_or_forever", "default": "forever", "description": "For so long a record that no rule matched stays whole." },
        "records_days": { "$ref": "#/$defs/days_or_forever", "default": 400, "description": "The row of a record that has no deliveries left; at least as long as bodies, delivered and cancelled." },
        "quarantine_days": { "$ref": "#/$defs/days_or_forever", "default": 90, "description": "Quarantined requests that were replayed or discarded." },
        "calls_days": { "$ref": "#/$defs/days_or_forever", "default": 400, "description": "Calls that clients placed, and what was answered." }
      }
    }
    """#

  static let alerts = #"""
    "alerts": {
      "description": "One message when a problem begins, one when it ends: to a program, or to a url. Without either the log alone tells.",
      "type": "object",
      "additionalProperties": false,
      "dependentRequired": { "environment": ["run"], "headers": ["url"], "allow_private": ["url"] },
      "not": { "required": ["run", "url"] },
      "properties": {
        "enabled": { "$ref": "#/$defs/enabled" },
        "note": { "$ref": "#/$defs/note" },
        "run": {
          "type": "array",
          "minItems": 1,
          "prefixItems": [{ "type": "string", "pattern": "^/" }],
          "items": { "$ref": "#/$defs/text" },
          "description": "A program (its whole path) and its arguments; the event comes as JSON on standard input. No secrets here: everybody on the machine sees arguments."
        },
        "environment": {
          "type": "object",
          "propertyNames": { "pattern": "^[A-Za-z0-9_]+$" },
          "additionalProperties": { "$ref": "#/$defs/text" },
          "description": "The program's, beside PATH, HOME, LANG and TZ."
        },
        "url": { "$ref": "#/$defs/url", "description": "In place of run: the event is posted there as JSON. 2xx is success." },
        "headers": {
          "allOf": [{ "$ref": "#/$defs/headers" }, { "additionalProperties": { "minLength": 1 } }],
          "description": "Of the post."
        },
        "allow_private": { "type": "boolean", "default": false, "description": "Must be written out for loopback and private addresses." },
        "timeout_seconds": { "type": "number", "minimum": 1, "maximum": 60, "default": 10, "description": "Then the program is killed, or the post given up." },
        "conditions": {
          "type": "array",
          "items": {
            "enum": ["refusing_records", "disk_low", "destination_held", "destination_unknown", "dead_letters", "late_delivery", "waiting_long", "source_silent", "unrouted", "quarantined", "refused_kept", "rules_refused", "secret_missing", "call_credentials", "calls_missing", "api_failing"]
          },
          "description": "Which problems are told. Default all but unrouted."
        },
        "holds": {
          "type": "array",
          "items": { "enum": ["rules", "person", "credentials", "refusals", "breaker", "limit", "copy", "secrets"] },
          "description": "Which kinds of hold are told. Default all but rules and person."
        },
        "least_seconds_between": { "type": "number", "minimum": 0, "maximum": 86400, "default": 60, "description": "Between two messages on the same thing." },
        "oldest_waiting_minutes": { "type": "number", "minimum": 1, "maximum": 43200, "default": 15, "description": "For waiting_long." },
        "late_after_seconds": { "type": "number", "minimum": 5, "maximum": 86400, "default": 60, "description": "For late_delivery." }
      }
    }
    """#
}
