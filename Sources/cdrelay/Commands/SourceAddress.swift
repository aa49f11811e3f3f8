import HTTPTypes
import RelayCore
import Rules

/// What a person enters at a provider so that it posts to a source: the address with its token, or the address and how to
/// prove itself otherwise. By what the providers document; what they don't is said.
struct SourceAddress {
  /// One way to be believed: `any_of` has several.
  struct Way {
    let url: String
    /// Header fields of the requests.
    var headers: [(name: String, value: String)] = []
    /// What else is to be entered, as the provider calls it.
    var settings: [(name: String, value: String)] = []
    var steps: [String] = []
  }

  let source: Source
  let ways: [Way]
  /// Whether what is printed lets anybody post who reads it.
  let holdsSecrets: Bool

  /// `base`: what stands before `/hooks/`, without a slash at its end.
  init(_ source: Source, base: String) {
    self.source = source
    let address = "\(base)/hooks/\(PercentEncoding.encode(source.name))"
    switch source.auth {
    case .none:
      ways = [Way(url: address, steps: Self.steps(source.settings.provider, nil))]
      holdsSecrets = false
    case .anyOf(let requirements):
      ways = requirements.map { Self.way(source.settings.provider, $0, address) }
      holdsSecrets = requirements.contains { !$0.tokens.isEmpty || $0.basic != nil || $0.hmac != nil }
    }
  }

  private static func way(_ provider: Provider, _ requirement: SourceAuth.Requirement, _ address: String) -> Way {
    var way = Way(url: address, steps: steps(provider, requirement))
    // Of two the first is the one that comes.
    if let token = requirement.tokens.first {
      if provider == .callr {
        way.headers.append(("Authorization", "Bearer \(token.revealed)"))
      } else {
        way = Way(url: "\(address)/\(PercentEncoding.encode(token.revealed))", steps: way.steps)
      }
    }
    if let basic = requirement.basic {
      way.settings.append(("user", basic.user))
      if let password = basic.passwords.first { way.settings.append(("password", password.revealed)) }
    }
    if let hmac = requirement.hmac, let secret = hmac.secrets.first {
      let isCallr = provider == .callr
      way.settings.append((isCallr ? "hmac_secret" : "secret", secret.revealed))
      way.settings.append((isCallr ? "hmac_algo" : "algorithm", hmac.algorithm.rawValue.uppercased()))
      if !isCallr {
        way.settings.append(("header", hmac.header))
        way.settings.append(("encoding", hmac.encoding.rawValue))
      }
    }
    if !requirement.allowFrom.isEmpty {
      let blocks = requirement.allowFrom.map(\.description).joined(separator: ", ")
      way.steps.append("Requests are taken from \(blocks) only; others are answered 403.")
    }
    return way
  }

  private static func steps(_ provider: Provider, _ requirement: SourceAuth.Requirement?) -> [String] {
    switch provider {
    case .telecmi: telecmi(requirement)
    case .callr: callr(requirement)
    case .generic:
      ["Post each record there as JSON or as a form. 200 means that it is on disk; after anything else send it again."]
    }
  }

  private static func telecmi(_ requirement: SourceAuth.Requirement?) -> [String] {
    var steps = [
      "TeleCMI: enter it where the dashboard asks for the webhook of CDRs, and once more for that of live events; method POST.",
      "PIOPIY has one address for both.",
    ]
    guard let requirement else { return steps }
    if requirement.basic != nil || requirement.hmac != nil {
      steps.append(
        "TeleCMI documents neither passwords nor signatures: nothing but a token in the address is known to work.")
    }
    if !requirement.allowFrom.isEmpty { steps.append("TeleCMI documents no addresses that it sends from.") }
    return steps
  }

  private static func callr(_ requirement: SourceAuth.Requirement?) -> [String] {
    let action =
      #"Callr Actions: in the scenario a fetch action, method POST, with the body {"cdr": ${{ JSON.stringify(call.cdr) }}}"#
    let webhook = """
      Callr webhook: subscribe it, format JSON, to v2.call.inbound.ended and v2.call.outbound.ended (v1: call.inbound_hangup, \
      call.outbound_hangup); for live events to those that end in started (v1: _start) too
      """
    guard let requirement else { return [webhook + ".", action + "."] }
    var steps: [String] = []
    if let hmac = requirement.hmac {
      steps.append(webhook + ", with this hmac_secret and hmac_algo.")
      if hmac.header != "x-callr-hmacsignature" || hmac.encoding != .base64 {
        steps.append("Callr signs in X-CALLR-HmacSignature, in base64: the rule file says otherwise.")
      }
    }
    if !requirement.tokens.isEmpty {
      steps.append(action + " and this header.")
      if requirement.hmac != nil {
        steps.append("Both are asked for together, which no Callr request has: use any_of.")
      }
    }
    if requirement.basic != nil { steps.append("Callr documents no passwords: use hmac, or a token.") }
    if !requirement.allowFrom.isEmpty { steps.append("Callr documents no addresses that it sends from.") }
    return steps.isEmpty ? [webhook + ".", action + "."] : steps
  }
}
