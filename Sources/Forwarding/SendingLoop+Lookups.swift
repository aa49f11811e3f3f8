import Digests
import DurableQueue
import Outgoing
import RelayCore
import Rules

// A destination's lookup is a transfer as any other, made before the delivery's own; the delivery keeps its place in the lane
// meanwhile. Equal ones share one request. Neither the request nor its answer is logged: both hold phone numbers.

extension SendingLoop {
  /// A delivery's turn has come: it is sent, or what is to be looked up first is known, is being asked, or is asked for now.
  /// A request that does not use `{{lookup}}` goes without.
  func begin(_ turn: Lane.Turn, _ index: Int, _ now: Instant) {
    guard lanes[index].destination.asks(beforeUpdate: turn.delivery.captured != nil) else {
      return send(turn, index, lookup: nil, now)
    }
    let token = accessToken(index, now)
    let question: OutgoingRequest?
    do throws(Unrenderable) {
      question = try renderLookup(turn.delivery, lanes[index].destination, token?.value, now)
    } catch {
      judge(.unrenderable(error.reason), turn, index, startedAt: now, requestHash: nil)
      return
    }
    guard let request = question else {
      return goOn(turn, index, nil, orWhy: LookupAnswer.notAskedInWords, sign: .none, startedAt: now, now)
    }
    let key = request.lookupKey(hasToken: token != nil)
    // Who sends again what failed wants it asked again.
    let since = turn.delivery.replays > 0 ? turn.delivery.clockStartedAt : nil
    if let known = lanes[index].lookups.entry(key, since: since, now) {
      metrics.count(.lookedUp(.cached), lanes[index].destination.name)
      goOn(turn, index, known.value, sign: .none, startedAt: now, now)
    } else if lanes[index].asking[key] != nil {
      lanes[index].asking[key]?.append(turn)
    } else {
      ask(request, key, turn, index, token, now)
    }
  }

  private func ask(
    _ request: OutgoingRequest, _ key: LookupCache.Key, _ turn: Lane.Turn, _ index: Int, _ token: AccessTokens.Token?,
    _ now: Instant
  ) {
    guard let transfer = lanes[index].idleLookups.popLast() ?? makeTransfer(index, asks: true) else {
      judge(.failed("memory is short"), turn, index, startedAt: now, requestHash: nil, asks: true)
      return
    }
    if let words = begin(transfer, request) {
      lanes[index].idleLookups.append(transfer)
      judge(.failed(words), turn, index, startedAt: now, requestHash: nil, asks: true)
      return
    }
    lanes[index].asking[key] = []
    fly(
      Flight(
        transfer: transfer, lane: index, edition: lanes[index].edition, turn: turn, startedAt: now, requestHash: nil,
        token: token, question: key))
  }

  /// The answer serves all that asked the same.
  /// - Parameter isCurrent: false where the rule file changed the destination since: then nobody knows what it would say today.
  func lookupEnded(_ flight: Flight, _ key: LookupCache.Key, _ result: SendResult, isCurrent: Bool) {
    let (index, now) = (flight.lane, time.now())
    if isCurrent { lanes[index].idleLookups.append(flight.transfer) } else { freeTags.append(flight.transfer.tag) }
    var turns = [flight.turn] + (lanes[index].asking.removeValue(forKey: key) ?? [])
    guard isCurrent, let lookup = lanes[index].destination.lookup else {
      for turn in turns {
        putBack(turn, index, "its destination was changed in the rule file meanwhile; it goes again", now)
      }
      return
    }
    var failure = result
    if case .answered(let answer) = result, verdict(on: result, turns[0], index, now).outcome == .delivered {
      switch LookupAnswer(answer, lookup) {
      case .unreadable(let words): failure = .failed(words)
      case let known:
        var value: JSON?
        if case .found(let found) = known { value = found }
        lanes[index].lookups.keep(
          value, for: lookup.cacheMilliseconds(of: value), under: key, asked: flight.startedAt, now)
        metrics.count(.lookedUp(value == nil ? .none : .found), lanes[index].destination.name)
        if let token = flight.token { accepts(token, index) }
        // The lookup had the turn of its delivery, which takes another one.
        turns[0] = lanes[index].lane.goesAgain(turns[0], now)
        for turn in turns { goOn(turn, index, value, sign: .takes, startedAt: flight.startedAt, now) }
        return
      }
    }
    metrics.count(.lookedUp(.failed), lanes[index].destination.name)
    for turn in turns {
      judge(
        failure, turn, index, startedAt: flight.startedAt, requestHash: nil, token: flight.token, asks: true)
    }
  }

  /// What the lookup gave is known.
  /// - Parameter none: why there is no value, where a person decides about that.
  private func goOn(
    _ turn: Lane.Turn, _ index: Int, _ value: JSON?, orWhy none: String = LookupAnswer.noneInWords, sign: Verdict.Sign,
    startedAt: Instant, _ now: Instant
  ) {
    if isStopping {
      putBack(turn, index, "the relay stopped before its turn", now)
    } else if value == nil, lanes[index].destination.lookup?.ifNone == .deadLetter {
      let verdict = Verdict(.dead, none, sign)
      carryOut(verdict, turn, index, Ending(startedAt: startedAt, requestHash: nil, result: nil, response: nil), now)
    } else if lanes[index].tokenSource != nil, accessToken(index, now) == nil {
      putBack(turn, index, "its access token ended before its turn", now)
    } else {
      send(turn, index, lookup: value, now)
    }
  }

  /// Those that wait for the answer of a lookup that is no longer waited for.
  func dropLookup(_ flight: Flight, _ key: LookupCache.Key, _ now: Instant) {
    for turn in [flight.turn] + (lanes[flight.lane].asking.removeValue(forKey: key) ?? []) {
      putBack(turn, flight.lane, "the relay stopped before its turn", now)
    }
  }

  /// A delivery whose turn had come, and of which nothing was sent.
  private func putBack(_ turn: Lane.Turn, _ index: Int, _ reason: String, _ now: Instant) {
    lanes[index].lane.arrived(turn, by: now)
    lanes[index].lane.finish()
    lanes[index].lane.isDue(at: now)
    putBack(turn.delivery, reason, now)
  }
}

extension OutgoingRequest {
  /// What makes two lookups the same; an access token does not.
  fileprivate func lookupKey(hasToken: Bool) -> LookupCache.Key {
    var bytes = Array("\(method) \(url)\n".utf8)
    for field in headers.fields where !(hasToken && field.name == "authorization") {
      bytes.append(contentsOf: "\(field.name): \(field.value)\n".utf8)
    }
    return SHA256.hash(bytes + [10] + body)
  }
}
