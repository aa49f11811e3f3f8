import DurableQueue
import RelayCore

extension Command {
  static let replay = Command(
    "replay", "Sends deliveries again",
    details: """
      Dead, delivered and cancelled deliveries become waiting, due now, with a fresh clock for giving up; their attempts
      are kept, and so is their id, by which a destination can tell a repetition. A selection without --state means dead
      ones. Deliveries that wait or are being sent are left alone, so a second start does nothing twice.

      --fresh-id is for a destination that remembers ids and answers a repetition with what it said the first time: another
      delivery of the same record goes in the place of each, under a new id.

      --reroute asks the rules in force (or --rules FILE) anew for the records of the deliveries meant (dead and cancelled
      ones without --state), or with --unrouted for records that no rule matched, and makes the deliveries that those
      records do not have yet. Deliveries that are there stay as they are. `cdrelay quarantine replay` does it for requests
      in quarantine.
      """,
    positionals: [DeliveryChanging.ids],
    options: DeliveryChanging.selection + [
      Option(
        "--rate", "NUMBER",
        "So many a second become due at each destination, also a fraction, over 24 h at most. Default: all at once."),
      Option("--fresh-id", nil, "Sends under new ids."),
      Option("--reroute", nil, "Makes the deliveries that today's rules name and that are not there."),
      Option("--unrouted", nil, "With --reroute: records that no rule matched."),
    ] + DeliveryChanging.ending
  ) { invocation in
    let arguments = invocation.arguments
    if arguments.has("--reroute") {
      guard !arguments.has("--fresh-id") else {
        throw UsageError("--fresh-id does not go with --reroute, whose deliveries are new ones")
      }
      return try Rerouting(invocation).run()
    }
    guard !arguments.has("--unrouted") else { throw UsageError("--unrouted goes with --reroute") }
    let change: DeliveryChange = arguments.has("--fresh-id") ? .renew : .replay
    return try DeliveryChanging(
      invocation, change, verb: "replay", participle: "replayed", perSecond: try arguments.perSecond("--rate")
    ).run()
  }
}

extension Arguments {
  /// So many a second, in the range of `rate_per_second`.
  func perSecond(_ option: String) throws(UsageError) -> Double? {
    guard let text = self[option] else { return nil }
    let isPlain = text.utf8.allSatisfy {
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: ".")
    }
    guard isPlain, let number = Double(text), (0.001...100_000).contains(number) else {
      throw UsageError("\(option): expected how many a second, from 0.001 to 100000, found \(text)")
    }
    return number
  }
}
