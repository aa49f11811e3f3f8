import DurableQueue
import Outgoing
import RelayCore

/// What the provider's answer to a call means. Pure, and total: every answer is one of these. providers.md §2.1.
struct CallVerdict: Equatable {
  /// `placed`, `refused` or `unknown`.
  var state: CallState
  var fault: CallFault?
  /// In words, with the provider's own.
  var reason: String?
  var requestID: String?
  var status: Int?
  var code: Int?

  private init(_ state: CallState, _ fault: CallFault? = nil, _ reason: String? = nil) {
    self.state = state
    self.fault = fault
    self.reason = reason
  }
}

extension CallVerdict {
  /// - Parameter wasSent: whether bytes may have gone out, where no answer came.
  static func on(_ result: SendResult, wasSent: Bool) -> CallVerdict {
    switch result {
    case .answered(let answer): return on(answer)
    case .failed(let words): return wasSent ? CallVerdict(.unknown, .noAnswer, words) : unsent(words)
    case .refused(let address):
      return unsent("\(address) is a loopback, private or link-local address; api.allow_private lets it be used")
    case .proxyRefused(let status): return unsent("the proxy answered \(status)")
    case .unrenderable(let words): return unsent(words)
    case .interrupted:
      return wasSent
        ? CallVerdict(.unknown, .noAnswer, "the relay stopped before an answer came")
        : CallVerdict(.refused, .stopped, "the relay stopped before it was sent")
    }
  }

  static func unsent(_ words: String) -> CallVerdict { CallVerdict(.refused, .connection, words) }

  static func stopped(_ words: String) -> CallVerdict { CallVerdict(.refused, .stopped, words) }

  private static func on(_ answer: Answer) -> CallVerdict {
    let said = ProviderAnswer(answer)
    var verdict = on(said, status: answer.status)
    verdict.status = answer.status
    verdict.code = said?.code
    return verdict
  }

  private static func on(_ said: ProviderAnswer?, status: Int) -> CallVerdict {
    guard let said else {
      // Who says so need not be the provider, but its own 420 nobody else has.
      if status == 420 { return refused(.credentials, status, nil) }
      return isRefusal(status) ? refused(.provider, status, nil) : unreadable("status \(status), and no JSON")
    }
    // The code inside goes before the status: errors come as HTTP 200 too. Without either word of success it is none.
    // A gateway says 5xx too, in JSON of its own: only a code inside is the provider's.
    let isBare = said.code == nil && (status >= 500 || (status < 300 && said.requestID == nil))
    switch isBare ? 0 : said.code ?? status {
    case 200...299:
      guard (200...299).contains(status) else {
        return unreadable("status \(status) with code \(said.code ?? status) inside")
      }
      var verdict = CallVerdict(.placed)
      verdict.requestID = said.requestID
      return verdict
    // 401 is CHUB-India's, 420 PIOPIY's.
    case 420, 401: return refused(.credentials, said.code ?? status, said.words)
    // CHUB says 404 for a bad user id as well as for a bad secret, so it can't be told whose fault it is.
    case 400, 404, 407, 422, 501, 502: return refused(.request, said.code ?? status, said.words)
    // Not documented: what HTTP means by such a number.
    case let code where isRefusal(code): return refused(.provider, code, said.words)
    case 0: return unreadable("status \(status) without a code")
    case let code: return unreadable("code \(code)" + (said.words.map { ": \($0)" } ?? ""))
    }
  }

  /// 4xx say that nothing was done (RFC 9110 §15.5), but for those that speak of time.
  private static func isRefusal(_ code: Int) -> Bool {
    (400...498).contains(code) && code != 408
  }

  private static func refused(_ fault: CallFault, _ code: Int, _ words: String?) -> CallVerdict {
    CallVerdict(.refused, fault, "code \(code)" + (words.map { ": \($0)" } ?? ""))
  }

  private static func unreadable(_ words: String) -> CallVerdict {
    CallVerdict(.unknown, .noAnswer, "the answer can't be read: \(words)")
  }
}

/// What TeleCMI's answers hold, in either edition.
struct ProviderAnswer: Equatable {
  let code: Int?
  let requestID: String?
  let words: String?

  /// Characters kept of the provider's words.
  private static let longest = 300

  /// nil for what is no JSON object.
  init?(_ answer: Answer) {
    guard let object = answer.json?.object else { return nil }
    let data = object["data"]?.object
    // The long edition has no `}` before `code` in its document: it may stand inside.
    code = [object["code"], data?["code"]].lazy.compactMap { $0.flatMap(Self.number) }.first
    // And calls the unique id of the call `user`.
    requestID =
      [object["request_id"], data?["request_id"], data?["user"]].lazy.compactMap { $0.flatMap(Self.text) }
      .first
    let said = ["msg", "message", "error", "data", "status"].lazy.compactMap { object[$0]?.string }.first
    words = (said ?? data?["status"]?.string).map { Self.plain($0) }
  }

  /// A number, also as text.
  private static func number(_ value: JSON) -> Int? {
    value.integer.map { Int(clamping: $0) } ?? value.string.flatMap { Int($0) }
  }

  private static func text(_ value: JSON) -> String? {
    let text = value.string ?? value.integer.map(String.init)
    return text.flatMap { $0.isEmpty || $0.utf8.count > 256 ? nil : $0 }
  }

  private static func plain(_ text: String) -> String {
    let scalars = text.unicodeScalars.prefix(longest).map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }
    return String(String.UnicodeScalarView(scalars))
  }
}
