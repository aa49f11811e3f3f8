extension SchemaCase {
  private static let lookup =
    #""lookup": {"url": "https://crm.example.com/c?p={{call.from}}", "value": "results.0.id"}"#

  /// Lookups, captures and presets.
  static let asking: [SchemaCase] = [
    .good(destinationFile(lookup)),
    .good(
      destinationFile(
        #""body": {"contact": {"$if": "{{lookup}}", "id": "{{lookup}}"}}, \#(lookup), "capture": {"value": "id", "update": {"url": "https://crm.example.com/{{captured}}", "leave_out": ["contact"]}}"#
      )),
    .good(
      destinationFile(
        #""lookup": {"url": "https://crm.example.com/s", "method": "POST", "body": {"p": "{{call.from}}"}, "value": "id", "if_none": "dead_letter", "cache_seconds": 0}"#
      )),
    .good(ruleFile(destination: #"{"preset": "hubspot", "auth": {"bearer": "x"}, "country": "fr"}"#)),
    .good(
      ruleFile(
        destination:
          #"{"preset": "hubspot", "auth": {"bearer": "x"}, "lookup": null, "capture": null, "rate_per_second": null, "body": {"associations": null}}"#
      )),
    .good(
      ruleFile(
        destination:
          #"{"preset": "salesforce", "base_url": "https://acme.my.salesforce.com", "external_id": "Key__c", "auth": {"oauth2": {"client_id": "a", "client_secret": "b"}}}"#
      )),
    .good(ruleFile(destination: #"{"preset": "pipedrive", "auth": {"header": {"value": "x"}}, "order": "per_call"}"#)),
    .bad(
      destinationFile(#""lookup": {"url": "https://crm.example.com/"}"#),
      #"destinations.crm.lookup.value: missing; expected a path into the answer such as "results.0.id""#),
    .bad(
      destinationFile(#""lookup": {"url": "https://crm.example.com/", "value": "id", "method": "POST"}"#),
      "destinations.crm.lookup: a POST request that asks for something needs a body"),
    .bad(
      destinationFile(#""lookup": {"url": "https://crm.example.com/", "value": "id", "if_none": "wait"}"#),
      #"destinations.crm.lookup.if_none: expected send or dead_letter, found "wait""#),
    .bad(
      destinationFile(#""lookup": {"url": "https://crm.example.com/", "value": "id", "cache_seconds": -1}"#),
      "destinations.crm.lookup.cache_seconds: expected a number from 0 to 86400, found -1"),
    .bad(
      destinationFile(#""capture": {"value": "id"}"#),
      "destinations.crm.capture.update: missing; expected an object with the url of what the first delivery made"),
    .bad(
      destinationFile(
        #""order": "any", "capture": {"value": "id", "update": {"url": "https://crm.example.com/{{captured}}"}}"#),
      "destinations.crm.order: capture needs per_call: the first delivery of a call must be over before the next"),
    .bad(
      destinationFile(#""body": {"a": {"$if": true}}"#),
      #"destinations.crm.body.a.$if: expected a single placeholder such as "{{lookup}}", found true"#),
    .bad(destinationFile(#""country": "FR""#), "destinations.crm.country: goes with a preset only"),
    .bad(
      ruleFile(destination: #"{"preset": "sugar", "auth": {"bearer": "x"}}"#),
      #"destinations.crm.preset: expected hubspot, salesforce, zoho or pipedrive, found "sugar""#),
    .bad(
      ruleFile(destination: #"{"preset": "salesforce", "auth": {"bearer": "x"}}"#),
      "destinations.crm.base_url: missing; each customer of Salesforce has one, such as https://acme.my.salesforce.com"),
    .bad(
      ruleFile(destination: #"{"preset": "hubspot"}"#),
      #"destinations.crm.auth: missing; HubSpot takes the access token of a private app: { "bearer": "${HUBSPOT_TOKEN}" }"#
    ),
    .bad(
      ruleFile(destination: #"{"preset": "hubspot", "auth": {"bearer": "x"}, "external_id": "Key__c"}"#),
      "destinations.crm.external_id: HubSpot has no such field; leave it out"),
    .bad(
      ruleFile(destination: #"{"preset": "hubspot", "auth": {"bearer": "x"}, "lokup": null}"#),
      "destinations.crm.lokup: unknown key; did you mean lookup?"),
    .beyond(
      "where a value stands", destinationFile(#""body": {"a": "{{lookup}}"}"#),
      #"destinations.crm.body.a: there is no lookup here; write "lookup" beside the destination's url"#),
    .beyond(
      "the place of an object", destinationFile(#""body": {"$if": "{{call.id}}"}"#),
      "destinations.crm.body.$if: can't leave out the body itself; write it into an object inside"),
    .beyond(
      "a country that is one",
      ruleFile(destination: #"{"preset": "hubspot", "auth": {"bearer": "x"}, "country": "XX"}"#),
      #"destinations.crm.country: expected the two letters of the country where numbers are dialled without a code, as in "FR", found "XX""#
    ),
  ]
}
