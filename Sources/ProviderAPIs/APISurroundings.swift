import Outgoing
import RelayCore
import Rules

/// What a client needs of the world; tests give their own clock and wait for nothing.
package struct APISurroundings {
  /// Sends one request and waits for its end.
  package var send: (OutgoingRequest) -> SendResult
  /// Waits so many milliseconds; false where nobody wants the answer any more.
  package var wait: (Int64) -> Bool
  /// Milliseconds of a clock that only goes forward.
  package var clock: () -> Int64
  /// Keeps an answer that could not be read where a person can look at it, and says where; nil where it is not kept.
  package var keep: (_ endpoint: String, _ body: [UInt8]) -> String?
  package var userAgent: String

  /// Sends on a connection of its own, on the caller's thread.
  /// - Parameter isWanted: asked every tenth of a second while something is under way.
  package static func sender(
    _ api: ProviderAPI, proxy: ProxySettings?, while isWanted: @escaping () -> Bool
  ) -> ((OutgoingRequest) -> SendResult)? {
    let client = RequestClient(
      Transfer.Settings(
        connectTimeout: min(api.timeout, 10_000), timeout: api.timeout, allowsPrivate: api.allowsPrivate, proxy: proxy,
        keptBody: Transfer.longestBody, keepsHeaders: true))
    return client.map { client in { client.send($0, while: isWanted).result } }
  }

  package init(
    send: @escaping (OutgoingRequest) -> SendResult, wait: @escaping (Int64) -> Bool,
    clock: @escaping () -> Int64, keep: @escaping (_ endpoint: String, _ body: [UInt8]) -> String? = { _, _ in nil },
    userAgent: String
  ) {
    self.send = send
    self.wait = wait
    self.clock = clock
    self.keep = keep
    self.userAgent = userAgent
  }
}
