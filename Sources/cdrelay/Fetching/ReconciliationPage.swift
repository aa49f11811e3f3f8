import RelayCore

import struct Foundation.Date
import struct Foundation.TimeZone

/// A reconciliation as people read it.
struct ReconciliationPage {
  let report: Reconciliation
  let zone: TimeZone

  func write(to output: Output) throws {
    try output.line(
      "\(report.source): \(moment(report.from)) to \(moment(report.to))"
        + (report.wantedTo.map { "; what is younger, up to \(moment($0)), is left out, since it may be under way" }
          ?? ""))
    try output.line()
    try write(days, "DAY", to: output)
    let uneven = report.hours.filter { !$0.value.isEven }.sorted { $0.key < $1.key }
    if !uneven.isEmpty {
      try output.line()
      try write(uneven.map { (moment($0.key), $0.value) }, "HOUR THAT DIFFERS", to: output)
    }
    try writeCalls(to: output)
    try output.line()
    for sentence in sentences { try output.line(sentence) }
  }

  private func write(_ rows: [(String, Reconciliation.Counts)], _ title: String, to output: Output) throws {
    var table = Table(
      (title, .left), ("PROVIDER", .right), ("OURS", .right), ("MISSING", .right), ("EXTRA", .right),
      ("DIFFERENT", .right))
    for (name, counts) in rows {
      table.add(
        name, Phrases.grouped(counts.provider), Phrases.grouped(counts.ours), Phrases.grouped(counts.missing),
        Phrases.grouped(counts.extra), Phrases.grouped(counts.different))
    }
    try table.write(to: output)
  }

  private func writeCalls(to output: Output) throws {
    guard !report.listed.isEmpty else { return }
    var table = Table(
      ("CALL", .left), ("AT", .left), ("DIRECTION", .left), ("STATUS", .left), ("FROM", .left), ("TO", .left),
      ("ID", .left), ("RECORD", .left))
    for call in report.listed {
      let fields = call.fields.isEmpty ? "" : ": \(call.fields.joined(separator: ", "))"
      table.add(
        call.finding.rawValue + fields, call.at?.rfc3339 ?? "", call.direction ?? "", call.status ?? "",
        call.from ?? "", call.to ?? "", call.id ?? "", call.record?.description ?? "")
    }
    try output.line()
    try table.write(to: output)
    if report.unlisted > 0 {
      try output.line("… and \(Phrases.grouped(report.unlisted)) more: --limit shows them")
    }
  }

  /// Days of the zone, each with its hours.
  private var days: [(String, Reconciliation.Counts)] {
    var days: [(String, Reconciliation.Counts)] = []
    for (hour, counts) in report.hours.sorted(by: { $0.key < $1.key }) {
      let day = String(local(hour).prefix(10))
      if days.last?.0 == day {
        days[days.count - 1].1 = days[days.count - 1].1 + counts
      } else {
        days.append((day, counts))
      }
    }
    return days
  }

  private var sentences: [String] {
    let total = report.total
    var lines: [String] = []
    let missing = Phrases.count(total.missing, "call is", "calls are")
    if total.missing == 0 {
      lines.append("nothing is missing of \(Phrases.count(total.provider, "call", "calls"))")
    } else if total.stored == total.missing {
      lines.append("\(missing) fetched: nothing is missing now")
    } else {
      lines.append(
        "\(missing) missing. `cdrelay backfill \(report.source) --from \(report.from.rfc3339) --to \(report.to.rfc3339)` "
          + "brings them")
    }
    if total.extra > 0 {
      lines.append(
        "\(Phrases.count(total.extra, "call is", "calls are")) extra: we have a record, the provider's list has not")
    }
    if total.different > 0 {
      lines.append(
        "\(Phrases.count(total.different, "call differs", "calls differ")): what came by webhook stays as it is")
    }
    if report.bad > 0 {
      let reasons = report.badReasons.map { ": \($0)" }.joined()
      lines.append("\(Phrases.count(report.bad, "row", "rows")) can't be read as a call\(reasons)")
    }
    if report.shortfall > 0 {
      lines.append(
        "the provider counts \(Phrases.count(report.shortfall, "call", "calls")) more than it gave: run this again later"
      )
    }
    return lines
  }

  /// `2026-11-22 17:00` of the zone.
  private func local(_ instant: Instant) -> String {
    let seconds = zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant.milliseconds) / 1000))
    let text = (instant + Int64(seconds) * 1000).rfc3339
    return "\(text.prefix(10)) \(text.dropFirst(11).prefix(5))"
  }

  private func moment(_ instant: Instant) -> String { local(instant) }
}
