import RelayCore

/// What a provider posts on a day, in the order in which it does: the webhooks of many calls run into each other, and
/// PIOPIY's re-sends come half an hour behind. Holds the webhooks of calls that began, not those of the day.
package struct SimulatedTraffic: Sequence, IteratorProtocol {
  private let day: SimulatedDay
  private let provider: SimulatedProvider
  private let account: SimulatedAccount
  private var nextCall = 0
  /// By moment, then by call, then as made: a heap whose first is the next.
  private var waiting: [Entry] = []

  private struct Entry {
    let webhook: SimulatedWebhook
    let serial: Int

    func isBefore(_ other: Entry) -> Bool {
      (webhook.at, webhook.call, serial) < (other.webhook.at, other.webhook.call, other.serial)
    }
  }

  package init(_ day: SimulatedDay, _ provider: SimulatedProvider, account: SimulatedAccount) {
    self.day = day
    self.provider = provider
    self.account = account
  }

  package mutating func next() -> SimulatedWebhook? {
    // Nothing of a call is posted before it begins.
    while nextCall < day.count {
      let call = day[nextCall]
      if let first = waiting.first, first.webhook.at < call.startedAt { break }
      for (serial, webhook) in call.webhooks(provider, account).enumerated() {
        push(Entry(webhook: webhook, serial: serial))
      }
      nextCall += 1
    }
    return pop()?.webhook
  }

  private mutating func push(_ entry: Entry) {
    waiting.append(entry)
    var place = waiting.count - 1
    while place > 0, waiting[place].isBefore(waiting[(place - 1) / 2]) {
      waiting.swapAt(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
  }

  private mutating func pop() -> Entry? {
    guard let first = waiting.first else { return nil }
    let last = waiting.removeLast()
    guard !waiting.isEmpty else { return first }
    waiting[0] = last
    var place = 0
    while true {
      var least = place
      for child in [2 * place + 1, 2 * place + 2]
      where child < waiting.count && waiting[child].isBefore(waiting[least]) {
        least = child
      }
      guard least != place else { return first }
      waiting.swapAt(place, least)
      place = least
    }
  }
}
