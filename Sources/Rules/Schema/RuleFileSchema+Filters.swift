extension RuleFileSchema {
  /// One for each thing that knows its keys: the operators go on with the same thing. Unevaluated is what neither names.
  static let filters = #"""
    "record_filter": {
      "type": ["object", "array", "string", "number", "boolean", "null"],
      "items": { "$ref": "#/$defs/record_filter" },
      "$ref": "#/$defs/operators",
      "properties": {
        "source": { "$ref": "#/$defs/value_filter", "description": "Name of the source." },
        "provider": { "$ref": "#/$defs/value_filter", "description": "telecmi, callr or generic." },
        "kind": { "$ref": "#/$defs/value_filter", "description": "cdr (after the call) or live (during it)." },
        "call": { "$ref": "#/$defs/call_filter", "description": "The call as the relay reads it, whatever the provider." },
        "body": { "$ref": "#/$defs/value_filter", "description": "The record as sent, custom and extra_params opened." },
        "headers": { "$ref": "#/$defs/value_filter", "description": "Of the webhook, by name in any case." },
        "query": { "$ref": "#/$defs/value_filter", "description": "Of the webhook's address." },
        "$or": { "type": "array", "items": { "$ref": "#/$defs/record_filter" }, "description": "If any of these filters does." },
        "$and": { "type": "array", "items": { "$ref": "#/$defs/record_filter" }, "description": "If all of these filters do." },
        "$not": { "$ref": "#/$defs/record_filter", "description": "Exactly what the filter does not match." }
      },
      "unevaluatedProperties": false
    },
    "call_filter": {
      "items": { "$ref": "#/$defs/call_filter" },
      "$ref": "#/$defs/operators",
      "properties": {
        "id": { "$ref": "#/$defs/value_filter", "description": "The provider's id of this record's leg." },
        "conversation_id": { "$ref": "#/$defs/value_filter", "description": "What the legs of one call share." },
        "request_id": { "$ref": "#/$defs/value_filter", "description": "Of the click-to-call request that began it." },
        "request": { "$ref": "#/$defs/value_filter", "description": "The call placed through the relay: { id, client }." },
        "leg": { "$ref": "#/$defs/value_filter", "description": "a or b." },
        "role": { "$ref": "#/$defs/value_filter", "description": "call (once for the whole conversation), leg, agent_missed or live." },
        "direction": { "$ref": "#/$defs/value_filter", "description": "inbound or outbound." },
        "status": { "$ref": "#/$defs/value_filter", "description": "answered, missed, busy, failed, canceled, unallocated; live: waiting, started, ringing, answered, bridged, ended." },
        "from": { "$ref": "#/$defs/value_filter" },
        "to": { "$ref": "#/$defs/value_filter" },
        "customer_number": { "$ref": "#/$defs/value_filter" },
        "our_number": { "$ref": "#/$defs/value_filter" },
        "agent": { "$ref": "#/$defs/value_filter" },
        "team": { "$ref": "#/$defs/value_filter" },
        "started_at": { "$ref": "#/$defs/value_filter", "description": "RFC 3339, UTC." },
        "answered_at": { "$ref": "#/$defs/value_filter", "description": "RFC 3339, UTC." },
        "ended_at": { "$ref": "#/$defs/value_filter", "description": "RFC 3339, UTC." },
        "total_seconds": { "$ref": "#/$defs/value_filter" },
        "answered_seconds": { "$ref": "#/$defs/value_filter" },
        "billed_seconds": { "$ref": "#/$defs/value_filter" },
        "waited_seconds": { "$ref": "#/$defs/value_filter" },
        "hangup_reason": { "$ref": "#/$defs/value_filter" },
        "hangup_by": { "$ref": "#/$defs/value_filter", "description": "customer, agent or system." },
        "recording": { "$ref": "#/$defs/value_filter" },
        "voicemail": { "$ref": "#/$defs/value_filter" },
        "custom": { "$ref": "#/$defs/value_filter" },
        "extra": { "$ref": "#/$defs/value_filter" },
        "account": { "$ref": "#/$defs/value_filter" },
        "$or": { "type": "array", "items": { "$ref": "#/$defs/call_filter" } },
        "$and": { "type": "array", "items": { "$ref": "#/$defs/call_filter" } },
        "$not": { "$ref": "#/$defs/call_filter" }
      },
      "unevaluatedProperties": false
    },
    "answer_filter": {
      "items": { "$ref": "#/$defs/answer_filter" },
      "$ref": "#/$defs/operators",
      "properties": {
        "status": { "$ref": "#/$defs/value_filter", "description": "The HTTP status." },
        "headers": { "$ref": "#/$defs/value_filter", "description": "By name in any case." },
        "body": { "$ref": "#/$defs/value_filter", "description": "JSON, else text; its first 1 MiB." },
        "$or": { "type": "array", "items": { "$ref": "#/$defs/answer_filter" } },
        "$and": { "type": "array", "items": { "$ref": "#/$defs/answer_filter" } },
        "$not": { "$ref": "#/$defs/answer_filter" }
      },
      "unevaluatedProperties": false
    },
    "value_filter": {
      "description": "A value: what is equal. An object: members that match, or operators. A list: a list that holds all of these.",
      "items": { "$ref": "#/$defs/value_filter" },
      "$ref": "#/$defs/operators",
      "properties": {
        "$or": { "type": "array", "items": { "$ref": "#/$defs/value_filter" }, "description": "If any of these does." },
        "$and": { "type": "array", "items": { "$ref": "#/$defs/value_filter" }, "description": "If all of these do." },
        "$not": { "$ref": "#/$defs/value_filter", "description": "Exactly what the filter does not match, a missing key too." }
      },
      "patternProperties": { "^([^$]|$)": { "$ref": "#/$defs/value_filter" } },
      "unevaluatedProperties": false
    }
    """#

  /// Those whose operand is the same wherever they stand.
  static let operators = #"""
    "operators": {
      "properties": {
        "$eq": { "description": "Equal as a whole: lists in order, objects with no other members." },
        "$neq": { "description": "There, and not equal as a whole." },
        "$gt": { "type": ["number", "string"], "description": "Greater: numbers by value, texts by code point. Unlike types never match." },
        "$gte": { "type": ["number", "string"], "description": "Greater or equal." },
        "$lt": { "type": ["number", "string"], "description": "Less." },
        "$lte": { "type": ["number", "string"], "description": "Less or equal." },
        "$in": { "not": { "type": "object" }, "description": "One of the list; with a text, a text that holds it or a list that has it." },
        "$nin": { "not": { "type": "object" }, "description": "What can be compared so and is not $in." },
        "$startsWith": { "type": "string" },
        "$endsWith": { "type": "string" },
        "$regex": { "type": "string", "description": "Texts that hold a match, in linear time: no looking around, no back references. (?i) for any case." },
        "$exist": { "type": "boolean", "description": "What is there (null too), or is not." },
        "$ieq": { "type": "string", "description": "The same text but for upper and lower case." },
        "$number": {
          "description": "A number, or text that is one, that matches as a number: 30, or {\"$gte\": 30}.",
          "type": ["number", "object"],
          "minProperties": 1,
          "propertyNames": { "pattern": "^[$]" },
          "$ref": "#/$defs/value_filter"
        },
        "$time": {
          "description": "A moment in these hours of these days, as clocks there show them.",
          "type": "object",
          "additionalProperties": false,
          "anyOf": [{ "required": ["from"] }, { "required": ["to"] }, { "required": ["days"] }],
          "properties": {
            "enabled": { "$ref": "#/$defs/enabled" },
            "note": { "$ref": "#/$defs/note" },
            "from": { "$ref": "#/$defs/time_of_day", "description": "Such as 09:00. Default 00:00." },
            "to": { "anyOf": [{ "$ref": "#/$defs/time_of_day" }, { "const": "24:00" }], "description": "Such as 18:00, which is no longer in it. Before from: over midnight. Default 24:00." },
            "days": {
              "anyOf": [{ "$ref": "#/$defs/weekdays" }, { "type": "array", "minItems": 1, "items": { "$ref": "#/$defs/weekdays" } }],
              "description": "mon-fri, or [\"mon\", \"wed-fri\"]. Default: every day."
            },
            "time_zone": { "$ref": "#/$defs/time_zone", "description": "IANA name. Default the relay's." }
          }
        },
        "$phone": {
          "description": "A phone number, in any spelling, of one of these countries and beginnings.",
          "type": "object",
          "additionalProperties": false,
          "anyOf": [{ "required": ["prefix"] }, { "required": ["country"] }],
          "properties": {
            "enabled": { "$ref": "#/$defs/enabled" },
            "note": { "$ref": "#/$defs/note" },
            "prefix": {
              "anyOf": [{ "$ref": "#/$defs/number_prefix" }, { "type": "array", "minItems": 1, "items": { "$ref": "#/$defs/number_prefix" } }],
              "description": "With + and the country's code: +33 6."
            },
            "country": {
              "anyOf": [{ "$ref": "#/$defs/country" }, { "type": "array", "minItems": 1, "items": { "$ref": "#/$defs/country" } }]
            },
            "default_country": { "$ref": "#/$defs/country", "description": "Where numbers without + are at home. Default: they are international." }
          }
        }
      }
    },
    "weekdays": {
      "type": "string",
      "pattern": "^([Mm][Oo][Nn]|[Tt][Uu][Ee]|[Ww][Ee][Dd]|[Tt][Hh][Uu]|[Ff][Rr][Ii]|[Ss][Aa][Tt]|[Ss][Uu][Nn])(-([Mm][Oo][Nn]|[Tt][Uu][Ee]|[Ww][Ee][Dd]|[Tt][Hh][Uu]|[Ff][Rr][Ii]|[Ss][Aa][Tt]|[Ss][Uu][Nn]))?$"
    },
    "number_prefix": { "type": "string", "pattern": "^[+]([ .()/-]*[0-9]){1,15}[ .()/-]*$" },
    "country": { "type": "string", "pattern": "^[A-Za-z]{2}$", "description": "ISO 3166-1, two letters: FR." }
    """#
}
