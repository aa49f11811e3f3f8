import CCurl

/// libcurl's multi interface: any number of transfers on one thread, kept connections shared by them.
/// https://curl.se/libcurl/c/libcurl-multi.html
///
/// `@unchecked Sendable`: the pointer never changes, and of its functions only `wakeUp` is called from other threads, which
/// `curl_multi_wakeup` allows; all others belong to the sending loop's thread.
package final class CurlMulti: @unchecked Sendable {
  private let multi: UnsafeMutableRawPointer

  /// Once per process, before the first handle (https://curl.se/libcurl/c/curl_global_init.html).
  private static let isReady = curl_global_init(Int(cdrelay_global_all)) == 0

  /// nil where memory is short.
  /// - Parameter keptConnections: idle ones beyond it are closed, the longest unused first.
  package init?(keptConnections: Int) {
    guard Self.isReady, let multi = curl_multi_init() else { return nil }
    self.multi = multi
    keep(connections: keptConnections)
  }

  package func keep(connections: Int) {
    _ = cdrelay_multi_set_number(multi, Int32(cdrelay_multi_opt_maxconnects), connections)
  }

  deinit {
    curl_multi_cleanup(multi)
  }

  /// A libcurl multi code; 0 where the transfer has begun.
  package func add(_ transfer: Transfer) -> Int32 {
    curl_multi_add_handle(multi, transfer.exchange.pointee.easy)
  }

  package func remove(_ transfer: Transfer) {
    curl_multi_remove_handle(multi, transfer.exchange.pointee.easy)
  }

  /// Reads and writes what can be without waiting, and passes on the tag and the libcurl code of each transfer that ended.
  package func perform(_ ended: (_ tag: Int, _ code: Int32) -> Void) {
    var running: Int32 = 0
    curl_multi_perform(multi, &running)
    var left: Int32 = 0
    while let message = curl_multi_info_read(multi, &left) {
      guard message.pointee.kind == Int32(cdrelay_message_done), let easy = message.pointee.easy else {
        continue
      }
      let code = message.pointee.data.result
      let exchange = cdrelay_exchange_of(easy)
      curl_multi_remove_handle(multi, easy)
      if let exchange { ended(exchange.pointee.tag, code) }
    }
  }

  /// Waits for a socket, for one of libcurl's own timeouts, for `wakeUp`, or for this long.
  package func wait(milliseconds: Int) {
    curl_multi_poll(multi, nil, 0, Int32(clamping: milliseconds), nil)
  }

  /// Drives one transfer that was added to its end, on this thread. Its libcurl code; nil where it is no longer wanted, which
  /// is asked every tenth of a second.
  package func carryOut(_ transfer: Transfer, while isWanted: () -> Bool = { true }) -> Int32? {
    var ended: Int32?
    while isWanted() {
      perform { _, code in ended = code }
      if let ended { return ended }
      wait(milliseconds: 100)
    }
    remove(transfer)
    return nil
  }

  package func wakeUp() {
    curl_multi_wakeup(multi)
  }
}
