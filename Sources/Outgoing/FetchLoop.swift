import CCurl
import Glibc
import HTTPTypes
import Synchronization

/// One thread's fetches.
///
/// `@unchecked Sendable`: other threads only call `post`; all else belongs to the thread that runs it.
final class FetchLoop: @unchecked Sendable {
  enum Order: Sendable {
    case begin(Fetch)
    /// Of the fetch with this number.
    case changed(Int)
    case stop
  }

  /// A fetch under way.
  private final class Running {
    let fetch: Fetch
    let transfer: Transfer
    let deadline: Int64
    var hasAnswered = false
    var isPaused = false
    var isUnwanted = false

    init(_ fetch: Fetch, _ transfer: Transfer, now: Int64) {
      self.fetch = fetch
      self.transfer = transfer
      deadline = now + fetch.headWithin
    }

    /// Tells the sink of the head once.
    func answer() {
      if hasAnswered { return }
      hasAnswered = true
      fetch.sink.answered(status: transfer.status, transfer.headers)
    }

    func take(_ piece: UnsafeRawBufferPointer) -> Int32 {
      answer()
      switch fetch.sink.take(piece) {
      case .taken: return Int32(cdrelay_piece_taken)
      case .full:
        isPaused = true
        return Int32(cdrelay_piece_later)
      case .unwanted:
        isUnwanted = true
        return Int32(cdrelay_piece_unwanted)
      }
    }
  }

  /// Milliseconds between two looks at heads that are late.
  private static let tick = 250

  private let multi: CurlMulti
  private let orders = Mutex<[Order]>([])
  private var running: [Int: Running] = [:]
  private var lastNumber = 0

  /// nil where memory is short.
  init?() {
    guard let multi = CurlMulti(keptConnections: 4) else { return nil }
    self.multi = multi
  }

  func post(_ order: Order) {
    orders.withLock { $0.append(order) }
    multi.wakeUp()
  }

  func run() {
    while obey() {
      multi.perform { number, code in end(number, code) }
      endLateOnes()
      multi.wait(milliseconds: running.isEmpty ? 60_000 : Self.tick)
    }
    for number in running.keys { drop(number, .interrupted) }
    for case .begin(let fetch) in orders.withLock({ $0 }) { fetch.sink.ended(.interrupted) }
  }

  /// False once it is to stop.
  private func obey() -> Bool {
    let taken = orders.withLock { orders in
      defer { orders = [] }
      return orders
    }
    for (index, order) in taken.enumerated() {
      switch order {
      case .begin(let fetch): begin(fetch)
      case .changed(let number): look(number)
      case .stop:
        orders.withLock { $0.insert(contentsOf: taken[(index + 1)...], at: 0) }
        return false
      }
    }
    return true
  }

  private func begin(_ fetch: Fetch) {
    guard fetch.sink.isWanted else { return fetch.sink.ended(.unwanted) }
    guard let transfer = Transfer(fetch.settings) else { return fetch.sink.ended(.failed("memory is short")) }
    let run = Running(fetch, transfer, now: Self.now)
    let context = Unmanaged.passUnretained(run).toOpaque()
    let problem =
      transfer.prepare(fetch.request)
      ?? transfer.takePieces(silentSeconds: fetch.silentSeconds, context) { context, bytes, count in
        guard let context else { return Int32(cdrelay_piece_unwanted) }
        // It lives in `running` while its transfer does.
        return Unmanaged<Running>.fromOpaque(context).takeUnretainedValue().take(
          UnsafeRawBufferPointer(start: bytes, count: count))
      }
    if let problem { return fetch.sink.ended(.failed(problem)) }
    lastNumber += 1
    let number = lastNumber
    transfer.tag = number
    guard multi.add(transfer) == 0 else { return fetch.sink.ended(.failed("libcurl refused the request")) }
    running[number] = run
    fetch.notifies { [weak self] in self?.post(.changed(number)) }
    // What changed before it could tell.
    if !fetch.sink.isWanted { drop(number, .unwanted) }
  }

  private func look(_ number: Int) {
    guard let run = running[number] else { return }
    guard run.fetch.sink.isWanted else { return drop(number, .unwanted) }
    guard run.isPaused else { return }
    run.isPaused = false
    run.transfer.goOn()
  }

  private func end(_ number: Int, _ code: Int32) {
    guard let run = running.removeValue(forKey: number) else { return }
    if run.isUnwanted { return run.fetch.sink.ended(.unwanted) }
    let headers = (run.transfer.status, run.transfer.headers)
    let end = run.transfer.end(code, silentSeconds: run.fetch.silentSeconds)
    if end == .complete, !run.hasAnswered { run.fetch.sink.answered(status: headers.0, headers.1) }
    run.fetch.sink.ended(end)
  }

  private func drop(_ number: Int, _ end: FetchEnd) {
    guard let run = running.removeValue(forKey: number) else { return }
    multi.remove(run.transfer)
    run.fetch.sink.ended(end)
  }

  private func endLateOnes() {
    let now = Self.now
    for (number, run) in running where !run.hasAnswered && now >= run.deadline {
      drop(number, .failed("no answer within \(run.fetch.headWithin / 1000) s"))
    }
  }

  private static var now: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }
}
