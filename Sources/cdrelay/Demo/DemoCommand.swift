import DurableQueue
import Foundation
import HTTP1
import Glibc
import RelayCore
import Rules
import Telemetry

extension Command {
  static let demo = Command(
    "demo", "Goes the whole way on documented records, told line by line",
    details: """
      Starts a relay on a database of its own in a temporary folder, and a destination that first fails and then recovers.
      Everything stays on this machine. Exits with 1 if anything did not go as told.
      """
  ) { invocation in
    let folder = NSTemporaryDirectory() + "cdrelay-demo-\(ProcessInfo.processInfo.processIdentifier)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try Demo(invocation, folder: folder).run()
    return .done
  }
}

/// Tells and checks the way of the documented records. Every step waits for what it tells.
struct Demo {
  private let invocation: Invocation
  private let database: String
  private let destination = DemoDestination()
  private let destinationServer: HTTPServer
  private let relay: Relay
  private let provider: DemoProvider

  init(_ invocation: Invocation, folder: String) throws {
    self.invocation = invocation
    database = folder + "/cdrelay.db"
    destinationServer = HTTPServer(handler: destination, log: .silent)
    let destinationPort = try destinationServer.listen("127.0.0.1:0")
    let rules = try RuleFile.parse(
      Array(DemoRules.text(port: destinationPort).utf8), path: "demo rules", secrets: .process())
    relay = try Relay(
      rules: rules, database: database,
      sockets: Relay.Sockets(
        hooks: [try Listener(address: "127.0.0.1:0")], admin: [try Listener(address: "127.0.0.1:0")]),
      time: invocation.surroundings.time, log: .silent)
    provider = DemoProvider(port: relay.port)
  }

  func run() throws {
    try tell("cdrelay demo: three rules, three destinations, the providers' documented records.")
    try tell("The relay listens on 127.0.0.1:\(relay.port), its database is \(database).")
    destination.answer("/crm", with: 503)
    destination.answer("/billing", with: 410)
    try tell("")
    try tell("Tonight the CRM is down (503), and billing's address is gone (410). Calls go on:")
    try receive()
    try tell("")
    try watchThemWait()
    try tell("")
    try recover()
    try tell("")
    try replay()
    try tell("")
    try tell("$ cdrelay status")
    try command(["status"])
    relay.stop()
    _ = destinationServer.drain(deadlineMilliseconds: 1000)
    try tell("")
    try tell("Nothing was lost: every record that was answered with 200 has reached every destination its rules name.")
  }

  // MARK: - Receiving

  private func receive() throws {
    let hook = "/hooks/telecmi/\(DemoRules.token)"
    try expect("TeleCMI  outgoing answered, leg a", 200, "accepted") {
      try provider.post(hook, DocumentedRecords.telecmiOutgoingAnsweredLegA)
    }
    try expect("TeleCMI  outgoing answered, leg b", 200, "accepted") {
      try provider.post(hook, DocumentedRecords.telecmiOutgoingAnsweredLegB)
    }
    try expect("TeleCMI  incoming missed", 200, "accepted") {
      try provider.post(hook, DocumentedRecords.telecmiIncomingMissed)
    }
    try expect("TeleCMI  outgoing missed, by GET", 200, "accepted") {
      try provider.get(hook, query: DocumentedRecords.telecmiOutgoingMissedQuery)
    }
    let callr = DocumentedRecords.callrInboundEnded
    let signature = DemoProvider.callrSignature(callr, secret: DemoRules.callrSecret)
    try expect("Callr    inbound ended, signed", 200, "accepted") {
      try provider.post("/hooks/callr", callr, headers: [signature])
    }
    try expect("TeleCMI  incoming missed, sent again", 200, "duplicate") {
      try provider.post(hook, DocumentedRecords.telecmiIncomingMissed)
    }
    try expect("a stranger without the token", 401, "Unauthorized") {
      try provider.post("/hooks/telecmi/guess", DocumentedRecords.telecmiIncomingMissed)
    }
    try expect("TeleCMI  a text that is no JSON", 400, "quarantine") { try provider.post(hook, "{'type': 'cdr'}") }
  }

  private func expect(
    _ what: String, _ status: Int, _ word: String, _ exchange: () throws -> (status: Int, body: String)
  ) throws {
    let answer = try exchange()
    guard answer.status == status, answer.body.contains(word) else {
      throw CommandError("\(what): expected \(status) \(word), the relay answered \(answer.status) \(answer.body)")
    }
    try tell("  \(what.padding(toLength: 38, withPad: " ", startingAt: 0)) -> \(status) \(word)")
  }

  // MARK: - Forwarding

  private func watchThemWait() throws {
    let (crm, billing, archive) = (try count(nil, "crm"), try count(nil, "billing"), try count(nil, "archive"))
    try wait("the archive has its records") { destination.counts("/archive").accepted == archive }
    try tell("archive has all \(archive) records, byte for byte.")
    try wait("the CRM refused each record once") { destination.counts("/crm").refused >= crm }
    try tell("crm answered 503 to each of its \(crm): they wait and are tried again, half a second, a second …")
    try wait("billing's deliveries are dead") { try count(.dead, "billing") == billing }
    try tell("billing answered 410 to \(billing): dead at once, kept with the reason:")
    try tell("$ cdrelay deliveries list --state dead")
    try command(["deliveries", "list", "--state", "dead"])
  }

  private func recover() throws {
    let owed = try count(.waiting, "crm") + count(.sending, "crm")
    destination.answer("/crm", with: 200)
    try tell("The CRM is back.")
    try wait("the CRM has its records") { try count(.delivered, "crm") == owed }
    let refused = destination.counts("/crm").refused
    try tell("crm has all \(owed) records, after \(refused) refusals. Nobody had to do anything.")
  }

  private func replay() throws {
    let dead = try count(.dead, "billing")
    destination.answer("/billing", with: 200)
    try tell("Billing's address is mended. A person replays what died:")
    try tell("$ cdrelay replay --state dead --destination billing --yes")
    try command(["replay", "--state", "dead", "--destination", "billing", "--yes"])
    try wait("billing has its records") { try count(.delivered, "billing") == dead }
    try tell("billing has its \(dead) records.")
  }

  // MARK: - Looking

  /// Deliveries of a destination, all of them or those in one state.
  private func count(_ state: DeliveryState?, _ destination: String) throws -> Int {
    var filter = DeliveryFilter()
    filter.states = state.map { [$0] } ?? []
    filter.destinations = [destination]
    return try QueueVisitor(path: database).summary(filter, by: [.destination]).reduce(0) { $0 + $1.count }
  }

  /// Runs a command as a person would beside the running relay.
  private func command(_ words: [String]) throws {
    let code = Program.cdrelay.run(words + ["--database", database], invocation.surroundings)
    guard code == .done else { throw CommandError("`cdrelay \(words.joined(separator: " "))` failed") }
  }

  /// Looks until it is so; 30 s at most.
  private func wait(_ what: String, _ isSo: () throws -> Bool) throws {
    let deadline = invocation.now + 30_000
    while try !isSo() {
      guard invocation.now < deadline else { throw CommandError("waited 30 s in vain: \(what)") }
      usleep(20_000)
    }
  }

  private func tell(_ line: String) throws {
    try invocation.output.line(line)
    try invocation.output.flush()
  }
}
