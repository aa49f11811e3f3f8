extension RuleFileSchema {
  /// Requests beside the delivery itself: what is asked before it, and what updates what it made.
  static let asking = #"""
    "lookup": {
      "description": "A request made before the delivery, with the destination's own auth: one value of its answer is {{lookup}}.",
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "enabled": { "$ref": "#/$defs/enabled" },
        "note": { "$ref": "#/$defs/note" },
        "url": { "$ref": "#/$defs/url", "description": "http or https; may hold {{placeholders}} in path and query." },
        "method": { "$ref": "#/$defs/method", "default": "GET" },
        "headers": { "$ref": "#/$defs/headers", "description": "Values are templates." },
        "body": { "$ref": "#/$defs/body" },
        "content_type": { "$ref": "#/$defs/content_type" },
        "omit_empty": { "$ref": "#/$defs/omit_empty" },
        "value": { "$ref": "#/$defs/answer_path" },
        "if_none": { "enum": ["send", "dead_letter"], "default": "send", "description": "Where the answer has no value: send it all the same, {{lookup}} missing; or leave it to a person." },
        "cache_seconds": { "type": "number", "minimum": 0, "maximum": 86400, "default": 3600, "description": "For so long an answer is used again; one without a value for a minute at most." }
      }
    },
    "capture": {
      "description": "A value of the answer, such as the CRM's id of the call, kept with the call as {{captured}}: the next record of the same call goes out as update. Makes order per_call.",
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "enabled": { "$ref": "#/$defs/enabled" },
        "note": { "$ref": "#/$defs/note" },
        "value": { "$ref": "#/$defs/answer_path" },
        "update": {
          "description": "The request that updates what the first one made; what is not named is as of the destination.",
          "type": "object",
          "additionalProperties": false,
          "properties": {
            "enabled": { "$ref": "#/$defs/enabled" },
            "note": { "$ref": "#/$defs/note" },
            "url": { "$ref": "#/$defs/url", "description": "With {{captured}} in its path." },
            "method": { "$ref": "#/$defs/method", "default": "PATCH" },
            "headers": { "$ref": "#/$defs/headers", "description": "Values are templates." },
            "body": { "$ref": "#/$defs/body" },
            "content_type": { "$ref": "#/$defs/content_type" },
            "omit_empty": { "$ref": "#/$defs/omit_empty" },
            "leave_out": { "type": "array", "items": { "$ref": "#/$defs/text" }, "description": "Paths into the destination's body: what can be said only once." }
          }
        }
      }
    },
    "whole_lookup": {
      "required": ["url", "value"],
      "dependentRequired": { "content_type": ["body"], "omit_empty": ["body"] },
      "allOf": [{ "$ref": "#/$defs/request_rules" }],
      "if": { "properties": { "method": { "enum": ["POST", "PUT", "PATCH", "DELETE"] } }, "required": ["method"] },
      "then": { "required": ["body"] },
      "else": { "properties": { "body": false } }
    },
    "whole_capture": {
      "required": ["value", "update"],
      "properties": {
        "update": {
          "required": ["url"],
          "allOf": [{ "$ref": "#/$defs/request_rules" }],
          "not": { "required": ["body", "leave_out"] }
        }
      }
    },
    "answer_path": { "type": "string", "minLength": 1, "description": "Path into the JSON answer: results.0.id." }
    """#
}
