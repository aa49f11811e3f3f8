extension Preset {
  /// developers.hubspot.com/docs/api/crm/calls, …/crm/search.
  static let hubspot = Preset(
    name: .hubspot, title: "HubSpot", baseURL: "https://api.hubapi.com", exampleURL: "https://api.hubapi.com",
    text: #"""
      {
        "url": "<base_url>/crm/v3/objects/calls",
        "body": {
          "properties": {
            "hs_timestamp": "{{call.started_at | or: record.received_at}}",
            "hs_call_title": "{{call.direction | map: hubspot_titles | default: Call}}, {{call.status}}",
            "hs_call_direction": "{{call.direction | upper}}",
            "hs_call_duration": "{{call.answered_seconds | seconds_as: milliseconds | string}}",
            "hs_call_from_number": "{{call.customer_number | e164<country> | only_if: call.direction, inbound}}{{call.our_number | e164<country> | only_if: call.direction, outbound}}",
            "hs_call_to_number": "{{call.our_number | e164<country> | only_if: call.direction, inbound}}{{call.customer_number | e164<country> | only_if: call.direction, outbound}}",
            "hs_call_status": "{{call.status | map: hubspot_statuses}}"
          },
          "associations": [
            {
              "$if": "{{lookup}}",
              "to": { "id": "{{lookup | string}}" },
              "types": [{ "associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 194 }]
            }
          ]
        },
        "omit_empty": true,
        "lookup": {
          "note": "the contact of the customer's number",
          "method": "POST",
          "url": "<base_url>/crm/v3/objects/contacts/search",
          "body": {
            "filterGroups": [
              { "filters": [{ "propertyName": "phone", "operator": "EQ", "value": "{{call.customer_number | e164<country> | required}}" }] },
              { "filters": [{ "propertyName": "mobilephone", "operator": "EQ", "value": "{{call.customer_number | e164<country> | required}}" }] },
              { "filters": [{ "propertyName": "hs_searchable_calculated_phone_number", "operator": "EQ", "value": "{{call.customer_number | e164<country><national> | required}}" }] },
              { "filters": [{ "propertyName": "hs_searchable_calculated_mobile_number", "operator": "EQ", "value": "{{call.customer_number | e164<country><national> | required}}" }] }
            ],
            "limit": 1
          },
          "value": "results.0.id",
          "if_none": "send"
        },
        "capture": {
          "value": "id",
          "update": { "url": "<base_url>/crm/v3/objects/calls/{{captured}}", "leave_out": ["associations"] }
        },
        "rate_per_second": 4,
        "answers": [
          {
            "note": "HubSpot's limit of the day, new at midnight in the account's time zone",
            "when": { "status": 429, "body": { "policyName": "DAILY" } },
            "then": "wait",
            "wait_until": "00:00",
            "time_zone": "<time_zone>"
          }
        ]
      }
      """#,
    tables: #"""
      {
        "hubspot_titles": { "inbound": "Inbound call", "outbound": "Outbound call" },
        "hubspot_statuses": {
          "answered": "COMPLETED", "missed": "NO_ANSWER", "busy": "BUSY", "failed": "FAILED", "canceled": "CANCELED",
          "unallocated": "FAILED", "waiting": "QUEUED", "started": "CONNECTING", "ringing": "RINGING",
          "bridged": "IN_PROGRESS", "ended": "COMPLETED"
        }
      }
      """#,
    auth: #"{ "oauth2": { "token_url": "<base_url>/oauth/v1/token" } }"#,
    missingAuth: #"HubSpot takes the access token of a private app: { "bearer": "${HUBSPOT_TOKEN}" }"#,
    notes: [
      "The token needs the scopes crm.objects.contacts.read and crm.objects.contacts.write.",
      "The call is shown on the contact whose number is the customer's. Without one it is logged all the same, on nobody: only the calls index page shows it. Contacts are found by their numbers in international form, and with \"country\" also by the numbers of that country however they were typed in.",
      "HubSpot makes a second call where it is asked twice, so a time-out behind which the first request arrived leaves a duplicate: that can't be avoided. Revisions and later records of the call update what the first one made.",
      "hs_call_recording_url must be an https url; providers send file names, so nothing is sent. Write it where you have one: \"body\": { \"properties\": { \"hs_call_recording_url\": \"https://…/{{call.recording}}\" } }. The owner likewise: \"hubspot_owner_id\": \"{{call.agent | map: owners}}\".",
      "rate_per_second stands for 100 requests in 10 s with a lookup and a call each; larger accounts may take more.",
      "Not confirmed by HubSpot's pages: that 194 is the type of call to contact, and the names hs_searchable_calculated_… of the numbers without the country's code.",
    ])
}
