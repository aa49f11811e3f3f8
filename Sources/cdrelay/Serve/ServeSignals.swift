import Glibc

/// SIGTERM, SIGINT and SIGHUP, waited for by the main thread. Blocked in every thread: it must be made before any is started.
struct ServeSignals {
  enum Signal: Equatable {
    /// By its name.
    case stop(String)
    case reload
  }

  private var set = sigset_t()

  init() {
    sigemptyset(&set)
    for signal in [SIGTERM, SIGINT, SIGHUP] { sigaddset(&set, signal) }
    pthread_sigmask(SIG_BLOCK, &set, nil)
  }

  /// The next that comes; nil where none did within so many milliseconds. Without a limit it waits for ever.
  func next(within milliseconds: Int? = nil) -> Signal? {
    var set = set
    while true {
      let received: Int32
      if let milliseconds {
        var time = timespec(tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
        received = sigtimedwait(&set, nil, &time)
        if received < 0, errno == EAGAIN { return nil }
      } else {
        received = sigwaitinfo(&set, nil)
      }
      switch received {
      case SIGHUP: return .reload
      case SIGINT: return .stop("SIGINT")
      case SIGTERM: return .stop("SIGTERM")
      default: continue
      }
    }
  }
}
