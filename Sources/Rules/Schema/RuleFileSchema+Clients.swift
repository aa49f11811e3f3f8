extension RuleFileSchema {
  static let clients = #"""
    "client": {
      "description": "A program that may place calls through the relay.",
      "type": "object",
      "additionalProperties": false,
      "required": ["token", "caller_ids", "to_prefixes"],
      "properties": {
        "enabled": { "$ref": "#/$defs/enabled" },
        "note": { "$ref": "#/$defs/note" },
        "token": { "$ref": "#/$defs/secrets", "description": "It sends it as Authorization: Bearer …." },
        "sources": { "type": "array", "minItems": 1, "items": { "$ref": "#/$defs/name" }, "description": "Through which it may call. Default: all that have an api." },
        "caller_ids": {
          "anyOf": [
            { "const": "any" },
            { "type": "array", "minItems": 1, "items": { "type": "string", "pattern": "[0-9]|\\$\\{", "examples": ["+33199001234"] } }
          ],
          "description": "The numbers that it may show to who is called."
        },
        "to_prefixes": {
          "anyOf": [
            { "const": "any" },
            { "type": "array", "minItems": 1, "items": { "type": "string", "pattern": "^[+][1-9][0-9]{0,14}$|\\$\\{", "examples": ["+33"] } }
          ],
          "description": "What the numbers begin with that it may call. Others, and numbers without a country's code, are refused with 403."
        },
        "answer_urls": { "type": "array", "minItems": 1, "items": { "type": "string", "pattern": "^https?://[^/@]+/|\\$\\{", "examples": ["https://crm.example.com/"] }, "description": "piopiy only: what an answer_url must begin with. Its list of actions can dial further numbers. Default: any." },
        "rate_per_minute": { "type": "integer", "minimum": 1, "maximum": 1000, "default": 10, "description": "Calls in any 60 seconds; then 429." },
        "rate_per_day": { "type": "integer", "minimum": 1, "maximum": 100000, "default": 200, "description": "Calls in any 24 hours; then 429." }
      }
    }
    """#
}
