extension Preset {
  /// developer.salesforce.com: Task; Status Codes and Error Responses; Search with Parameters in the URI.
  static let salesforce = Preset(
    name: .salesforce, title: "Salesforce", baseURL: nil, exampleURL: "https://acme.my.salesforce.com",
    text: #"""
      {
        "url": "<base_url>/services/data/v62.0/sobjects/Task",
        "body": {
          "Subject": "{{call.direction | map: salesforce_call_types | default: Phone}} call, {{call.status}}",
          "TaskSubtype": "Call",
          "Status": "Completed",
          "Priority": "Normal",
          "ActivityDate": "{{call.started_at | or: record.received_at | date: yyyy-MM-dd}}",
          "CallType": "{{call.direction | map: salesforce_call_types}}",
          "CallDurationInSeconds": "{{call.answered_seconds}}",
          "CallDisposition": "{{call.status}}",
          "CallObject": "{{call.id | truncate: 255}}",
          "WhoId": "{{lookup}}",
          "Description": "From {{call.customer_number | e164<country> | only_if: call.direction, inbound}}{{call.our_number | e164<country> | only_if: call.direction, outbound}} to {{call.our_number | e164<country> | only_if: call.direction, inbound}}{{call.customer_number | e164<country> | only_if: call.direction, outbound}}"
        },
        "omit_empty": true,
        "lookup": {
          "note": "the contact or lead with the customer's number",
          "url": "<base_url>/services/data/v62.0/parameterizedSearch/?q={{call.customer_number | e164<country> | required}}&in=PHONE&sobject=Contact&sobject=Lead&defaultLimit=1",
          "value": "searchRecords.0.Id",
          "if_none": "send"
        },
        "capture": {
          "value": "id",
          "update": { "url": "<base_url>/services/data/v62.0/sobjects/Task/{{captured}}", "leave_out": ["TaskSubtype"] }
        },
        "answers": [
          {
            "note": "Salesforce's limit of requests in 24 hours",
            "when": { "status": 403, "body": { "errorCode": "REQUEST_LIMIT_EXCEEDED" } },
            "then": "wait",
            "wait_seconds": 900
          },
          {
            "note": "somebody else changes the same contact just now",
            "when": { "status": 400, "body": { "errorCode": "UNABLE_TO_LOCK_ROW" } },
            "then": "retry"
          }
        ]
      }
      """#,
    tables: #"""
      {
        "salesforce_call_types": { "inbound": "Inbound", "outbound": "Outbound" }
      }
      """#,
    auth: #"{ "oauth2": { "token_url": "<base_url>/services/oauth2/token" } }"#,
    missingAuth:
      #"Salesforce takes OAuth 2: { "oauth2": { "client_id": "${SF_CLIENT_ID}", "client_secret": "${SF_CLIENT_SECRET}" } }"#,
    externalID: #"""
      {
        "method": "PATCH",
        "url": "<base_url>/services/data/v62.0/sobjects/Task/<external_id>/{{call.id | required}}"
      }
      """#,
    notes: [
      "The task is shown on the contact or lead whose number is the customer's. Without one it is logged all the same, on nobody. ActivityDate is the day in the relay's time_zone.",
      "Salesforce makes a second task where it is asked twice, so a time-out behind which the first request arrived leaves a duplicate. It can be avoided: make a text field of Task that is an external id, and name it, \"external_id\": \"Call_Key__c\"; the call's id then finds the task that is there already.",
      "A 403 is the organisation's limit of requests where the answer says REQUEST_LIMIT_EXCEEDED, and a permission that is missing otherwise.",
      "Status Completed is sent also while a call rings: a rule that names \"role\": \"call\" sends what is over.",
      "Not confirmed by Salesforce's pages: the answer's \"id\", TaskSubtype (which can be set once only, so updates leave it out), upsert of a Task by an external id, UNABLE_TO_LOCK_ROW, and that a search for +33639980042 finds a number that was typed in otherwise.",
    ])
}
