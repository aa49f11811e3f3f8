import CCurl
import HTTPTypes

/// Bodies that are handed over piece by piece.
extension Transfer {
  /// - Parameter context: what `taker` is given; it must live as long as the transfer.
  ///   nil where libcurl takes it, else why it does not.
  func takePieces(
    silentSeconds: Int, _ context: UnsafeMutableRawPointer, _ taker: @escaping cdrelay_piece_taker
  ) -> String? {
    let code = cdrelay_exchange_stream(exchange, taker, context, silentSeconds)
    return code == 0 ? nil : String(cString: curl_easy_strerror(code)).lowercased()
  }

  func goOn() {
    _ = cdrelay_exchange_go_on(exchange)
  }

  var status: Int { Int(cdrelay_exchange_status(exchange)) }

  /// - Parameter code: libcurl's result.
  func end(_ code: Int32, silentSeconds: Int) -> FetchEnd {
    if code == Int32(cdrelay_code_operation_timedout) {
      return .failed(wasSent ? "it sent nothing for \(silentSeconds) s" : "no connection in time")
    }
    return switch result(code) {
    case .answered: .complete
    case .failed(let words), .unrenderable(let words): .failed(words)
    case .refused(let address): .refused(address: address)
    case .proxyRefused(let status): .failed("the proxy answered \(status)")
    case .interrupted: .interrupted
    }
  }
}
