import DurableQueue
import Outgoing
import RelayCore
import Rules

extension SendingLoop {
  /// The rule file changed. Lanes keep their places, what they hold and what is in flight; what is in flight still ends as it
  /// was sent. Destinations that are named no more put back what they have.
  func use(_ new: Forwarder.Settings, _ now: Instant) {
    settings = new
    let share = MemoryShare(destinations: new.destinations.count)
    for destination in new.destinations {
      if let index = laneOf[destination.name] {
        giveUp(lanes[index].use(destination, among: new.destinations, share: share, now))
      } else {
        laneOf[destination.name] = lanes.count
        lanes.append(OpenLane(destination, among: new.destinations, share: share))
        if let holds { lanes[lanes.count - 1].lane.holdsAre(holds[destination.name] ?? HoldState(), now) }
      }
    }
    let named = Set(new.destinations.map(\.name))
    for index in lanes.indices where !lanes[index].isRetired && !named.contains(lanes[index].destination.name) {
      let (transfers, room) = lanes[index].retire()
      giveUp(transfers)
      if room != 0 { queue.grant(destination: lanes[index].destination.name, room: room) }
    }
    useTokens(of: new.destinations)
    multi.keep(connections: new.keptConnections)
  }

  /// The first of those that share a token has the way to it, so that their order is that of the file.
  private func useTokens(of destinations: [Destination]) {
    for index in lanes.indices { lanes[index].tokenSource = nil }
    for number in tokenSources.indices { tokenSources[number].lanes = [] }
    for group in TokenSource.groups(destinations) {
      let number =
        tokenSources.firstIndex { $0.oauth2 == group.oauth2 }
        ?? {
          tokenSources.append(TokenSource(group, refreshTokens))
          return tokenSources.count - 1
        }()
      tokenSources[number].names = group.names
      tokenSources[number].lanes = group.lanes.compactMap { laneOf[destinations[$0].name] }
      for index in tokenSources[number].lanes { lanes[index].tokenSource = number }
    }
    for index in lanes.indices where lanes[index].tokenSource == nil { lanes[index].lane.waitsForToken = false }
  }

  private func giveUp(_ transfers: [Transfer]) {
    freeTags += transfers.map(\.tag)
  }
}
