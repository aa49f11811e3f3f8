import Glibc

/// SIGTERM and SIGINT, waited for by the main thread. Blocked in every thread: it must be made before any is started.
struct StopSignals {
  private var set = sigset_t()

  init() {
    sigemptyset(&set)
    sigaddset(&set, SIGTERM)
    sigaddset(&set, SIGINT)
    pthread_sigmask(SIG_BLOCK, &set, nil)
  }

  /// Returns the name of the first that comes.
  func wait() -> String {
    var set = set
    var received: Int32 = 0
    while sigwait(&set, &received) != 0 {}
    return received == SIGINT ? "SIGINT" : "SIGTERM"
  }
}
