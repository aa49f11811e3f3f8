import HTTPTypes
import Synchronization

/// A request whose answer may be of any length: its body is handed over piece by piece, and waits at the other end while it is
/// not taken.
package final class Fetch: Sendable {
  package let request: OutgoingRequest
  package let settings: Transfer.Settings
  /// Milliseconds from its beginning to the answer's head.
  package let headWithin: Int64
  /// Seconds without a byte, while pieces are taken, after which it has failed.
  package let silentSeconds: Int
  let sink: any FetchSink
  private let notify = Mutex<(@Sendable () -> Void)?>(nil)

  package init(
    _ request: OutgoingRequest, _ settings: Transfer.Settings, headWithin: Int64, silentSeconds: Int = 30,
    sink: any FetchSink
  ) {
    self.request = request
    self.settings = settings
    self.headWithin = headWithin
    self.silentSeconds = silentSeconds
    self.sink = sink
  }

  /// A piece that was to be taken later may be offered again, or nobody wants the rest: on any thread, at any time.
  package func changed() {
    notify.withLock { $0 }?()
  }

  func notifies(_ notify: @escaping @Sendable () -> Void) {
    self.notify.withLock { $0 = notify }
  }
}

/// Who gets what is fetched. Called on the fetcher's thread, and must not block.
package protocol FetchSink: AnyObject, Sendable {
  /// False: the rest is not wanted. Asked before anything is sent, and after each `changed`.
  var isWanted: Bool { get }
  /// The answer's status and fields, before its first piece.
  func answered(status: Int, _ headers: HTTPHeaders)
  func take(_ piece: UnsafeRawBufferPointer) -> BodyStream.Offer
  /// Once, at the end; not before `answered` where the whole answer came.
  func ended(_ end: FetchEnd)
}

package enum FetchEnd: Sendable, Equatable {
  case complete
  /// In words without address or secret.
  case failed(String)
  /// The egress guard did not let the connection be used.
  case refused(address: String)
  /// Its sink did not want the rest.
  case unwanted
  /// The fetcher was stopped.
  case interrupted
}
