import DurableQueue
import HTTPTypes
import RelayCore

/// What a sender is told. A success is made of a receipt, and a receipt only behind a COMMIT.
enum HookAnswer {
  case stored(CommitReceipt)
  case refused(Problem)

  init(_ result: Result<CommitReceipt, CommitFailure>) {
    switch result {
    case .success(let receipt): self = .stored(receipt)
    case .failure(let failure): self = .refused(Problem(failure))
    }
  }

  var response: HTTPResponse {
    switch self {
    case .stored(let receipt): return Self.stored(receipt)
    case .refused(let problem): return problem.response
    }
  }

  /// Put together from what never changes: one is made for every record.
  private static func stored(_ receipt: CommitReceipt) -> HTTPResponse {
    var body: [UInt8] = []
    body.reserveCapacity(64)
    switch receipt.outcome {
    case .accepted: body.append(contentsOf: #"{"status":"accepted","id":""#.utf8)
    case .duplicate: body.append(contentsOf: #"{"status":"duplicate","id":""#.utf8)
    }
    body.append(contentsOf: receipt.record.number.decimalText.utf8)
    body.append(contentsOf: #""}"#.utf8)
    return HTTPResponse(status: 200, headers: headers, body: body)
  }

  private static let headers = HTTPHeaders([("content-type", "application/json")])
}

extension Problem {
  /// 503 with the seconds after which trying again makes sense: the sender must keep what we could not.
  init(_ failure: CommitFailure) {
    switch failure {
    case .diskFull: self.init(unavailable: "the relay's disk is full; nothing was stored", retryAfterSeconds: 30)
    case .failed: self.init(unavailable: "the relay could not store the record", retryAfterSeconds: 10)
    case .busy: self.init(Pressure(.requests, found: 0, allowed: 0))
    case .pressure(let pressure): self.init(pressure)
    case .locked:
      self.init(unavailable: "another process keeps the relay's database locked", retryAfterSeconds: 5)
    case .closed: self.init(unavailable: "the relay is shutting down", retryAfterSeconds: 5)
    case .quarantineFull:
      self.init(unavailable: "this source's quarantine is full; its admin must look at it", retryAfterSeconds: 3600)
    }
  }

  /// Which limit is passed, its setting, and what to do.
  package init(_ pressure: Pressure) {
    self.init(
      unavailable: "nothing was stored, send it again later: \(pressure.reason). "
        + "For the relay's admin: \(pressure.mending)",
      retryAfterSeconds: pressure.retryAfterSeconds)
  }

  private init(unavailable detail: String, retryAfterSeconds seconds: Int) {
    self.init(503, detail, headers: [.init("retry-after", String(seconds))])
  }
}
