import Foundation
import Synchronization

/// What a process prints, read on a thread of its own.
final class ProcessOutput: Sendable {
  enum Ending: Error {
    /// The process closed its end.
    case closed
    /// Nothing new came for a minute.
    case silent
  }

  /// Give it to the process before `startReading`.
  let pipe = Pipe()
  private let content = Mutex<(text: String, isClosed: Bool)>(("", false))
  private let changed = DispatchSemaphore(value: 0)

  /// All so far.
  var text: String { content.withLock { $0.text } }

  /// Once the process runs: before, nobody holds the other end.
  func startReading() {
    let handle = pipe.fileHandleForReading
    Thread { [self] in
      while true {
        let data = handle.availableData
        content.withLock { content in
          content.text += String(decoding: data, as: UTF8.self)
          content.isClosed = data.isEmpty
        }
        changed.signal()
        if data.isEmpty { return }
      }
    }.start()
  }

  /// Waits until the process and all that hold its end have closed it, so that `text` is whole; not for longer than 10 s.
  func readToEnd() {
    let end = DispatchTime.now() + 10
    while !content.withLock({ $0.isClosed }), changed.wait(timeout: end) == .success {}
  }

  /// Returns what `find` makes of the text, as soon as that is something.
  func wait<Found>(for find: (String) -> Found?) throws(Ending) -> Found {
    while true {
      let (text, isClosed) = content.withLock { $0 }
      if let found = find(text) { return found }
      if isClosed { throw .closed }
      if changed.wait(timeout: .now() + 60) == .timedOut { throw .silent }
    }
  }
}
