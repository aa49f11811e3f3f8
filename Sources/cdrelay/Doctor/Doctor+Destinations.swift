import Forwarding
import RelayCore
import Rules

extension Doctor {
  /// A certificate that ends sooner is told of.
  private static let soon: Int64 = 14 * 86_400_000

  /// Whether each can be connected to as its deliveries would be. One that the rule file holds need not be.
  mutating func checkDestinations(_ rules: RuleFile) throws {
    let reaches = SideCall.connect(to: rules.destinations.filter(\.isEnabled))
    for destination in rules.destinations where destination.isEnabled {
      guard let reach = reaches.first(where: { $0.destination == destination.name }) else {
        try tell(
          .warn(
            "destination", "its host stands in a secret, which was not looked up", about: destination.name,
            do: "give --rules FILE, with its secrets in the environment"))
        continue
      }
      try tell(Self.check(reach, destination, now))
    }
  }

  static func check(_ reach: SideCall.Reach, _ destination: Destination, _ now: Instant) -> DoctorCheck {
    let name = destination.name
    if let problem = reach.problem {
      let text = "can't be connected to: \(problem)"
      if destination.isPaused { return .warn("destination", text + "; it is paused", about: name) }
      return .fail("destination", text, about: name, do: remedy(destination))
    }
    let way = destination.proxy.map { "the proxy \($0.url)" } ?? reach.address ?? "it"
    guard let ends = reach.certificateEnds else { return .ok("destination", "connected to \(way)", about: name) }
    guard ends - now < soon else {
      return .ok(
        "destination", "connected to \(way) with TLS; its certificate is good until \(ends.rfc3339)", about: name)
    }
    return .warn(
      "destination",
      "connected to \(way), but its certificate ends \(Phrases.relative(ends, to: now)) (\(ends.rfc3339))",
      about: name, do: "tell whoever runs it, or deliveries wait from then on")
  }

  private static func remedy(_ destination: Destination) -> String {
    destination.proxy == nil
      ? "see whether its url is right (\(destination.shownURL)) and whether this machine may connect there (DNS, firewall)"
      : "see whether the proxy lets this machine through to \(destination.shownURL)"
  }
}
