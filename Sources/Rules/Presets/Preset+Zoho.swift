extension Preset {
  /// help.zoho.com Kaizen #38, zoho.com/crm/developer.
  static let zoho = Preset(
    name: .zoho, title: "Zoho CRM", baseURL: "https://www.zohoapis.com", exampleURL: "https://www.zohoapis.eu",
    text: #"""
      {
        "url": "<base_url>/crm/v8/Calls",
        "body": {
          "data": [
            {
              "Subject": "{{call.direction | map: zoho_call_types | default: Phone}} call, {{call.status}}",
              "Call_Type": "{{call.status | only_if: call.direction, inbound | map: zoho_unanswered | or: call.direction | map: zoho_call_types}}",
              "Call_Start_Time": "{{call.started_at | or: record.received_at | date: yyyy-MM-dd'T'HH:mm:ssxxx}}",
              "Call_Duration": "{{call.answered_seconds | default: 0 | seconds_as: mm:ss}}",
              "Description": "From {{call.customer_number | e164<country> | only_if: call.direction, inbound}}{{call.our_number | e164<country> | only_if: call.direction, outbound}} to {{call.our_number | e164<country> | only_if: call.direction, inbound}}{{call.customer_number | e164<country> | only_if: call.direction, outbound}}",
              "Who_Id": { "$if": "{{lookup}}", "id": "{{lookup | string}}" }
            }
          ]
        },
        "omit_empty": true,
        "lookup": {
          "note": "the contact of the customer's number",
          "url": "<base_url>/crm/v8/Contacts/search?phone={{call.customer_number | e164<country> | required}}",
          "value": "data.0.id",
          "if_none": "send"
        },
        "capture": {
          "value": "data.0.details.id",
          "update": {
            "method": "PUT",
            "url": "<base_url>/crm/v8/Calls/{{captured}}",
            "leave_out": ["data.0.Call_Type", "data.0.Call_Start_Time"]
          }
        },
        "answers": [
          {
            "note": "Zoho's limit inside an answer that looks like success",
            "when": { "status": { "$lt": 300 }, "body": { "data": { "code": "TOO_MANY_REQUESTS" } } },
            "then": "wait",
            "wait_seconds": 60
          },
          {
            "note": "Zoho refused the call inside an answer that looks like success",
            "when": { "status": { "$lt": 300 }, "body": { "data": { "status": "error" } } },
            "then": "dead"
          }
        ]
      }
      """#,
    tables: #"""
      {
        "zoho_call_types": { "inbound": "Inbound", "outbound": "Outbound", "missed": "Missed" },
        "zoho_unanswered": {
          "missed": "missed", "busy": "missed", "failed": "missed", "canceled": "missed", "unallocated": "missed"
        }
      }
      """#,
    auth: #"""
      { "oauth2": { "token_url": "https://accounts.zoho.com/oauth/v2/token", "header_prefix": "Zoho-oauthtoken" } }
      """#,
    missingAuth:
      #"Zoho takes OAuth 2: { "oauth2": { "client_id": "${ZOHO_CLIENT_ID}", "client_secret": "${ZOHO_CLIENT_SECRET}", "refresh_token": "${ZOHO_REFRESH_TOKEN}" } }"#,
    notes: [
      "base_url and auth.oauth2.token_url are those of the data centre: https://www.zohoapis.eu with https://accounts.zoho.eu/oauth/v2/token, .in, .com.au and so on. The token needs the scopes ZohoCRM.modules.calls.ALL and, for the search, ZohoCRM.modules.contacts.READ and ZohoSearch.securesearch.READ.",
      "Zoho makes a second call where it is asked twice, so a time-out behind which the first request arrived leaves a duplicate: that can't be avoided. Revisions and later records of the call update what the first one made, but for Call_Type and Call_Start_Time, which Zoho lets nobody change in a call that is over.",
      "The parts of \"data\" are a list, which is replaced as a whole: copy it from here to change a field.",
      "Not confirmed by Zoho's pages: Call_Duration, which they call hh:mm while their samples are mm:ss (look at your first call; \"seconds_as: hh:mm\" is the other), the search by phone, the answer's data.0.details.id, and errors inside a 201.",
    ])
}
