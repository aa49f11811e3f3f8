import DurableQueue
import RelayCore

import struct Foundation.TimeZone

/// The options that say which deliveries are meant.
enum DeliverySelection {
  static let options = [
    Option("--state", "STATE", "waiting, sending, delivered, dead or cancelled. May be repeated.", repeats: true),
    Option("--destination", "NAME", "May be repeated.", repeats: true),
    Option("--source", "NAME", "May be repeated.", repeats: true),
    Option("--rule", "NAME", "The rule that made the delivery. May be repeated.", repeats: true),
    Option(
      "--status", "STATUS", "HTTP status of the last try: 503, 5xx, or none where no answer came. May be repeated.",
      repeats: true),
    Option("--reason-has", "TEXT", "Part of the reason."),
    Option(
      "--call", "ID", "Of this call: any id of the provider's (call, conversation, request). May be repeated.",
      repeats: true),
    Option(
      "--number", "NUMBER", "Of calls from or to this phone number, in any spelling. May be repeated.", repeats: true),
    Option("--since", "WHEN", "Arrived at or after: \(Moment.inWords)."),
    Option("--until", "WHEN", "Arrived before."),
  ]

  static func filter(_ invocation: Invocation, _ zone: TimeZone) throws -> DeliveryFilter {
    let arguments = invocation.arguments
    var filter = DeliveryFilter()
    filter.states = try arguments.words("--state", as: DeliveryState.self)
    filter.destinations = arguments.list("--destination")
    filter.sources = arguments.list("--source")
    filter.rules = arguments.all("--rule")
    filter.statuses = try arguments.list("--status").map(status)
    filter.reason = arguments["--reason-has"]
    filter.calls.ids = arguments.all("--call")
    filter.calls.numbers = try arguments.numbers("--number")
    filter.since = try invocation.moment("--since", in: zone)
    filter.until = try invocation.moment("--until", in: zone)
    return filter
  }

  private static func status(_ text: String) throws -> DeliveryFilter.Status {
    if text == "none" { return .none }
    let bytes = Array(text.utf8)
    let digits = bytes.filter { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }.count
    if bytes.count == 3, digits == 3, let status = Int(text), status >= 100 { return .exactly(status) }
    if bytes.count == 3, digits == 1, text.lowercased().hasSuffix("xx"), let hundred = Int(text.prefix(1)), hundred > 0
    {
      return .hundred(hundred)
    }
    throw UsageError("--status: expected an HTTP status such as 503, 5xx, or none, found \(text)")
  }
}

extension Arguments {
  func numbers(_ option: String) throws(UsageError) -> [String] {
    for text in all(option) where !CallFilter.isNumber(text) {
      throw UsageError("\(option): expected a phone number, found \(text)")
    }
    return all(option)
  }
}
