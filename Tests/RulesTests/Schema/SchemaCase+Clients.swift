@testable import Rules

extension SchemaCase {
  static let badClients: [SchemaCase] = [
    .bad(#"{"clients": []}"#, "clients: expected an object of clients by name, found an empty list"),
    .bad(
      clientFile(#""caller_ids": "any", "to_prefixes": "any""#, token: ""),
      "clients.crm.token: missing; the client sends it as Authorization: Bearer …"),
    .bad(
      clientFile(#""caller_ids": "any", "to_prefixes": "any", "rate": 1"#),
      "clients.crm.rate: unknown key; did you mean rate_per_minute?"),
    .bad(
      clientFile(#""caller_ids": "all", "to_prefixes": "any""#),
      #"clients.crm.caller_ids: expected "any" or a list, found "all""#),
    .bad(
      clientFile(#""caller_ids": "any", "to_prefixes": ["33"]"#),
      #"clients.crm.to_prefixes[0]: expected + and digits, such as "+33", found "33""#),
    .bad(
      clientFile(#""caller_ids": "any", "to_prefixes": "any", "rate_per_day": 0"#),
      "clients.crm.rate_per_day: expected an integer from 1 to 100000, found 0"),
    .bad(
      clientFile(#""caller_ids": "any", "to_prefixes": "any", "sources": []"#),
      "clients.crm.sources: names no source; leave it out for all that have an api"),
  ]

  private static func clientFile(_ members: String, token: String = #""token": "a-token-of-the-crm-1", "#) -> String {
    #"{"clients": {"crm": {\#(token)\#(members)}}}"#
  }
}
