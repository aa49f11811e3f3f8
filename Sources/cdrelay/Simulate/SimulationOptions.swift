import Foundation
import RelayCore
import Simulator

/// What the commands have in common: which calls, and what of them is lost.
struct SimulationOptions {
  let seed: UInt64
  let from: Instant
  let product: SimulatedDay.Product
  let lost: Range<Instant>?
  var account = SimulatedAccount()

  static let seed = Option(
    "--seed", "N", "Which calls; the same seed and --from give the same bytes. Default: drawn, and told.")
  static let from = Option(
    "--from", "WHEN", "When the day begins: RFC 3339, or a day (2026-11-22). Default: yesterday, 0:00 UTC.")
  static let product = Option(
    "--product", "NAME", "TeleCMI: chub, chub_india, piopiy, or mixed (default): chub and one call in ten as PIOPIY.",
    choices: ["mixed"] + SimulatedCall.Dialect.allCases.map(\.rawValue))
  static let lose = Option(
    "--lose", "FROM/TO", "What would be posted in this time of the simulated day is not, as when a line was down.")
  static let noLive = Option("--no-live", nil, "Leaves out what is posted during calls: CDRs only.")
  static let appID = Option("--app-id", "N", "TeleCMI's app id. Default 2222223.")

  init(_ invocation: Invocation) throws(UsageError) {
    let arguments = invocation.arguments
    if let text = arguments["--seed"] {
      guard let number = UInt64(text) else { throw UsageError("--seed: expected a whole number from 0, found \(text)") }
      seed = number
    } else {
      seed = UInt64.random(in: 1...999_999)
    }
    from =
      try invocation.moment("--from", in: .gmt)
      ?? Moment.startOfDay(invocation.now, in: .gmt) + -SimulatedDay.milliseconds
    product = try Self.readProduct(arguments["--product"])
    lost = try Self.readLost(arguments["--lose"], now: invocation.now)
    if let appID = try arguments.count("--app-id") { account.appID = Int64(appID) }
  }

  private static func readProduct(_ text: String?) throws(UsageError) -> SimulatedDay.Product {
    guard let text, text != "mixed" else { return .mixed }
    guard let dialect = SimulatedCall.Dialect(rawValue: text) else {
      throw UsageError("--product: expected \(product.choices.joined(separator: ", ")), found \(text)")
    }
    return .only(dialect)
  }

  private static func readLost(_ text: String?, now: Instant) throws(UsageError) -> Range<Instant>? {
    guard let text else { return nil }
    let ends = text.split(separator: "/").map { Moment.read(String($0), now: now, zone: .gmt) }
    guard ends.count == 2, let from = ends[0], let to = ends[1], from < to else {
      throw UsageError("--lose: expected two moments, the earlier first, such as 2026-11-21T10:00Z/2026-11-21T12:00Z")
    }
    return from..<to
  }

  /// At most 200,000.
  func day(calls: Int, option: String) throws(UsageError) -> SimulatedDay {
    guard calls <= SimulatedDay.mostCalls else {
      throw UsageError("\(option): at most \(Phrases.grouped(SimulatedDay.mostCalls)) calls, found \(calls)")
    }
    return SimulatedDay(seed: seed, calls: calls, from: from, product: product)
  }
}

extension Arguments {
  /// Calls a second, above 0.
  func rate() throws(UsageError) -> Double? {
    guard let text = self["--rate"] else { return nil }
    guard let rate = Double(text), rate > 0, rate <= 100_000 else {
      throw UsageError("--rate: expected calls a second, above 0 and at most 100000, found \(text)")
    }
    return rate
  }
}
