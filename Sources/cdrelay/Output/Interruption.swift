import Glibc
import Synchronization

/// SIGINT and SIGTERM while a command changes many things: it stops behind the next commit and says how far it came. A
/// second signal ends the process at once; what was not committed is as if it had never begun.
enum Interruption {
  private static let isRequested = Atomic<Bool>(false)
  private static let isWatched: Bool = {
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { _ in isRequested.store(true, ordering: .relaxed) }
    action.sa_flags = SA_RESTART | Int32(truncatingIfNeeded: SA_RESETHAND)
    // A parent may have left them blocked, as threads of Dispatch do.
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    sigaddset(&signals, SIGTERM)
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    return sigaction(SIGINT, &action, nil) == 0 && sigaction(SIGTERM, &action, nil) == 0
  }()

  /// True where the process was asked to stop since this was first called.
  static func wasRequested() -> Bool {
    isWatched && isRequested.load(ordering: .relaxed)
  }
}
