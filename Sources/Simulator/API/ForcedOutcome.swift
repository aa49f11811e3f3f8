/// What becomes of a placed call by the last three digits of `to`, so that a test or a person can ask for anything that is
/// documented, and for what networks do. None of it is the providers'.
package enum ForcedOutcome: Equatable {
  /// The API's own error of this code; nothing is dialled.
  case code(Int)
  /// HTTP 503 with a text; nothing is dialled.
  case unavailable
  /// Dialled, answered late.
  case slow
  /// Dialled, never answered.
  case dialledInSilence
  /// Neither dialled nor answered.
  case silence
  /// Dialled, answered with a page of HTML.
  case html
  /// Dialled; `request_id` and `status` stand at the top.
  case flat
  /// Dialled; the older edition's long answer, with `"code":"200"`.
  case long
  /// Dialled; the answer names no request.
  case nameless
  /// Dialled; the customer does not pick up.
  case customerMisses
  /// Dialled; the agent does not pick up.
  case agentMisses
  /// Dialled; nothing is ever posted.
  case noRecords

  init?(to: Int64) {
    switch Int(to % 1000) {
    case let code where [400, 401, 404, 407, 420, 422, 501, 502].contains(code): self = .code(code)
    case 503: self = .unavailable
    case 600: self = .slow
    case 601: self = .dialledInSilence
    case 602: self = .silence
    case 603: self = .html
    case 604: self = .flat
    case 605: self = .long
    case 606: self = .nameless
    case 610: self = .customerMisses
    case 611: self = .agentMisses
    case 612: self = .noRecords
    default: return nil
    }
  }

  /// For `--help` and `GET /`.
  package static let table: [(ending: String, outcome: String)] = [
    ("400, 401, 404, 407, 420, 422, 501, 502", "that code; nothing is dialled"),
    ("503", "HTTP 503 without JSON; nothing is dialled"),
    ("600", "dialled, answered after 5 s"),
    ("601", "dialled, never answered"),
    ("602", "neither dialled nor answered"),
    ("603", "dialled, answered with HTML"),
    ("604", "dialled, status and request_id at the top of the answer"),
    ("605", "dialled, the older edition's long answer with \"code\":\"200\""),
    ("606", "dialled, an answer without request_id"),
    ("610", "dialled, the customer does not pick up"),
    ("611", "dialled, the agent does not pick up"),
    ("612", "dialled, no webhook ever"),
  ]
}
