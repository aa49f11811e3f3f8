import CEpoll
import Glibc
import HTTPTypes
import Synchronization
import Testing

@testable import HTTP1

/// A plain socket to a server on loopback, which gives up reading after ten seconds.
final class TestClient: Sendable {
  struct Failure: Error {
    let what: String
    let code = errno
  }

  /// What one response was.
  struct Response: Equatable {
    var status: Int
    var head: String
    var body: String
  }

  private let socket: Int32
  private let buffered = Mutex<[UInt8]>([])

  /// `from`: an address of the loopback network.
  init(port: Int, from source: String = "127.0.0.1") throws {
    socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var timeout = timeval(tv_sec: 10, tv_usec: 0)
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    inet_pton(AF_INET, source, &address.sin_addr)
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    if bound != 0 { throw Failure(what: "bind") }
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    let code = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    if code != 0 { throw Failure(what: "connect") }
  }

  deinit {
    close(socket)
  }

  /// Sends all of it; false where the other end went away before.
  @discardableResult
  func send(_ text: String) -> Bool {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      if count <= 0 { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  func finishSending() {
    shutdown(socket, Int32(SHUT_WR))
  }

  /// The next response, read by its Content-Length.
  func response(toHead: Bool = false) throws -> Response {
    let head = try head()
    let lines = head.split(separator: "\r\n")
    let length = lines.first { $0.lowercased().hasPrefix("content-length: ") }.flatMap { Int($0.dropFirst(16)) } ?? 0
    let body = toHead || length == 0 ? "" : try readUntil { $0.count >= length ? length : nil }
    guard let status = lines.first.flatMap({ Int($0.dropFirst(9).prefix(3)) }) else { throw Failure(what: "status") }
    return Response(status: status, head: head, body: body)
  }

  /// True once the server has closed without another byte.
  func isClosedByServer() -> Bool {
    (try? more()) == 0 && buffered.withLock(\.isEmpty)
  }

  /// The bytes of one read, at most so many; empty where the server has closed.
  func bytes(atMost count: Int) throws -> [UInt8] {
    if buffered.withLock(\.isEmpty), try more(atMost: count) == 0 { return [] }
    return buffered.withLock { bytes in
      defer { bytes.removeFirst(min(count, bytes.count)) }
      return Array(bytes.prefix(count))
    }
  }

  /// The head of the next response: its content is not read.
  func head() throws -> String {
    try readUntil { bytes in
      bytes.indices.first { bytes[$0] == 0x0A && $0 >= 3 && bytes[$0 - 2] == 0x0A }.map { $0 + 1 }
    }
  }

  private func readUntil(_ isEnough: ([UInt8]) -> Int?) throws -> String {
    while true {
      if let count = buffered.withLock({ isEnough($0) }) {
        return buffered.withLock { bytes in
          defer { bytes.removeFirst(count) }
          return String(decoding: bytes.prefix(count), as: UTF8.self)
        }
      }
      if try more() == 0 { throw Failure(what: "closed") }
    }
  }

  private func more(atMost size: Int = 65_536) throws -> Int {
    var chunk = [UInt8](repeating: 0, count: size)
    let count = recv(socket, &chunk, chunk.count, 0)
    if count < 0 { throw Failure(what: "recv") }
    buffered.withLock { $0.append(contentsOf: chunk.prefix(count)) }
    return count
  }
}

/// A handler made of a function.
struct FunctionHandler: HTTPHandler {
  typealias Answer = @Sendable (HTTPResponse) -> Void

  let body: @Sendable (HTTPRequest, @escaping Answer) -> Void

  func handle(_ request: HTTPRequest, answer: @escaping Answer) {
    body(request, answer)
  }

  /// Says what was asked: `POST /path 5`. Refuses content that is too large.
  static let echo = FunctionHandler { request, answer in
    switch request.body {
    case .bytes(let bytes):
      answer(
        HTTPResponse(
          status: 200, contentType: "text/plain", body: "\(request.method) \(request.path) \(bytes.count)"))
    case .tooLarge: answer(Problem(413, "the body is larger than allowed").response)
    }
  }
}

/// Requests whose answers a test gives when it likes.
final class Pending: Sendable {
  private let answers = Mutex<[FunctionHandler.Answer]>([])
  private let arrived: Int32 = eventfd(0, Int32(EFD_SEMAPHORE))

  deinit {
    close(arrived)
  }

  var handler: FunctionHandler {
    FunctionHandler { [self] _, answer in
      answers.withLock { $0.append(answer) }
      eventfd_write(arrived, 1)
    }
  }

  /// Blocks until so many more requests have arrived; ten seconds are too long.
  func wait(for count: Int = 1) {
    var value: eventfd_t = 0
    for _ in 0..<count {
      var waiting = pollfd(fd: arrived, events: Int16(POLLIN), revents: 0)
      guard poll(&waiting, 1, 10_000) == 1 else {
        Issue.record("a request did not reach the handler")
        return
      }
      eventfd_read(arrived, &value)
    }
  }

  func take() -> [FunctionHandler.Answer] {
    answers.withLock { answers in
      defer { answers = [] }
      return answers
    }
  }
}
