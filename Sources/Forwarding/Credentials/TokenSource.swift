import Outgoing
import Rules

/// Where the access token of one or several destinations comes from. Destinations with the same settings share one: a server
/// that changes refresh tokens would lock out all but one of them otherwise.
struct TokenSource {
  let oauth2: OAuth2
  /// Of their lanes.
  var lanes: [Int]
  /// Their names, for people.
  var names: String
  var tokens: AccessTokens
  /// Fetches a token.
  var fetch: Transfer?

  /// Destinations that share a token.
  struct Group {
    let oauth2: OAuth2
    let lanes: [Int]
    let names: String
  }

  /// In the order of the destinations.
  static func all(_ destinations: [Destination], _ file: RefreshTokenFile) -> [TokenSource] {
    groups(destinations).map { TokenSource($0, file) }
  }

  init(_ group: Group, _ file: RefreshTokenFile) {
    oauth2 = group.oauth2
    lanes = group.lanes
    names = group.names
    tokens = AccessTokens(refreshToken: file.refreshToken(for: group.oauth2))
  }

  static func groups(_ destinations: [Destination]) -> [Group] {
    var lanes: [[String]: [Int]] = [:]
    var order: [OAuth2] = []
    for (index, destination) in destinations.enumerated() {
      guard let oauth2 = destination.oauth2 else { continue }
      if lanes[oauth2.identity] == nil { order.append(oauth2) }
      lanes[oauth2.identity, default: []].append(index)
    }
    return order.map { oauth2 in
      let lanes = lanes[oauth2.identity] ?? []
      return Group(
        oauth2: oauth2, lanes: lanes, names: lanes.map { destinations[$0].name }.joined(separator: ","))
    }
  }
}
