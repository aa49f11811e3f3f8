import DurableQueue
import HTTPTypes
import RelayCore
import Rules

/// A call that is on disk, on its way to being sent.
struct CallTurn: Sendable {
  let call: AcceptedCall
  let asked: AskedCall
  let product: CallAPI
  let api: ProviderAPI
  /// That of the `relay` section.
  let proxy: ProxySettings?
  let source: String
  let client: String
  let receivedAt: Instant
  let answer: @Sendable (HTTPResponse) -> Void

  var mark: CallMark { CallMark(id: call.id, client: client) }
}
