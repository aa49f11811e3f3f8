extension Preset {
  /// developers.pipedrive.com/docs/api/v1/CallLogs, pipedrive.readme.io on rate limiting.
  static let pipedrive = Preset(
    name: .pipedrive, title: "Pipedrive", baseURL: "https://api.pipedrive.com",
    exampleURL: "https://api.pipedrive.com",
    text: #"""
      {
        "url": "<base_url>/v1/callLogs",
        "body": {
          "to_phone_number": "{{call.our_number | e164<country> | only_if: call.direction, inbound}}{{call.customer_number | or: call.to | e164<country> | only_if: call.direction, outbound}}",
          "from_phone_number": "{{call.customer_number | e164<country> | only_if: call.direction, inbound}}{{call.our_number | e164<country> | only_if: call.direction, outbound}}",
          "outcome": "{{call.status | map: pipedrive_outcomes | default: no_answer}}",
          "start_time": "{{call.started_at | or: record.received_at | date: yyyy-MM-dd HH:mm:ss, UTC}}",
          "end_time": "{{call.ended_at | or: call.started_at | or: record.received_at | date: yyyy-MM-dd HH:mm:ss, UTC}}",
          "duration": "{{call.answered_seconds | string}}",
          "subject": "{{call.direction | map: pipedrive_subjects | default: Call}}, {{call.status}}",
          "person_id": "{{lookup}}"
        },
        "omit_empty": true,
        "on_revision": "skip",
        "lookup": {
          "note": "the person with the customer's number",
          "url": "<base_url>/api/v2/persons/search?term={{call.customer_number | e164<country> | required}}&fields=phone&limit=1",
          "value": "data.items.0.item.id",
          "if_none": "send"
        },
        "answers": [
          {
            "note": "Pipedrive's budget of the day",
            "when": { "status": 429, "headers": { "x-daily-requests-left": "0" } },
            "then": "wait",
            "wait_until": "00:00"
          },
          {
            "note": "Pipedrive refused the call inside an answer that looks like success",
            "when": { "status": { "$lt": 300 }, "body": { "success": false } },
            "then": "dead"
          }
        ]
      }
      """#,
    tables: #"""
      {
        "pipedrive_subjects": { "inbound": "Inbound call", "outbound": "Outbound call" },
        "pipedrive_outcomes": { "answered": "connected", "bridged": "connected", "ended": "connected", "busy": "busy" }
      }
      """#,
    auth: #"""
      {
        "header": { "name": "x-api-token" },
        "oauth2": { "token_url": "https://oauth.pipedrive.com/oauth/token", "client_auth": "basic" }
      }
      """#,
    missingAuth: #"Pipedrive takes an API token: { "header": { "value": "${PIPEDRIVE_TOKEN}" } }"#,
    notes: [
      "The call log is shown on the person with the customer's number. Without one it is logged all the same, on nobody.",
      "Pipedrive makes a second call log where it is asked twice, so a time-out behind which the first request arrived leaves a duplicate: that can't be avoided. A call log can't be changed, so revisions are left out (on_revision) and nothing is captured.",
      "Pipedrive wants an end of every call. TeleCMI sends none: the start stands there, and duration says how long it was. It wants a number called, too: where TeleCMI tells of a call out that the agent did not pick up, that is the agent's.",
      "A 429 of the two seconds' limit waits as long as x-ratelimit-reset says; one of the day's budget until midnight UTC.",
      "Not confirmed by Pipedrive's pages: the header x-api-token, the words of outcome, the search of persons, and when the day's budget is new.",
    ])
}
