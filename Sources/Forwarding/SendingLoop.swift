import Digests
import DurableQueue
import Outgoing
import Providers
import RelayCore
import Rules
import Telemetry

/// The one thread that sends: carries out what the lanes decide, with libcurl, and has their outcomes settled, a batch a turn.
/// A turn reads the inbox, moves transfers on, judges those that ended, starts new ones, and waits for the next thing to do.
final class SendingLoop {
  /// A transfer at work.
  struct Flight {
    let transfer: Transfer
    let lane: Int
    /// Of the lane's destination, when it was sent.
    let edition: Int
    let turn: Lane.Turn
    let startedAt: Instant
    /// nil for a lookup.
    let requestHash: [UInt8]?
    /// The access token that it carries.
    let token: AccessTokens.Token?
    /// What a lookup asks; nil for a delivery.
    var question: LookupCache.Key?
  }

  /// Milliseconds after which the loop looks at the clock again, whatever it waits for: it may have been set.
  private static let longestWait: Int64 = 1000

  var settings: Forwarder.Settings
  let queue: any DueQueue
  let time: any TimeSource
  let log: Log
  let multi: CurlMulti
  let metrics: SendingMetrics
  private let claimed: @Sendable (String, Result<Claim, CommitFailure>) -> Void

  var lanes: [OpenLane]
  /// Also of those that the rule file names no more.
  var laneOf: [String: Int]
  /// By the tag of the transfer; nil where it is idle.
  private var flights: [Flight?] = []
  /// Tags of transfers that were given up.
  var freeTags: [Int] = []
  /// What the queue said last of what is held; nil until it did.
  private(set) var holds: [String: HoldState]?
  private var settlements: [Settlement] = []
  var tokenSources: [TokenSource]
  var refreshTokens: RefreshTokenFile
  private var commitsFail = false
  /// What the clock said at the last turn.
  private var lastTurn = Instant(milliseconds: .min)
  private(set) var isStopping = false

  init(
    settings: Forwarder.Settings, queue: any DueQueue, time: any TimeSource, log: Log, multi: CurlMulti,
    metrics: SendingMetrics,
    claimed: @escaping @Sendable (String, Result<Claim, CommitFailure>) -> Void
  ) {
    self.settings = settings
    self.queue = queue
    self.time = time
    self.log = log
    self.multi = multi
    self.metrics = metrics
    self.claimed = claimed
    let share = MemoryShare(destinations: settings.destinations.count)
    lanes = settings.destinations.map { OpenLane($0, among: settings.destinations, share: share) }
    refreshTokens = RefreshTokenFile(path: settings.refreshTokensFile)
    tokenSources = TokenSource.all(settings.destinations, refreshTokens)
    laneOf = Dictionary(
      settings.destinations.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    for (number, source) in tokenSources.enumerated() {
      for index in source.lanes { lanes[index].tokenSource = number }
    }
  }

  /// False once all is put back and the loop is to end.
  func turn(_ inbox: Inbox) -> Bool {
    read(inbox)
    multi.perform { tag, code in ended(tag, code) }
    let now = time.now()
    if now < lastTurn { clockWasSetBack(by: lastTurn - now) }
    lastTurn = now
    if let stopBy = inbox.stopBy {
      isStopping = true
      if ContinuousClock.now >= stopBy { interruptFlights(now) }
    }
    for index in lanes.indices { serve(index, now) }
    flush()
    if isStopping, flights.allSatisfy({ $0 == nil }), !stillFetchesTokens() { return false }
    multi.wait(milliseconds: patience(now, stopBy: inbox.stopBy))
    return true
  }

  private func clockWasSetBack(by milliseconds: Int64) {
    for index in lanes.indices {
      lanes[index].lane.clockWasSetBack(by: milliseconds)
      lanes[index].lookups = LookupCache()
    }
    for source in tokenSources.indices { tokenSources[source].tokens.clockWasSetBack(by: milliseconds) }
  }

  private func flush() {
    guard !settlements.isEmpty else { return }
    queue.settle(settlements)
    settlements.removeAll(keepingCapacity: true)
  }

  func settle(_ settlement: Settlement) {
    settlements.append(settlement)
  }
}

// MARK: - Reading the inbox

extension SendingLoop {
  private func read(_ inbox: Inbox) {
    let now = time.now()
    if let settings = inbox.settings { use(settings, now) }
    if let failing = inbox.commitsFail { commitsFail = failing }
    for claim in inbox.claims {
      guard let index = laneOf[claim.destination] else { continue }
      switch claim.result {
      case .success(let claim): lanes[index].lane.take(claim)
      case .failure: lanes[index].lane.claimFailed(now)
      }
    }
    for delivery in inbox.taken {
      if let index = laneOf[delivery.destination] {
        lanes[index].lane.take(delivery)
      } else {
        putBack(delivery, "its destination is not in the rule file", now)
      }
    }
    for destination in inbox.becameDue {
      if let index = laneOf[destination] { lanes[index].lane.isDue(at: now) }
    }
    if let holds = inbox.holds {
      self.holds = holds
      for index in lanes.indices {
        let isResumed = lanes[index].lane.holdsAre(holds[lanes[index].destination.name] ?? HoldState(), now)
        if isResumed, let source = lanes[index].tokenSource { tokenSources[source].tokens.askAgain() }
      }
    }
  }

  func putBack(_ delivery: DueDelivery, _ reason: String?, _ now: Instant) {
    settle(
      Settlement(
        delivery: delivery.id, destination: delivery.destination, outcome: .interrupted, reason: reason, attempt: nil,
        settledAt: now))
  }
}

// MARK: - Serving a lane

extension SendingLoop {
  private func serve(_ index: Int, _ now: Instant) {
    let isOver = isStopping || lanes[index].isRetired
    let surplus = isOver ? lanes[index].lane.giveBack(now) : lanes[index].lane.surplus(now)
    for delivery in surplus {
      putBack(
        delivery,
        isStopping
          ? "the relay stopped before its turn"
          : isOver ? "its destination is not in the rule file" : "its destination was held before its turn", now)
    }
    guard !isOver, !commitsFail else { return }
    seeToToken(index, now)
    while let turn = lanes[index].lane.nextTurn(now) { begin(turn, index, now) }
    let name = lanes[index].destination.name
    for change in lanes[index].lane.keepLimits(now) { carryOut(change, name) }
    if let quota = lanes[index].lane.quota?.news() { queue.use(quota, of: name) }
    if let room = lanes[index].lane.roomToGrant() { queue.grant(destination: name, room: room) }
    if let rows = lanes[index].lane.rowsToClaim(now) {
      // What was put back in this turn is settled before the claim that may bring it again.
      flush()
      queue.claim(destination: name, limit: rows, byteLimit: lanes[index].lane.limits.bytes) { [claimed] result in
        claimed(name, result)
      }
    }
  }

  private func patience(_ now: Instant, stopBy: ContinuousClock.Instant?) -> Int {
    if let stopBy {
      let left = (stopBy - ContinuousClock.now).components
      return Int(max(0, min(Self.longestWait, left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000 + 1)))
    }
    guard !commitsFail else { return Int(Self.longestWait) }
    var wait = Self.longestWait
    for open in lanes where !open.isRetired {
      if let wake = wakeAt(open, now) { wait = min(wait, max(0, wake - now)) }
    }
    return Int(wait)
  }

  /// - Parameter lookup: what its lookup gave.
  func send(_ turn: Lane.Turn, _ index: Int, lookup: JSON?, _ now: Instant) {
    let request: OutgoingRequest
    let token = accessToken(index, now)
    do throws(Unrenderable) {
      request = try render(turn.delivery, lanes[index].destination, lookup, token?.value, now)
    } catch {
      judge(.unrenderable(error.reason), turn, index, startedAt: now, requestHash: nil)
      return
    }
    let hash = SHA256.hash(request.body)
    guard let transfer = lanes[index].idle.popLast() ?? makeTransfer(index) else {
      judge(.failed("memory is short"), turn, index, startedAt: now, requestHash: hash)
      return
    }
    if let words = begin(transfer, request) {
      lanes[index].idle.append(transfer)
      judge(.failed(words), turn, index, startedAt: now, requestHash: hash)
      return
    }
    fly(
      Flight(
        transfer: transfer, lane: index, edition: lanes[index].edition, turn: turn, startedAt: now, requestHash: hash,
        token: token))
  }

  /// Why libcurl does not take the request; nil where it does.
  func begin(_ transfer: Transfer, _ request: OutgoingRequest) -> String? {
    transfer.prepare(request) ?? (multi.add(transfer) == 0 ? nil : "libcurl refused the request")
  }

  func fly(_ flight: Flight) {
    flights[flight.transfer.tag] = flight
  }

  func makeTransfer(_ index: Int, asks: Bool = false) -> Transfer? {
    let settings = asks ? lanes[index].lookupSettings : lanes[index].transferSettings
    guard let transfer = Transfer(settings) else { return nil }
    if let tag = freeTags.popLast() {
      transfer.tag = tag
    } else {
      transfer.tag = flights.count
      flights.append(nil)
    }
    return transfer
  }

  struct Unrenderable: Error {
    let reason: String
  }

  private func render(
    _ delivery: DueDelivery, _ destination: Destination, _ lookup: JSON?, _ accessToken: Secret?, _ now: Instant
  ) throws(Unrenderable) -> OutgoingRequest {
    var input = try input(delivery, destination)
    input.lookup = lookup
    do throws(TemplateError) {
      return try OutgoingRequest.make(input, for: destination, stamp(delivery, accessToken, now))
    } catch {
      throw Unrenderable(reason: error.description)
    }
  }

  func renderLookup(
    _ delivery: DueDelivery, _ destination: Destination, _ accessToken: Secret?, _ now: Instant
  ) throws(Unrenderable) -> OutgoingRequest? {
    let input = try input(delivery, destination)
    do throws(TemplateError) {
      return try OutgoingRequest.lookup(input, for: destination, stamp(delivery, accessToken, now))
    } catch {
      throw Unrenderable(reason: error.description)
    }
  }

  private func input(_ delivery: DueDelivery, _ destination: Destination) throws(Unrenderable) -> RenderInput {
    RenderInput(
      record: delivery.raw, reading: destination.needsRecord ? try reading(delivery) : nil, recordID: delivery.record,
      receivedAt: delivery.receivedAt, revision: delivery.revision, deliveryID: delivery.id,
      attempt: delivery.tries + 1, rule: delivery.rule, captured: delivery.captured)
  }

  private func stamp(_ delivery: DueDelivery, _ accessToken: Secret?, _ now: Instant) -> OutgoingRequest.Stamp {
    OutgoingRequest.Stamp(
      userAgent: settings.userAgent, isReplay: delivery.replays > 0, at: now, accessToken: accessToken)
  }

  private func reading(_ delivery: DueDelivery) throws(Unrenderable) -> Record {
    let source =
      settings.sources[delivery.source] ?? SourceSettings(name: delivery.source, provider: delivery.provider)
    do throws(Unacceptable) {
      return queue.marked(try Decoder.decode(delivery.raw, settings: source))
    } catch {
      throw Unrenderable(reason: "the record can't be read any more as one of source \(source.name): \(error.reason)")
    }
  }
}

// MARK: - Ends of transfers

extension SendingLoop {
  private func ended(_ tag: Int, _ code: Int32) {
    guard tag >= 0 else { return tokenFetchEnded(Self.tokenTag(tag), code) }
    guard let flight = flights[tag] else { return }
    flights[tag] = nil
    let isCurrent = flight.edition == lanes[flight.lane].edition
    if let key = flight.question { return lookupEnded(flight, key, flight.transfer.result(code), isCurrent: isCurrent) }
    if isCurrent { lanes[flight.lane].idle.append(flight.transfer) } else { freeTags.append(tag) }
    judge(
      flight.transfer.result(code), flight.turn, flight.lane, startedAt: flight.startedAt,
      requestHash: flight.requestHash, token: flight.token, isCurrent: isCurrent)
  }

  private func interruptFlights(_ now: Instant) {
    interruptTokenFetches()
    for tag in flights.indices {
      guard let flight = flights[tag] else { continue }
      flights[tag] = nil
      multi.remove(flight.transfer)
      if let key = flight.question {
        dropLookup(flight, key, now)
        continue
      }
      judge(.interrupted, flight.turn, flight.lane, startedAt: flight.startedAt, requestHash: flight.requestHash)
    }
  }
}
