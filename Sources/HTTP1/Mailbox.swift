import CEpoll
import Glibc
import HTTPTypes
import Synchronization

/// What other threads have for an event loop: answers, and commands. Posting wakes the loop only where it sleeps, so
/// that the answers of one commit cost one system call.
final class Mailbox: Sendable {
  struct Answer: Sendable {
    let connection: ConnectionTable.Identity
    let ticket: UInt32
    let response: HTTPResponse
  }

  enum Command: Sendable {
    case listen(Listener)
    /// The answer in pieces of this connection has more of them.
    case more(ConnectionTable.Identity)
    case drain
    case stop
  }

  struct Contents: Sendable {
    var answers: [Answer] = []
    var commands: [Command] = []
    var isEmpty: Bool { answers.isEmpty && commands.isEmpty }
  }

  private struct Box: Sendable {
    var contents = Contents()
    var loopIsAsleep = false
    var isClosed = false
  }

  private let box = Mutex(Box())
  /// Watched edge-triggered: each write wakes, and nothing needs to be read from it (epoll(7)).
  let wakeup: Int32

  init() throws(ListenError) {
    wakeup = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
    if wakeup < 0 { throw ListenError("the event loop can't be set up", errno) }
  }

  deinit {
    close(wakeup)
  }

  /// Dropped once the loop has ended.
  func post(_ answer: Answer) {
    let isTaken = post { $0.answers.append(answer) }
    if !isTaken { answer.response.stream?.abandon() }
  }

  func post(_ command: Command) {
    _ = post { $0.commands.append(command) }
  }

  /// False where the loop has ended.
  private func post(_ append: (inout Contents) -> Void) -> Bool {
    let (isTaken, mustWake) = box.withLock { box in
      if box.isClosed { return (false, false) }
      append(&box.contents)
      defer { box.loopIsAsleep = false }
      return (true, box.loopIsAsleep)
    }
    if mustWake { eventfd_write(wakeup, 1) }
    return isTaken
  }

  /// Exchanges an emptied batch for what has come. False where nothing had: from then on posting wakes the loop.
  func takeOrFallAsleep(_ batch: inout Contents) -> Bool {
    box.withLock { box in
      if box.contents.isEmpty {
        box.loopIsAsleep = true
        return false
      }
      swap(&box.contents, &batch)
      return true
    }
  }

  /// The loop woke for another reason: posting need not wake it.
  func wakeUp() {
    box.withLock { $0.loopIsAsleep = false }
  }

  /// Nothing is taken from now on. Gives what nobody has looked at.
  func shut() -> Contents {
    box.withLock { box in
      defer { box.contents = Contents() }
      box.isClosed = true
      return box.contents
    }
  }
}
