import Glibc

/// A thread that sleeps until something is left for it.
package protocol Sleeper: AnyObject {
  func wake()
}

/// Wake-ups of other threads, put off to the end of a piece of work that leaves several things for them. Woken by the first
/// one, a thread would run beside that work, find one thing at a time and fall asleep in between: a commit of 32 records was
/// a dozen context switches.
package enum WakeUps {
  private final class PutOff {
    var sleepers: [any Sleeper] = []
  }

  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    let code = pthread_key_create(&key, nil)
    precondition(code == 0, "no thread-specific key is left: \(code)")
    return key
  }()

  /// Whom `body` wakes on this thread is woken when it has ended. It must not wait for any of them.
  package static func together(_ body: () -> Void) {
    guard pthread_getspecific(key) == nil else { return body() }
    let putOff = PutOff()
    pthread_setspecific(key, Unmanaged.passUnretained(putOff).toOpaque())
    body()
    pthread_setspecific(key, nil)
    for sleeper in putOff.sleepers { sleeper.wake() }
  }

  /// At the end of the `together` that runs on this thread; at once where none does.
  package static func wake(_ sleeper: some Sleeper) {
    guard let pointer = pthread_getspecific(key) else { return sleeper.wake() }
    Unmanaged<PutOff>.fromOpaque(pointer).takeUnretainedValue().sleepers.append(sleeper)
  }
}
