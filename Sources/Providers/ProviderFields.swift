import RelayCore

/// What a rule can look at and a template can print, for `cdrelay rules fields`.
package struct ProviderField: Sendable, Equatable {
  /// As a template writes it: `call.agent`, `body.custom`.
  package let path: String
  /// In words: "text", "number", "object, else text".
  package let type: String
  /// As JSON.
  package let example: String
  package let meaning: String

  init(_ path: String, _ type: String, _ example: String, _ meaning: String) {
    self.path = path
    self.type = type
    self.example = example
    self.meaning = meaning
  }
}

package enum ProviderFields {
  /// Fields of every record, then those of the provider's bodies; nil lists the bodies of all providers.
  package static func fields(of provider: Provider?) -> [ProviderField] {
    record(of: provider ?? .telecmi) + call
      + (provider.map { [$0] } ?? Provider.allCases).flatMap { provider in
        switch provider {
        case .telecmi: telecmi
        case .callr: callr
        case .generic: generic
        }
      }
  }

  private static func record(of provider: Provider) -> [ProviderField] {
    let name = JSON.string(provider.rawValue).text
    return [
      ProviderField("source", "text", name, "the source's name in the rule file"),
      ProviderField("provider", "text", name, "telecmi, callr or generic"),
      ProviderField("kind", "text", #""cdr""#, "cdr: after the call; live: during it"),
      ProviderField("headers.NAME", "text", #""application/json""#, "a header of the webhook, its name in lower case"),
      ProviderField(
        "body.backfilled", "object", #"{"from":"calls.csv line 17"}"#,
        "of a fetched or imported record: where it is from, and its row; a webhook has none"),
      ProviderField("query.NAME", "text", #""eu""#, "a parameter of the webhook's URL, less the token"),
    ]
  }

  static let call: [ProviderField] = CallField.allCases.map { field in
    let (type, example, meaning) = description(of: field)
    return ProviderField("call.\(field.rawValue)", type, example, meaning)
  }

  private static func description(of field: CallField) -> (type: String, example: String, meaning: String) {
    switch field {
    case .id: ("text", #""16132200-57fa-47b5-888d-4ab5b7e631ee""#, "the provider's id of this record's leg")
    case .conversationID: ("text", #""c4504776-d91e-123b-29a7-56000429abc3""#, "what the legs of one call share")
    case .requestID: ("text", #""c0Sq3mbykoHgVgLfyWTr6c""#, "the id of the click-to-call request that began it")
    case .request:
      (
        "object", #"{"id":"1234567890123456789","client":"crm"}"#,
        "the call placed through the relay (POST /calls): its id and client"
      )
    case .leg: ("text", #""b""#, "a or b, as sent")
    case .role: ("text", #""call""#, "call (once per conversation), leg, agent_missed or live")
    case .direction: ("text", #""inbound""#, "inbound or outbound, of the conversation")
    case .status:
      (
        "text", #""answered""#,
        "cdr: answered missed busy failed canceled unallocated; live: waiting started ringing answered bridged ended"
      )
    case .from: ("text", #""440000000002""#, "digits as sent, + where the provider says E.164")
    case .to: ("text", #""440000000001""#, "digits as sent, + where the provider says E.164")
    case .customerNumber: ("text", #""440000000002""#, "the other side's number, where the record has it")
    case .ourNumber: ("text", #""440000000000""#, "the account's own number")
    case .agent: ("text", #""204""#, "extension, without TeleCMI's _appid")
    case .team: ("text", #""Sales""#, "group, without TeleCMI's _appid")
    case .startedAt: ("time", #""2025-10-01T09:00:00.000Z""#, "RFC 3339, UTC, milliseconds")
    case .answeredAt: ("time", #""2025-10-01T09:00:07.000Z""#, "RFC 3339, UTC, milliseconds")
    case .endedAt: ("time", #""2025-10-01T09:02:10.000Z""#, "RFC 3339, UTC, milliseconds")
    case .totalSeconds: ("number", "130", "from the first ring to the end")
    case .answeredSeconds: ("number", "123", "talked")
    case .billedSeconds: ("number", "123", "billed by the provider")
    case .waitedSeconds: ("number", "127", "a missed caller waited")
    case .hangupReason: ("text", #""recv_bye""#, "the provider's word or code")
    case .hangupBy: ("text", #""customer""#, "customer, agent or system")
    case .recording: ("text", #""1634720915260737218351_2222223.mp3""#, "file name or URL as sent")
    case .voicemail: ("text", #""1634721220656289350027_2222223.mp3""#, "file name or URL as sent")
    case .custom: ("object, else text", #"{"crm":"true"}"#, "your custom parameters, opened")
    case .extra: ("object, else text", #"{"click2call":"true"}"#, "extra_params of the click-to-call, opened")
    case .account: ("text", #""2222223""#, "TeleCMI's app id")
    }
  }

  static let generic: [ProviderField] = [
    ProviderField("body.…", "any", #"{"uuid":"7"}"#, "the webhook's JSON as sent; lists by position: body.legs.0.id")
  ]
}
