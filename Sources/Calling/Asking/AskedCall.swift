import RelayCore
import Rules

/// What a client asks for, read and allowed: only this is ever sent.
struct AskedCall: Sendable, Equatable {
  /// `from`, or `callerid`.
  var from: CallNumber?
  var to: CallNumber
  var userID: String?
  var answerURL: String?
  var extraParams: JSONObject?
  var webrtc: Bool?
  var followme: Bool?

  /// The client's parameters with our mark among them.
  func extra(marked mark: CallMark) -> JSONObject {
    var extra = extraParams ?? JSONObject()
    extra[CallMark.key] = .string(mark.text)
    return extra
  }

  /// The same for every spelling of the same call: what is stored, and what a key is compared by.
  var canonical: String {
    var object = JSONObject()
    object["from"] = from.map { .string($0.digits) }
    object["to"] = .string(to.digits)
    object["user_id"] = userID.map(JSON.string)
    object["answer_url"] = answerURL.map(JSON.string)
    object["extra_params"] = extraParams.map(JSON.object)
    object["webrtc"] = webrtc.map(JSON.bool)
    object["followme"] = followme.map(JSON.bool)
    return JSON.object(object).text
  }
}

/// Why a call is not taken. Names the property, never a number or another value.
struct CallRefusal: Error, Equatable {
  /// 400 where the request can't be read or lacks something, 422 where something is wrong, 403 where it is not allowed.
  let status: Int
  let detail: String

  init(_ status: Int, _ detail: String) {
    self.status = status
    self.detail = detail
  }
}

extension AskedCall {
  /// Characters of a `user_id`; `203_2222223` has eleven.
  private static let longestID = 64

  /// Reads and allows in one step: a number is checked as it will be sent.
  /// - Parameter appID: whose agents may be rung, where that is known.
  init(_ body: [UInt8], _ api: CallAPI, _ client: CallClient, appID: Int64?) throws(CallRefusal) {
    let object = try Self.object(body, api)
    let caller = object["from"] ?? object["callerid"]
    let callerName = api == .piopiy ? "from" : "callerid"
    from = try caller.map { value throws(CallRefusal) in
      guard let text = Self.phoneText(value) else {
        throw CallRefusal(422, "\(callerName): expected a phone number with its country code, as a number or text")
      }
      guard let number = client.callerID(text) else {
        throw CallRefusal(403, "\(callerName): this client may not show this number (caller_ids)")
      }
      return number
    }
    guard let text = object["to"].flatMap(Self.phoneText) else {
      throw CallRefusal(422, "to: expected a phone number with its country code, as a number or text")
    }
    guard let number = client.destination(text) else {
      throw CallRefusal(
        403, "to: this client may not call this number (to_prefixes); write it with its country code, as in +33…")
    }
    to = number
    userID = try object["user_id"].map { value throws(CallRefusal) in try Self.agent(value, of: appID) }
    answerURL = try object["answer_url"].map { value throws(CallRefusal) in try Self.url(value, client) }
    extraParams = try object["extra_params"].map { value throws(CallRefusal) in try Self.parameters(value) }
    webrtc = try object["webrtc"].map { value throws(CallRefusal) in try Self.flag(value, "webrtc") }
    followme = try object["followme"].map { value throws(CallRefusal) in try Self.flag(value, "followme") }
  }

  /// Its members are known, and none is missing.
  private static func object(_ body: [UInt8], _ api: CallAPI) throws(CallRefusal) -> JSONObject {
    let json: JSON
    do throws(JSONError) {
      json = try JSONParser.parse(body)
    } catch {
      throw CallRefusal(400, "the body is not JSON: \(error)")
    }
    guard let object = json.object else { throw CallRefusal(400, "expected a JSON object") }
    for member in object.members where !api.known.contains(where: { $0.rawValue == member.key }) {
      throw CallRefusal(422, Self.unknown(member.key, api))
    }
    for property in api.required where object[property.rawValue] == nil || object[property.rawValue] == .null {
      throw CallRefusal(400, "\(property.rawValue): missing; this source takes \(Self.list(api))")
    }
    return JSONObject(object.members.filter { $0.value != .null })
  }

  private static func list(_ api: CallAPI) -> String {
    NearestName.list(api.known.map(\.rawValue))
  }

  private static func unknown(_ key: String, _ api: CallAPI) -> String {
    // A key that somebody made up is shown only where it can hold no number.
    let isName =
      (1...40).contains(key.utf8.count)
      && key.utf8.allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || $0 == UInt8(ascii: "_") }
    return "\(isName ? key : "a property"): not taken by this source, which takes \(list(api))"
  }

  /// A text, or a whole number by its digits.
  private static func phoneText(_ value: JSON) -> String? {
    switch value {
    case .string(let text): text.utf8.count <= 40 ? text : nil
    case .number(let number): number.integer.flatMap { $0 > 0 ? String($0) : nil }
    default: nil
    }
  }

  /// `203_2222223` is agent 203 of app 2222223 (providers.md §1.2); of another app is nobody whom this source's secret may ring.
  /// Whether there are ids without a suffix is documented nowhere: they are taken.
  private static func agent(_ value: JSON, of appID: Int64?) throws(CallRefusal) -> String {
    let text = value.string ?? value.integer.map(String.init) ?? ""
    let isPlain = text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
        true
      default: false
      }
    }
    let example = "such as 203_\(appID ?? 2_222_223)"
    guard isPlain, (1...longestID).contains(text.utf8.count) else {
      throw CallRefusal(422, "user_id: expected an agent's id of letters, digits, _, . and -, \(example)")
    }
    if let appID, let underscore = text.lastIndex(of: "_"), text[underscore...].dropFirst() != String(appID) {
      throw CallRefusal(422, "user_id: expected an agent of this source's app, \(example)")
    }
    return text
  }

  private static func url(_ value: JSON, _ client: CallClient) throws(CallRefusal) -> String {
    let url: AnswerURL
    do throws(AnswerURL.Malformed) {
      url = try AnswerURL(value.string ?? "")
    } catch {
      throw CallRefusal(422, "answer_url: \(error.sentence)")
    }
    guard client.mayFetch(actions: url) else {
      throw CallRefusal(403, "answer_url: this client may not use this one (answer_urls)")
    }
    return url.text
  }

  private static func parameters(_ value: JSON) throws(CallRefusal) -> JSONObject {
    guard let object = value.object else { throw CallRefusal(422, "extra_params: expected an object") }
    guard object[CallMark.key] == nil else {
      throw CallRefusal(422, "extra_params: \(CallMark.key) is the relay's own; leave it out")
    }
    return object
  }

  private static func flag(_ value: JSON, _ name: String) throws(CallRefusal) -> Bool {
    guard let flag = value.bool else { throw CallRefusal(422, "\(name): expected true or false") }
    return flag
  }
}
