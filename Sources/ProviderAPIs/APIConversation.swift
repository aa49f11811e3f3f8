import HTTPTypes
import Outgoing
import RelayCore
import Rules

/// Asks one API, one question after the other: at its pace, again where that may help, no more often than that.
final class APIConversation {
  /// Tries of one question.
  static let tries = 5
  /// Milliseconds before the second one; doubled before each further one.
  static let firstDelay: Int64 = 1000
  /// What an API asks for by Retry-After is kept to, up to this.
  static let longestDelay: Int64 = 60_000
  /// Bytes kept of an answer that could not be read.
  static let keptBytes = 64 << 10

  let source: String
  let api: ProviderAPI
  let surroundings: APISurroundings
  private let counts: APICounts
  private let mask: EchoMask
  private var nextAt: Int64 = .min
  private(set) var requests = 0

  init(source: String, api: ProviderAPI, _ surroundings: APISurroundings, counts: APICounts) {
    self.source = source
    self.api = api
    self.surroundings = surroundings
    self.counts = counts
    mask = EchoMask([api.secret])
  }

  /// Sends a question until its answer can be read, and gives what `read` finds in it.
  /// - Parameter endpoint: nil for a file that lies elsewhere.
  func ask<Content>(
    _ endpoint: ProviderAPI.Endpoint?, _ request: OutgoingRequest, _ read: (Answer) -> APIVerdict<Content>
  ) throws(APIFailure) -> Content {
    let place = endpoint.flatMap(api.path) ?? "the exported file"
    var delay = Self.firstDelay
    for attempt in 1...Self.tries {
      try keepPace()
      requests += 1
      let result = surroundings.send(request)
      var kept: String?
      let words: String
      var after: Int64?
      switch verdict(result, read) {
      case .content(let content):
        counts.count(source, .answered)
        return content
      case .credentialsRefused(let told):
        counts.count(source, .refused)
        throw .credentialsRefused(
          "\(source): the provider refused our credentials (\(told), at \(place)): put the right ones into \(Self.keys(api)) "
            + "of the source; a wrong path is told the same way")
      case .again(let told, let pause):
        counts.count(source, .unreadable)
        (words, after) = (told, pause)
        kept = keep(endpoint?.rawValue ?? "file", result)
      case .failed(let told):
        counts.count(source, .failed)
        kept = keep(endpoint?.rawValue ?? "file", result)
        throw .failed("\(source): \(place) failed: \(told)\(Self.whereKept(kept))")
      case nil:
        throw .stopped
      }
      guard attempt < Self.tries else {
        throw .failed("\(source): \(place) failed \(Self.tries) times, at last with: \(words)\(Self.whereKept(kept))")
      }
      guard surroundings.wait(min(max(delay, after ?? 0), Self.longestDelay)) else { throw .stopped }
      delay *= 2
    }
    throw .stopped
  }

  private static func keys(_ api: ProviderAPI) -> String {
    api.provider == .telecmi ? "api.app_id and api.secret" : "api.secret"
  }

  private static func whereKept(_ place: String?) -> String {
    place.map { "; the answer is kept in \($0)" } ?? ""
  }

  /// nil where nobody wants the answer any more.
  private func verdict<Content>(
    _ result: SendResult, _ read: (Answer) -> APIVerdict<Content>
  ) -> APIVerdict<Content>? {
    switch result {
    case .answered(let answer): masked(read(answer), answer, read)
    case .failed(let words): .again(words)
    case .refused(let address):
      .failed(
        "\(address) is a loopback, private or link-local address; write \"allow_private\": true into api if that is meant"
      )
    case .proxyRefused(let status): .again("the proxy answered \(status)")
    case .unrenderable(let words): .failed(words)
    case .interrupted: nil
    }
  }

  /// An API may repeat what it was sent in its words: they are read from the answer without our secret.
  private func masked<Content>(
    _ verdict: APIVerdict<Content>, _ answer: Answer, _ read: (Answer) -> APIVerdict<Content>
  ) -> APIVerdict<Content> {
    if case .content = verdict { return verdict }
    let again = read(
      Answer(
        status: answer.status, headers: answer.headers, body: mask.kept(answer.body, upTo: answer.body.count),
        isCut: answer.isCut))
    if case .content = again { return .failed("an answer that repeats our secret") }
    return again
  }

  private func keepPace() throws(APIFailure) {
    let now = surroundings.clock()
    if nextAt > now, !surroundings.wait(nextAt - now) { throw .stopped }
    nextAt = max(now, nextAt) + Int64(1000 / api.requestsPerSecond)
  }

  private func keep(_ endpoint: String, _ result: SendResult) -> String? {
    guard case .answered(let answer) = result, !answer.body.isEmpty else { return nil }
    return surroundings.keep(endpoint, mask.kept(answer.body, upTo: Self.keptBytes))
  }
}
