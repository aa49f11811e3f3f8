import Digests
import HTTPTypes
import RelayCore

/// Whose words are used. Callr's forms are those of `CallrForm`.
package enum SimulatedProvider: Sendable, Equatable {
  case telecmi
  case callr(CallrForm)
}

/// How Callr brings its CDR.
package enum CallrForm: String, Sendable, CaseIterable {
  /// v2's events in v1's envelope: a guess, v2's own is not documented.
  case webhook
  /// What a scenario's `fetch` posts.
  case push
  /// The webhooks of JSON-RPC.
  case v1
  /// A call in ten each as push and v1.
  case mixed
}

/// One request of a provider's to its customer's server.
package struct SimulatedWebhook: Sendable, Equatable {
  /// Of the call's `number`.
  package let call: Int
  /// When the provider posts it.
  package let at: Instant
  package let isLive: Bool
  /// It is the record that stands for the call.
  package let isMain: Bool
  package let headers: HTTPHeaders
  package let body: [UInt8]
}

extension SimulatedCall {
  /// Everything that is posted of this call, in that order.
  package func webhooks(_ provider: SimulatedProvider, _ account: SimulatedAccount) -> [SimulatedWebhook] {
    let made =
      switch provider {
      case .telecmi: telecmiWebhooks(account)
      case .callr(let form): callrWebhooks(form)
      }
    // Sorting is not stable; those of one moment stay as they were made.
    return made.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
  }
}

/// The webhooks of a call, as they are made. Most are posted within a second of what they tell; one in twelve is late by some
/// seconds, and so comes behind what happened later.
struct WebhookList {
  private let call: SimulatedCall
  private var dice: Dice
  private(set) var webhooks: [SimulatedWebhook] = []

  init(_ call: SimulatedCall) {
    self.call = call
    dice = call.dice(.lateness)
  }

  /// The moment at which something that happened then is posted.
  mutating func posting(_ happened: Instant) -> Instant {
    happened + dice.number(50...800) + (dice.oneIn(12) ? dice.number(1500...7000) : 0)
  }

  mutating func add(live object: JSONObject, _ happened: Instant, _ headers: HTTPHeaders = jsonHeaders) {
    append(object, posting(happened), isLive: true, isMain: false, headers)
  }

  mutating func add(
    cdr object: JSONObject, _ happened: Instant, isMain: Bool, _ headers: HTTPHeaders = jsonHeaders
  ) {
    append(object, posting(happened), isLive: false, isMain: isMain, headers)
  }

  mutating func append(_ object: JSONObject, _ at: Instant, isLive: Bool, isMain: Bool, _ headers: HTTPHeaders) {
    webhooks.append(
      SimulatedWebhook(
        call: call.number, at: at, isLive: isLive, isMain: isMain, headers: headers, body: JSON.object(object).bytes))
  }

  /// TeleCMI's documents parse JSON; its header is never shown.
  static let jsonHeaders = HTTPHeaders([("Content-Type", "application/json")])
}

extension SimulatedWebhook {
  /// With Callr's signature of the body (`X-CALLR-HmacSignature`, base64 of HMAC-SHA256), as a hook with a secret has it.
  package func signed(secret: String) -> SimulatedWebhook {
    var headers = headers
    let code = HMAC<SHA256>.authenticate(body, key: Array(secret.utf8))
    headers.append("X-CALLR-HmacSignature", Base64.encode(code))
    return SimulatedWebhook(call: call, at: at, isLive: isLive, isMain: isMain, headers: headers, body: body)
  }
}

extension JSON {
  static func milliseconds(_ instant: Instant) -> JSON { .integer(instant.milliseconds) }
  /// PIOPIY's `start_time` and the like.
  static func seconds(_ instant: Instant) -> JSON { .integer(instant.milliseconds / 1000) }
  static func digits(_ number: Int64) -> JSON { .string(String(number)) }
}
