import HTTPTypes

/// One request after the other on one kept connection, each carried out on the caller's thread until its answer is there.
package final class RequestClient {
  /// What came of a request.
  package struct Outcome: Sendable {
    package let result: SendResult
    /// The request, or a part of it, may have reached the other side: false means that nobody can have acted on it.
    package let wasSent: Bool
  }

  private let multi: CurlMulti
  private let transfer: Transfer

  /// nil where memory is short.
  package init?(_ settings: Transfer.Settings) {
    guard let multi = CurlMulti(keptConnections: 1), let transfer = Transfer(settings) else { return nil }
    self.multi = multi
    self.transfer = transfer
  }

  /// - Parameter isWanted: asked every tenth of a second; false ends the request as interrupted.
  package func send(_ request: OutgoingRequest, while isWanted: () -> Bool = { true }) -> Outcome {
    if let words = transfer.prepare(request) { return Outcome(result: .failed(words), wasSent: false) }
    guard multi.add(transfer) == 0 else {
      return Outcome(result: .failed("libcurl refused the request"), wasSent: false)
    }
    let code = multi.carryOut(transfer, while: isWanted)
    let wasSent = transfer.wasSent
    return Outcome(result: code.map(transfer.result) ?? .interrupted, wasSent: wasSent)
  }
}
