import RelayCore
import Rules

/// What each of TeleCMI's call APIs takes, and how it is asked. providers.md §2.1.
enum CallAPI: Sendable {
  /// `POST /v1/make_call`: calls `to`, then does what `answer_url` says.
  case piopiy
  /// CHUB's `POST /v2/webrtc/click2call`: rings the agent `user_id`, then calls `to`.
  case chub
  /// CHUB-India's `POST /v1/adminConnect`: the same with other names.
  case chubIndia

  /// nil for an API that places no calls.
  init?(_ api: ProviderAPI) {
    guard api.provider == .telecmi else { return nil }
    switch api.product {
    case .piopiy: self = .piopiy
    case .chub: self = .chub
    case .chubIndia: self = .chubIndia
    }
  }

  enum Property: String, CaseIterable {
    case from, to, callerid
    case answerURL = "answer_url"
    case userID = "user_id"
    case extraParams = "extra_params"
    case webrtc, followme
  }

  var required: [Property] {
    switch self {
    case .piopiy: [.from, .to, .answerURL]
    case .chub, .chubIndia: [.userID, .to]
    }
  }

  var optional: [Property] {
    switch self {
    case .piopiy: []
    case .chub: [.extraParams, .callerid, .webrtc, .followme]
    case .chubIndia: [.extraParams]
    }
  }

  var known: [Property] { required + optional }

  /// The provider's request for one call. `mark` comes back in its records, where the API hands parameters through.
  func body(_ asked: AskedCall, _ mark: CallMark, _ api: ProviderAPI) -> JSON {
    var body = JSONObject()
    let appID = api.appID.map(JSON.integer)
    switch self {
    case .piopiy:
      body["appid"] = appID
      body["secret"] = .string(api.secret.revealed)
      body["from"] = asked.from?.json
      body["answer_url"] = asked.answerURL.map(JSON.string)
      body["to"] = asked.to.json
    case .chub:
      body["user_id"] = asked.userID.map(JSON.string)
      body["secret"] = .string(api.secret.revealed)
      body["to"] = asked.to.json
      body["extra_params"] = .object(asked.extra(marked: mark))
      body["webrtc"] = asked.webrtc.map(JSON.bool)
      body["followme"] = asked.followme.map(JSON.bool)
      // Its type is not documented; the other numbers are numbers.
      body["callerid"] = asked.from?.json
    case .chubIndia:
      body["agent_id"] = asked.userID.map(JSON.string)
      // The app's secret under another name, as in its other endpoints.
      body["token"] = .string(api.secret.revealed)
      body["to"] = asked.to.json
      // Whether it comes back in the records is not documented.
      body["custom"] = .object(asked.extra(marked: mark))
    }
    return .object(body)
  }

  var endpoint: ProviderAPI.Endpoint { self == .piopiy ? .makeCall : .click2call }
}

extension CallNumber {
  /// As the documents have it: a number.
  fileprivate var json: JSON { Int64(digits).map(JSON.integer) ?? .string(digits) }
}
