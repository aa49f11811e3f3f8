import Glibc
import Synchronization

/// Where all threads leave jobs and the writer takes them, all that came at once. Bounded for what others can cause;
/// what the relay itself must not lose (settlements, holds) is bounded by the deliveries in its hands.
///
/// `@unchecked Sendable`: every stored variable is read and written between `pthread_mutex_lock` and `unlock`.
final class Mailbox: @unchecked Sendable {
  /// What the writer takes at once.
  struct Mail {
    var jobs: [Job] = []
    var grants: [String: Int] = [:]
    var refused: [String: Int] = [:]
    var taker: (any DeliveryTaker)?
    var isClosing = false
  }

  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let filled = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let jobLimit: Int
  private let byteLimit: Int
  private var mail = Mail()
  private var limitedJobs = 0
  private var waitingBytes = 0
  /// The writer sleeps until so many jobs are there; nil while it is awake.
  private var sleepsUntilJobs: Int?
  private let refuses = Atomic<Bool>(false)

  init(jobLimit: Int, byteLimit: Int) {
    self.jobLimit = jobLimit
    self.byteLimit = byteLimit
    mail.jobs.reserveCapacity(1024)
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(filled, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(filled)
    pthread_mutex_destroy(mutex)
    filled.deallocate()
    mutex.deallocate()
  }

  /// A job that somebody outside can cause: refused beyond the limits. `bytes` of its body.
  func post(_ job: Job, bytes: Int) -> CommitFailure? {
    let (refusal, wakes) = locked { () -> (CommitFailure?, Bool) in
      if mail.isClosing { return (.closed, false) }
      if limitedJobs >= jobLimit || (waitingBytes + bytes > byteLimit && limitedJobs > 0) {
        refuses.store(true, ordering: .relaxed)
        return (.busy, false)
      }
      limitedJobs += 1
      waitingBytes += bytes
      mail.jobs.append(job)
      return (nil, wakeUp())
    }
    if wakes { pthread_cond_signal(filled) }
    return refusal
  }

  /// A job that must be done. False where the queue is closed.
  @discardableResult
  func post(_ job: Job) -> Bool {
    change { mail in
      guard !mail.isClosing else { return false }
      mail.jobs.append(job)
      return true
    }
  }

  func set(taker: any DeliveryTaker) {
    change { $0.taker = taker }
  }

  func close() {
    change { $0.isClosing = true }
    pthread_cond_signal(filled)
  }

  /// Taken with the next jobs; wakes nobody.
  func grant(destination: String, room: Int) {
    locked { mail.grants[destination, default: 0] += room }
  }

  /// Taken with the next jobs; wakes nobody.
  func countRefused(source: String) {
    locked { mail.refused[source, default: 0] += 1 }
  }

  /// Everything that came since the last time. Waits for a job until `deadline`, then for `enough` of them until
  /// `gathering` (nanoseconds of CLOCK_MONOTONIC). `spare` is used for the next ones, so that its memory is kept.
  func take(until deadline: UInt64, gathering: UInt64, enough: Int, spare: [Job]) -> Mail {
    locked {
      sleep(untilJobs: 1, deadline)
      sleep(untilJobs: enough, gathering)
      limitedJobs = 0
      waitingBytes = 0
      refuses.store(false, ordering: .relaxed)
      var next = Mail()
      next.jobs = spare
      next.isClosing = mail.isClosing
      swap(&mail, &next)
      return next
    }
  }

  private func sleep(untilJobs count: Int, _ deadline: UInt64) {
    while !mail.isClosing, mail.taker == nil, mail.jobs.count < count, monotonicNanoseconds() < deadline {
      sleepsUntilJobs = count
      var time = timespec(tv_sec: Int(deadline / 1_000_000_000), tv_nsec: Int(deadline % 1_000_000_000))
      pthread_cond_timedwait(filled, mutex, &time)
    }
    sleepsUntilJobs = nil
  }

  /// Whether a job was refused since the writer took any: the next one would be too. Asked without the lock.
  var isFull: Bool { refuses.load(ordering: .relaxed) }

  /// Requests that wait for the writer, without those of the commit being written.
  var waitingRequests: Int { locked { limitedJobs } }

  private func change<T>(_ body: (inout Mail) -> T) -> T {
    let (result, wakes) = locked { (body(&mail), wakeUp()) }
    if wakes { pthread_cond_signal(filled) }
    return result
  }

  /// Whether the writer must be woken: once per sleep.
  private func wakeUp() -> Bool {
    guard let count = sleepsUntilJobs, mail.jobs.count >= count || mail.taker != nil else { return false }
    sleepsUntilJobs = nil
    return true
  }

  private func locked<T>(_ body: () -> T) -> T {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body()
  }
}

func monotonicNanoseconds() -> UInt64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
