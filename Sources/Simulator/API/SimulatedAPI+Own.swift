import Digests
import HTTPTypes
import RelayCore

/// What no provider has: pages for tests and for people.
extension SimulatedAPI {
  /// nil for another path.
  func ownPage(_ request: HTTPRequest) -> HTTPResponse? {
    guard request.method == "GET" else { return nil }
    switch request.path {
    case "/": return json(about)
    case "/simulator/dials":
      let dials = state.withLock { $0.dials }
      return HTTPResponse(
        status: 200, headers: HTTPHeaders([("content-type", "application/json")]), body: dials.json.bytes)
    case "/simulator/missing": return json(missing)
    default: return nil
    }
  }

  private var about: JSONObject {
    let day = state.withLock { $0.book.day }
    return [
      "simulator": .string(Self.disclaimer),
      "day": day.map { day in
        .object([
          "seed": .string(String(day.seed)), "calls": .integer(Int64(day.count)), "from": .string(day.from.rfc3339),
        ])
      } ?? .null,
      "to_endings": .object(
        JSONObject(
          ForcedOutcome.table.map { JSONObject.Member(key: $0.ending, value: .string($0.outcome)) })),
    ]
  }

  /// Said wherever the simulator shows itself.
  package static let disclaimer =
    "cdrelay's simulator of TeleCMI, PIOPIY and Callr: built from their documents and from public code, not from their "
    + "systems; no call is placed"

  /// The calls of the day whose own record was lost on the way (`Settings.lost`), by the ids that each provider has for them.
  private var missing: JSONObject {
    guard let day = state.withLock({ $0.book.day }), let lost = settings.lost else {
      return ["telecmi": .array([]), "callr": .array([])]
    }
    let telecmi = day.missing(.telecmi, lost: lost, account: settings.account)
    let callr = day.missing(.callr(.mixed), lost: lost, account: settings.account)
    return [
      "telecmi": .array(telecmi.map { .string($0.mainID) }),
      "callr": .array(callr.map { .string(String($0.callid)) }),
    ]
  }
}

/// The text in base64.
enum Base64Text {
  static func decode(_ text: String) -> String? {
    Base64.decode(text).flatMap { String(validating: $0, as: UTF8.self) }
  }
}
