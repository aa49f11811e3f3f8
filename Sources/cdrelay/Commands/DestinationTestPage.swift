import Forwarding
import Outgoing
import RelayCore
import Rules

/// What came of a test request, for people and as JSON.
struct DestinationTestPage {
  private let destination: Destination
  private let invocation: Invocation
  /// Bytes shown of an answer, as many as the relay keeps.
  private static let shownOfAnswer = 4096

  init(_ destination: Destination, _ invocation: Invocation) {
    self.destination = destination
    self.invocation = invocation
  }

  func write(unrenderable error: TemplateError) throws -> ExitCode {
    let sentence = "The relay would make a dead letter of it, and sent nothing: \(error)."
    if invocation.wantsJSON {
      try invocation.output.line([
        "destination": .string(destination.name), "delivered": .bool(false), "outcome": .string("dead"),
        "sentence": .string(sentence),
      ])
    } else {
      try invocation.output.line(sentence)
    }
    return .failed
  }

  func write(_ report: DestinationTrial.Report, _ request: OutgoingRequest) throws -> ExitCode {
    if invocation.wantsJSON {
      try invocation.output.line(json(report, request))
    } else {
      for line in connection(report) + answer(report) + [sentence(report.ending)] { try invocation.output.line(line) }
    }
    if let reason = report.lostRefreshToken {
      invocation.surroundings.complain(
        "the server gave a new refresh token that can't be kept (\(reason)): enter a new one in the rule file")
    }
    return outcome(report.ending) == "delivered" || outcome(report.ending) == "connected" ? .done : .failed
  }

  // MARK: - Words

  /// One word for scripts.
  private func outcome(_ ending: DestinationTrial.Ending) -> String {
    switch ending {
    case .connected: return "connected"
    case .noToken(_, let holds): return holds ? "hold" : "retry"
    case .lookupFoundNothing: return "dead"
    case .answered(_, let verdict), .lookupFailed(_, let verdict):
      switch (verdict.outcome, verdict.sign) {
      case (.delivered, _): return "delivered"
      case (.dead, _): return "dead"
      case (_, .refusesCredentials): return "hold"
      case (.postponed, .wait): return "wait"
      case (.retry, _), (.postponed, _), (.interrupted, _): return "retry"
      }
    }
  }

  private func sentence(_ ending: DestinationTrial.Ending) -> String {
    switch ending {
    case .connected:
      return "Nothing was sent; the way to \(destination.name) is open."
    case .noToken(let reason, let holds):
      let then = holds ? "hold \(destination.name) and try again from time to time" : "try again within seconds"
      return "Nothing was sent: \(reason). The relay would \(then)."
    case .answered(_, let verdict):
      return sentence(verdict)
    case .lookupFailed(_, let verdict):
      return "The lookup failed, and nothing was sent. " + sentence(verdict)
    case .lookupFoundNothing:
      return "The lookup found nothing, and nothing was sent. The relay would make a dead letter of it (if_none)."
    }
  }

  private func sentence(_ verdict: Verdict) -> String {
    let reason = verdict.reason.map { ": \($0)" } ?? ""
    switch (verdict.outcome, verdict.sign) {
    case (.delivered, _) where verdict.leavesBodyUnread:
      return "The relay would take it as delivered, but answers ask what its body holds, which can't be read as JSON."
    case (.delivered, _):
      return "The relay would take it as delivered."
    case (.dead, _):
      return "The relay would make a dead letter of it at once\(reason)."
    case (_, .refusesCredentials):
      return "The relay would hold \(destination.name), and try one delivery every few minutes\(reason)."
    case (.retry(let at), .wait), (.postponed(let at), .wait):
      return "The relay would send nothing there until \(at.rfc3339), and then try again\(reason)."
    case (.retry(let at), _):
      return "The relay would try again \(Phrases.relative(at, to: invocation.now))\(reason)."
    case (.postponed, _), (.interrupted, _):
      return "The relay would try again\(reason)."
    }
  }

  private func connection(_ report: DestinationTrial.Report) -> [String] {
    guard let sight = report.sight, let address = sight.address else { return [] }
    let host = address.contains(":") ? "[\(address)]" : address
    let proxy = destination.proxy == nil ? "" : " (the proxy)"
    var lines = [
      "Connected to \(host):\(sight.port)\(proxy) after \(Self.span(sight.connected)); the name was looked up after "
        + "\(Self.span(sight.lookedUp))"
    ]
    if let tls = sight.tls { lines.append("TLS after \(Self.span(sight.secured)): \(tls)") }
    if let certificate = sight.certificate {
      lines.append(
        "Certificate of \(certificate.subject), by \(certificate.issuer), until \(certificate.expires)"
          + (destination.tls?.verifies == false ? "; not verified (tls.verify is false)" : ""))
    }
    return lines
  }

  private func answer(_ report: DestinationTrial.Report) -> [String] {
    guard let result = report.ending.result?.result, case .answered(let answer) = result, let sight = report.sight
    else {
      return []
    }
    let line = "Answered \(answer.status) after \(Self.span(sight.answered)), whole after \(Self.span(sight.ended))"
    return answer.body.isEmpty ? [line] : [line + ":", Self.shown(answer)]
  }

  private static func shown(_ answer: Answer) -> String {
    String(decoding: answer.body.prefix(shownOfAnswer), as: UTF8.self)
  }

  /// `34 ms`, `0.4 ms`.
  private static func span(_ milliseconds: Double) -> String {
    "\(Phrases.decimal(milliseconds < 10 ? (milliseconds * 10).rounded() / 10 : milliseconds.rounded())) ms"
  }

  // MARK: - JSON

  private func json(_ report: DestinationTrial.Report, _ request: OutgoingRequest) -> JSONObject {
    var object: JSONObject = [
      "destination": .string(destination.name), "method": .string(request.method), "url": .string(request.url),
      "delivered": .bool(outcome(report.ending) == "delivered"), "outcome": .string(outcome(report.ending)),
      "sentence": .string(sentence(report.ending)),
    ]
    if let sight = report.sight {
      object["address"] = .text(sight.address)
      object["port"] = .count(sight.port)
      object["tls"] = .text(sight.tls)
      if let certificate = sight.certificate {
        object["certificate"] = .object([
          "subject": .string(certificate.subject), "issuer": .string(certificate.issuer),
          "expires": .string(certificate.expires),
        ])
      }
      object["milliseconds"] = .object([
        "looked_up": .decimal(sight.lookedUp), "connected": .decimal(sight.connected), "tls": .decimal(sight.secured),
        "answered": .decimal(sight.answered), "ended": .decimal(sight.ended),
      ])
    }
    object["lookup"] = report.lookup
    if let (result, verdict) = report.ending.result {
      object["status"] = result.status.map { .count($0) } ?? .null
      object["reason"] = .text(verdict.reason)
      if case .answered(let answer) = result { object["body"] = .string(Self.shown(answer)) }
    }
    if case .noToken(let reason, _) = report.ending { object["reason"] = .string(reason) }
    return object
  }
}

extension DestinationTrial.Ending {
  /// That of the last request that was made; nil where none was.
  fileprivate var result: (result: SendResult, verdict: Verdict)? {
    switch self {
    case .answered(let result, let verdict), .lookupFailed(let result, let verdict): (result, verdict)
    case .connected, .noToken, .lookupFoundNothing: nil
    }
  }
}
