import Outgoing
import RelayCore

/// A page of TeleCMI's lists of calls, as it is documented and as it was seen:
///
/// | answer | what it means |
/// |---|---|
/// | `{"count": 44, "cdr": [{…}, …]}` (`total` in CHUB-India's) | a page |
/// | `{"count": 0}`, `{"code": 200, "count": 0, "cdr": null}` | no calls |
/// | `code` or HTTP status 401, 404, 420 | app id or secret are wrong |
/// | `{"code": 502, "msg": …}` with HTTP 200 | their trouble: again |
/// | `{"error": …, "msg": …}` | an error without a code: again |
/// | no JSON | seen now and then: again |
///
/// `code` is a number or text. Which HTTP status goes with which code is not documented: both are looked at.
struct TeleCMIPage: Equatable {
  let rows: [JSONObject]
  /// How many there are on all pages; nil where the answer does not say.
  let count: Int?
  /// Members of the list that are no objects.
  var bad = 0

  static func read(_ answer: Answer) -> APIVerdict<TeleCMIPage> {
    let object = answer.json?.object
    let code = object?["code"]?.wholeNumber ?? object?["error"]?.wholeNumber
    if let refused = [code, answer.status].compactMap({ $0 }).first(where: { [401, 403, 404, 420].contains($0) }) {
      return .credentialsRefused(told(object, or: "\(refused)"))
    }
    guard (200...299).contains(answer.status) else {
      let words = told(object, or: "status \(answer.status)")
      return answer.isWorthAnotherTry ? .again(words, after: answer.retryAfter) : .failed(words)
    }
    guard !answer.isCut else { return .failed("a page longer than is read") }
    guard let object else { return .again("an answer that is no JSON object") }
    if let code, !(200...299).contains(code) {
      let words = told(object, or: "code \(code)")
      return code >= 500 || code == 429 || code == 408 ? .again(words) : .failed(words)
    }
    return page(object)
  }

  private static func page(_ object: JSONObject) -> APIVerdict<TeleCMIPage> {
    let count = (object["count"] ?? object["total"])?.wholeNumber
    if let list = object["cdr"]?.array ?? onlyList(of: object) {
      let rows = list.compactMap(\.object)
      return .content(TeleCMIPage(rows: rows, count: count, bad: list.count - rows.count))
    }
    // Not documented: an account without calls may be told so without a list.
    if count == 0, object["error"] == nil { return .content(TeleCMIPage(rows: [], count: 0)) }
    return .again(told(object, or: "an answer without a list of calls"))
  }

  /// Every documented list is called `cdr`; another name is taken where there is one list only.
  private static func onlyList(of object: JSONObject) -> [JSON]? {
    let lists = object.members.compactMap(\.value.array)
    return lists.count == 1 ? lists[0] : nil
  }

  private static func told(_ object: JSONObject?, or otherwise: String) -> String {
    guard let words = (object?["msg"] ?? object?["message"] ?? object?["error"])?.string, !words.isEmpty else {
      return otherwise
    }
    return "\(otherwise): \(ProviderWords.shown(words))"
  }
}

extension JSON {
  /// A number, or text that is one: TeleCMI writes `"code": "200"` and `"code": 200`.
  var wholeNumber: Int? {
    integer.map(Int.init(clamping:)) ?? string.flatMap { Int($0) }
  }
}

extension Answer {
  var isWorthAnotherTry: Bool { status >= 500 || [408, 425, 429].contains(status) }

  /// Milliseconds that `Retry-After` asks for in seconds (RFC 9110 §10.2.3); nil without one. Dates are not looked at.
  var retryAfter: Int64? {
    headers["retry-after"].flatMap { Int64($0) }.map { min(max(0, $0), 3600) * 1000 }
  }
}
