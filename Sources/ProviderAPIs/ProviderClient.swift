import HTTPTypes
import Outgoing
import RelayCore
import Rules

/// Calls of one list of an API in one slice of time.
package struct FetchedCalls {
  package enum Content {
    /// Each as it came.
    case rows([JSONObject])
    /// A file of Callr's, as it came.
    case csv([UInt8])
  }

  /// Which list it is: `answered`, `export`.
  package let endpoint: ProviderAPI.Endpoint
  /// Of Callr's export: `inbound`, `outbound`.
  package let direction: String?
  package let slice: TimeSlice
  package let content: Content
  /// Members that are no calls.
  package let bad: Int
  /// Calls that the API counts and did not give.
  package let shortfall: Int
}

/// Asks a provider's API for the calls of a span of time. Belongs to one thread.
package final class ProviderClient {
  let conversation: APIConversation
  let api: ProviderAPI
  /// With which tasks are asked for, once that is known.
  var taskMethod: String?

  /// Milliseconds that a slice should have to begin with: an hour; six of Callr's, each of which costs a task.
  package static func slice(of api: ProviderAPI) -> Int64 {
    api.provider == .callr ? 21_600_000 : 3_600_000
  }

  package init(source: String, api: ProviderAPI, _ surroundings: APISurroundings, counts: APICounts) {
    self.api = api
    conversation = APIConversation(source: source, api: api, surroundings, counts: counts)
  }

  /// Requests made so far.
  package var requests: Int { conversation.requests }

  /// What is asked for each slice; empty where the product has no list of calls by date.
  package static func lists(of api: ProviderAPI) -> [ProviderAPI.Endpoint] {
    let all: [ProviderAPI.Endpoint] =
      api.provider == .callr ? [.export] : [.answered, .missed, .outAnswered, .outMissed]
    // None is documented for PIOPIY: it knows single calls by id only.
    return all.filter { api.path($0) != nil }
  }

  /// Calls `take` with each list's calls, a slice that holds too many in parts.
  package func fetch(_ slice: TimeSlice, _ take: (FetchedCalls) throws -> Void) throws {
    for endpoint in Self.lists(of: api) {
      if endpoint == .export {
        for direction in CallrExport.Direction.allCases { try export(direction, slice, take) }
      } else {
        try list(endpoint, slice, take)
      }
    }
  }
}

// MARK: - TeleCMI

extension ProviderClient {
  private func list(
    _ endpoint: ProviderAPI.Endpoint, _ whole: TimeSlice, _ take: (FetchedCalls) throws -> Void
  ) throws {
    var left = [whole]
    while let slice = left.popLast() {
      var pages = TeleCMIPages(mayHalve: slice.halves != nil)
      var step = TeleCMIPages.Step.ask(page: 1)
      while case .ask(let page) = step {
        let request = request(endpoint, slice, page: page)
        step = pages.take(
          try conversation.ask(endpoint, request, TeleCMIPage.read))
      }
      guard step != .tooMany else {
        throw APIFailure.failed(
          "\(conversation.source): \(api.path(endpoint) ?? "") gives more than \(TeleCMIPages.most) calls of a minute: its pages "
            + "do not end")
      }
      if step == .halve, let halves = slice.halves {
        left += [halves.second, halves.first]
        continue
      }
      try take(
        FetchedCalls(
          endpoint: endpoint, direction: nil, slice: slice, content: .rows(pages.rows), bad: pages.bad,
          shortfall: pages.shortfall))
    }
  }

  /// `start_date` and `end_date` are milliseconds. CHUB-India's twins take the secret as `token`.
  private func request(_ endpoint: ProviderAPI.Endpoint, _ slice: TimeSlice, page: Int) -> OutgoingRequest {
    var body = JSONObject()
    body["appid"] = api.appID.map(JSON.integer) ?? .null
    body[api.product == .chubIndia ? "token" : "secret"] = .string(api.secret.revealed)
    body["start_date"] = .integer(slice.from.milliseconds)
    body["end_date"] = .integer(slice.to.milliseconds)
    body["page"] = .integer(Int64(page))
    body["limit"] = .integer(Int64(TeleCMIPages.pageSize))
    return OutgoingRequest(
      method: "POST", url: api.url(endpoint) ?? "",
      headers: HTTPHeaders([
        ("content-type", "application/json"), ("accept", "application/json"),
        ("user-agent", conversation.surroundings.userAgent),
      ]), body: Array(JSON.object(body).text.utf8))
  }
}
