import DurableQueue
import RelayCore

import struct Foundation.TimeZone

/// The arguments that say which records are meant.
enum RecordSelection {
  static let what =
    "A record's id, any id of the provider's (call, conversation, request), or a phone number in any spelling."

  static let options = [
    Option("--source", "NAME", "May be repeated.", repeats: true),
    Option("--kind", "KIND", "cdr (after the call) or live (during it)."),
    Option("--unrouted", nil, "Only records that no rule matched."),
    Option("--since", "WHEN", "Received at or after: \(Moment.inWords)."),
    Option("--until", "WHEN", "Received before."),
  ]

  static func filter(_ invocation: Invocation, _ zone: TimeZone) throws -> RecordFilter {
    let arguments = invocation.arguments
    var filter = RecordFilter()
    filter.what = arguments.positionals.first
    filter.sources = arguments.list("--source")
    filter.kind = try arguments.words("--kind", as: RecordKind.self).first
    filter.isUnrouted = arguments.has("--unrouted")
    filter.since = try invocation.moment("--since", in: zone)
    filter.until = try invocation.moment("--until", in: zone)
    return filter
  }
}
