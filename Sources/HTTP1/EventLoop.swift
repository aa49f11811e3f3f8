import CEpoll
import Glibc
import HTTPTypes
import Synchronization
import Telemetry

/// Waits for sockets and for answers, and does what each connection's state says. It decides nothing itself.
///
/// `@unchecked Sendable`: after `run` has begun only its own thread touches anything here but `mailbox`, which is how
/// other threads reach it.
final class EventLoop: @unchecked Sendable {
  let mailbox: Mailbox
  let shared: SharedByLoops
  let epoll: Int32
  var now = Moment(milliseconds: 0, date: HTTPDate(secondsSince1970: 0))
  var connections = ConnectionTable()
  /// Connections that wait for their peer and none of whose requests was answered with a 2xx, by slot.
  var strangers = WaitingLine()
  var buffers: BufferBudget
  var listeners: [Listener] = []
  /// Those taken out of epoll until the next tick, since a connection could be neither accepted nor shed.
  var restingListeners: [Listener] = []
  /// A descriptor to give up when none is left, so that a waiting connection can be accepted and closed.
  var reserve: Int32
  var nextWarning = [Int64](repeating: .min, count: Shortage.allCases.count)
  var isDraining = false
  var isOver = false
  private var waitingToWrite: [Connection] = []
  private var batch = Mailbox.Contents()
  private var events = [epoll_event](repeating: epoll_event(), count: 512)
  var readBuffer = [UInt8](repeating: 0, count: 65_536)
  private var deadlines = DeadlineWheel(now: 0)
  private var due: [UInt64] = []
  private var requests: Int64 = 0
  private var publishedBytes = 0

  static let wakeupMark = UInt64.max
  /// Listener n has this mark plus n: no connection's identity, since no slot is that high.
  static let firstListenerMark: UInt64 = 0xFFFF_FFFF_FFFF_0000

  init(_ shared: SharedByLoops) throws(ListenError) {
    mailbox = try Mailbox()
    self.shared = shared
    buffers = BufferBudget(limit: shared.limits.bufferedBytes)
    epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
    if epoll < 0 { throw ListenError("the event loop can't be set up", errno) }
    reserve = Self.openReserve()
    watch(mailbox.wakeup, EPOLLIN.rawValue | EPOLLET.rawValue, mark: Self.wakeupMark)
  }

  deinit {
    close(epoll)
    if reserve >= 0 { close(reserve) }
  }

  static func openReserve() -> Int32 {
    open("/dev/null", O_RDONLY | O_CLOEXEC)
  }

  // MARK: The loop

  func run() {
    readClocks()
    while true {
      settle()
      if deadlines.isDue(now.milliseconds) { passDeadlines() }
      if isOver || (isDraining && connections.count == 0) { break }
      let count = epoll_wait(epoll, &events, Int32(events.count), timeout)
      mailbox.wakeUp()
      readClocks()
      for index in 0..<max(0, Int(count)) { dispatch(events[index]) }
    }
    end()
  }

  private var timeout: Int32 {
    connections.count == 0 && restingListeners.isEmpty ? -1 : Int32(clamping: deadlines.untilNext(now.milliseconds))
  }

  private func readClocks() {
    var monotonic = timespec()
    clock_gettime(CLOCK_MONOTONIC, &monotonic)
    now.milliseconds = Int64(monotonic.tv_sec) * 1000 + Int64(monotonic.tv_nsec) / 1_000_000
    let seconds = time(nil)
    if seconds != now.date.secondsSince1970 { now.date = HTTPDate(secondsSince1970: seconds) }
  }

  private func dispatch(_ event: epoll_event) {
    let mark = event.data.u64
    if let connection = connections[ConnectionTable.Identity(raw: mark)] {
      ready(connection, event.events)
      if buffers.isExceeded { freeBuffers() }
    } else if mark >= Self.firstListenerMark, mark != Self.wakeupMark {
      let index = Int(mark - Self.firstListenerMark)
      if index < listeners.count { accept(from: listeners[index]) }
    }
  }

  /// Writes what is queued and takes what is in the mailbox, until there is neither. All answers that came together are
  /// written together, one system call a connection.
  func settle() {
    repeat {
      let connections = waitingToWrite
      waitingToWrite.removeAll(keepingCapacity: true)
      for connection in connections { write(connection) }
      while mailbox.takeOrFallAsleep(&batch) { deliver() }
    } while !waitingToWrite.isEmpty
  }

  private func deliver() {
    for answer in batch.answers {
      guard let connection = connections[answer.connection] else {
        answer.response.stream?.abandon()
        continue
      }
      let isTaken = connection.state.answered(answer.response, ticket: answer.ticket, now: now)
      if let stream = answer.response.stream { begin(stream, of: connection, isTaken: isTaken) }
      advance(connection)
    }
    for command in batch.commands { obey(command) }
    batch.answers.removeAll(keepingCapacity: true)
    batch.commands.removeAll(keepingCapacity: true)
  }

  private func obey(_ command: Mailbox.Command) {
    switch command {
    case .listen(let listener): add(listener)
    case .more(let identity): more(of: identity)
    case .drain: drain()
    case .stop: isOver = true
    }
  }

  private func passDeadlines() {
    wakeListeners()
    let taken = deadlines.takeDue(now.milliseconds, into: &due)
    for entry in due {
      // Others were closed since, or are looked at in another tick.
      guard let connection = connections[ConnectionTable.Identity(raw: entry)], connection.isLookedAt <= taken else {
        continue
      }
      connection.isLookedAt = .max
      connection.state.deadlinePassed(now: now)
      advance(connection)
    }
    due.removeAll(keepingCapacity: due.capacity <= 1024)
    settle()
    publishCounts()
  }

  /// Sees to it that the connection is looked at when its deadline passes. Where that moves away, nothing needs doing.
  func watch(deadline: Int64, of connection: Connection) {
    // In the same tick or later.
    if deadline > connection.isLookedAt - DeadlineWheel.tick { return }
    connection.isLookedAt = deadlines.add(connection.identity.raw, at: deadline)
  }

  func countRequest() {
    requests += 1
  }

  /// Not for every request: other threads look once in a while.
  func publishCounts() {
    shared.counts.requests.add(requests)
    requests = 0
    shared.counts.bufferedBytes.add(Int64(buffers.used - publishedBytes))
    publishedBytes = buffers.used
  }

  private func drain() {
    isDraining = true
    closeListeners()
    for connection in connections.all {
      // What the kernel has of a request counts as read.
      if connection.state.wantsRead { read(connection) }
      if connections[connection.identity] == nil { continue }
      connection.state.drain(now: now)
      advance(connection)
    }
  }

  private func end() {
    for answer in mailbox.shut().answers { answer.response.stream?.abandon() }
    for connection in connections.all { drop(connection, .drain) }
    listeners = []
    restingListeners = []
    shared.loopEnded()
  }

  // MARK: For the parts in other files

  func watch(_ descriptor: Int32, _ interest: UInt32, mark: UInt64) {
    var event = epoll_event(events: interest, data: epoll_data_t(u64: mark))
    epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event)
  }

  func queueForWriting(_ connection: Connection) {
    if connection.isQueuedForWriting { return }
    connection.isQueuedForWriting = true
    waitingToWrite.append(connection)
  }
}
