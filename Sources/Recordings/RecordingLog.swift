import RelayCore
import Synchronization
import Telemetry

/// What an admin has to mend, at most once in ten seconds for a source and kind: players ask again and again.
final class RecordingLog: Sendable {
  private struct Kind: Hashable {
    let event: String
    let source: String
  }

  private struct Told: Sendable {
    var next: Instant
    var suppressed = 0
  }

  private static let between: Int64 = 10_000
  private let log: Log
  private let time: any TimeSource
  private let told = Mutex<[Kind: Told]>([:])

  init(_ log: Log, time: any TimeSource) {
    self.log = log
    self.time = time
  }

  /// - Parameter reason: without secret and without the recording's name.
  func warn(_ event: StaticString, source: String, _ reason: String) {
    let now = time.now()
    let kind = Kind(event: "\(event)", source: source)
    let suppressed = told.withLock { told -> Int? in
      if let before = told[kind], now < before.next, before.next - now <= Self.between {
        told[kind]?.suppressed += 1
        return nil
      }
      let suppressed = told[kind]?.suppressed ?? 0
      told[kind] = Told(next: now + Self.between)
      return suppressed
    }
    guard let suppressed else { return }
    log.warning(
      event, [LogField("source", source), LogField("reason", reason), LogField("more_not_logged", suppressed)])
  }
}
