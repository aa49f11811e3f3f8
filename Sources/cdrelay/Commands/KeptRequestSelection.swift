import DurableQueue
import RelayCore

import struct Foundation.TimeZone

/// The arguments that say which kept requests are meant.
enum KeptRequestSelection {
  static func filter(_ invocation: Invocation, _ zone: TimeZone) throws -> KeptRequestFilter {
    var filter = KeptRequestFilter()
    let states = try invocation.arguments.words("--state", as: KeptRequestRow.State.self)
    if !states.isEmpty { filter.states = states }
    filter.sources = invocation.arguments.list("--source")
    filter.senders = invocation.arguments.list("--sender")
    filter.credentials = invocation.arguments.all("--credential")
    filter.since = try invocation.moment("--since", in: zone)
    filter.until = try invocation.moment("--until", in: zone)
    return filter
  }

  /// The requests that ids or a selection name, the oldest first; those that are kept.
  static func ids(
    _ invocation: Invocation, _ table: KeptRequestTable, verb: String
  ) throws -> (Visit, [Identifier]) {
    let ids = try invocation.arguments.ids()
    var (visit, filter) = try Visit.begin(invocation) { invocation, zone in
      let filter = try Self.filter(invocation, zone)
      let selects = filter != KeptRequestFilter()
      guard ids.isEmpty || !selects else { throw UsageError("give ids or a selection, not both") }
      guard !ids.isEmpty || selects else {
        throw UsageError("say which requests to \(verb): ids, or a selection such as --source NAME")
      }
      return filter
    }
    for id in ids {
      guard let row = try visit.visitor.request(id, in: table) else {
        throw CommandError("no \(table.singular) has the id \(id)")
      }
      guard row.state == .kept else { throw CommandError("\(id) was \(row.state.rawValue) already") }
    }
    filter.ids = ids
    return (visit, try visit.visitor.requestIDs(in: table, filter).reversed())
  }
}
