import CEpoll
import Glibc
import HTTPTypes
import Telemetry

/// What all loops of a server have in common.
final class SharedByLoops: Sendable {
  let handler: any HTTPHandler
  let limits: HTTPLimits
  let log: Log
  let gate: Gate
  let counts: ConnectionCounts
  let addresses = AddressCounts()
  /// Of one address.
  let connectionsPerAddress: Int
  /// Counts the loops that have ended.
  private let ended: Int32

  init(
    handler: any HTTPHandler, limits: HTTPLimits, gate: Gate, counts: ConnectionCounts, log: Log
  ) throws(ListenError) {
    self.handler = handler
    self.limits = limits
    self.gate = gate
    self.counts = counts
    self.log = log
    connectionsPerAddress = limits.connectionsPerAddress ?? max(1, limits.connections / 2)
    ended = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
    if ended < 0 { throw ListenError("the server can't be set up", errno) }
  }

  deinit {
    close(ended)
  }

  /// False where there are as many as the limit allows; then it is not counted.
  func connectionOpened() -> Bool {
    if counts.open.add() <= limits.connections { return true }
    connectionClosed()
    return false
  }

  func connectionClosed() {
    counts.open.add(-1)
  }

  func loopEnded() {
    eventfd_write(ended, 1)
  }

  /// Blocks until a loop has ended, and gives how many have since the last call: 0 where none did in time.
  func waitForLoops(milliseconds: Int64) -> Int {
    var descriptor = pollfd(fd: ended, events: Int16(POLLIN), revents: 0)
    poll(&descriptor, 1, Int32(clamping: milliseconds))
    var count: eventfd_t = 0
    return eventfd_read(ended, &count) == 0 ? Int(count) : 0
  }
}
