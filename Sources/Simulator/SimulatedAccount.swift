/// The customer of both providers: ids, secrets, and who works there. All numbers are of the ranges that Ofcom keeps free for
/// films and books (https://www.ofcom.org.uk/phones-and-broadband/phone-numbers/numbers-for-drama), so nobody can be called.
package struct SimulatedAccount: Sendable, Equatable {
  package struct Agent: Sendable, Equatable {
    /// `204`: TeleCMI's `user` is `204_2222223`.
    package let number: Int
    package let phone: Int64
    package let team: String
  }

  /// TeleCMI's `appid`. Default: that of its documents.
  package var appID: Int64 = 2_222_223
  /// TeleCMI's app secret.
  package var secret = Self.defaultSecret
  /// Callr's `x-api-key`.
  package var apiKey = Self.defaultAPIKey

  package static let defaultSecret = "simulated-secret"
  package static let defaultAPIKey = "simulated-api-key"

  package init() {}

  package static let agents: [Agent] = (201...212).map { number in
    Agent(
      number: number, phone: 447_700_900_700 + Int64(number), team: ["Sales", "Support", "Billing"][number % 3])
  }

  /// The numbers that it rents.
  package static let lines: [Int64] = [442_079_460_990, 441_134_960_991, 441_614_960_992]

  /// Those of customers end in 000 to 699.
  static let areas: [Int64] = [
    441_134_960_000, 441_144_960_000, 441_154_960_000, 441_164_960_000, 441_174_960_000, 441_214_960_000,
    441_314_960_000, 441_414_960_000, 441_514_960_000, 441_614_960_000, 442_079_460_000, 441_914_980_000,
    442_896_496_000, 442_920_180_000, 447_700_900_000,
  ]

  func user(_ agent: Agent) -> String { "\(agent.number)_\(appID)" }
  func team(_ agent: Agent) -> String { "\(agent.team)_\(appID)" }

  /// The agent behind `204_2222223`; nil for another app's, and for nobody.
  func agent(user: String) -> Agent? {
    Self.agents.first { self.user($0) == user }
  }

  /// What an agent's log-in gives. A real one is random and lives 30 days.
  func token(_ agent: Agent) -> String { "simulated-token-\(agent.number)" }
}
