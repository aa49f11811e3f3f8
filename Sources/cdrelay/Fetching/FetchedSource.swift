import DurableQueue
import ProviderAPIs
import RelayCore
import Rules

/// A source whose provider's API can be asked for calls.
struct FetchedSource {
  let source: Source
  let api: ProviderAPI
  /// Of `relay`.
  let proxy: ProxySettings?

  /// Throws where nothing can be fetched from it.
  init(_ name: String, in rules: RuleFile) throws(CommandError) {
    guard let source = rules.sources.first(where: { $0.name == name }) else {
      throw CommandError("no source \(name)" + NearestName.question(name, among: rules.sources.map(\.name)))
    }
    guard let api = source.api else {
      throw CommandError(
        "\(rules.path): sources.\(name) has no \"api\": write there which one to ask, and with which secret, such as "
          + #""api": {"app_id": 2222223, "secret": "${TELECMI_SECRET}"}"#)
    }
    guard !ProviderClient.lists(of: api).isEmpty else {
      throw CommandError(
        "\(name): PIOPIY documents no list of calls by date, so that nothing can be fetched from it; `cdrelay import` "
          + "takes what you download by hand")
    }
    // Where a secret of its `auth` is missing, none of its secrets was looked up.
    if let missing = (source.missingSecrets + api.missingSecrets).first {
      throw CommandError("\(name) can't be asked: \(missing.line)")
    }
    self.source = source
    self.api = api
    proxy = rules.relay.proxy
  }

  var name: String { source.name }

  /// A client on connections of its own, on the caller's thread.
  /// - Parameter wait: waits so many milliseconds, or less where `isWanted` is false by then.
  func client(
    database: String, counts: APICounts, time: any TimeSource, wait: @escaping (Int64) -> Void,
    isWanted: @escaping () -> Bool
  ) throws -> ProviderClient {
    guard let send = APISurroundings.sender(api, proxy: proxy, while: isWanted) else {
      throw CommandError("\(name): memory is short")
    }
    let unread = UnreadAnswer(database: database)
    let begin = ContinuousClock.now
    let surroundings = APISurroundings(
      send: send,
      wait: { milliseconds in
        guard isWanted() else { return false }
        wait(milliseconds)
        return isWanted()
      },
      clock: { Int64((ContinuousClock.now - begin) / .milliseconds(1)) },
      keep: { [name] endpoint, body in unread.keep(body, of: name, endpoint, at: time.now()) },
      userAgent: Program.userAgent)
    return ProviderClient(source: name, api: api, surroundings, counts: counts)
  }
}
