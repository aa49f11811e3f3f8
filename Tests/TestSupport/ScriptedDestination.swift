import Foundation
import Glibc
import Synchronization

/// A destination for tests: a real HTTP/1.1 server on loopback, a thread a connection, whose answers the test decides.
/// Keeps connections open, records what it was sent.
package final class ScriptedDestination: Sendable {
  package struct Request: Sendable {
    package let method: String
    /// Path and query as sent.
    package let target: String
    /// In the order sent, names in lower case.
    package let headers: [(name: String, value: String)]
    package let body: [UInt8]
    /// Counts the connections from 1.
    package let connection: Int
    /// Counts the requests from 1.
    package let number: Int

    /// The first field of this name, in lower case.
    package subscript(name: String) -> String? { headers.first { $0.name == name }?.value }
    package var text: String { String(decoding: body, as: UTF8.self) }
  }

  package enum Answer: Sendable {
    case status(Int, headers: [String] = [], body: String = "")
    /// These bytes; then the connection is closed.
    case raw(String)
    /// Closes the connection without a byte.
    case close
    /// Nothing, until the destination is stopped.
    case silence
  }

  package struct CannotListen: Error {}

  private struct State {
    var requests: [Request] = []
    var openConnections: Set<Int32> = []
    var connectionCount = 0
    var isStopped = false
  }

  package let port: Int
  private let listener: Int32
  private let answer: @Sendable (Request) -> Answer
  private let state = Mutex(State())
  private let changed = NSCondition()

  /// Listens on 127.0.0.1 at once, on a port of the system's choice unless told. `answer` is called on the connection's thread.
  package init(port: Int = 0, _ answer: @escaping @Sendable (Request) -> Answer) throws {
    self.answer = answer
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var yes: Int32 = 1
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let file = listener
    let isListening = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(file, $0, length) == 0 && listen(file, 128) == 0 && getsockname(file, $0, &length) == 0
      }
    }
    guard isListening else { throw CannotListen() }
    self.port = Int(in_port_t(bigEndian: address.sin_port))
    let thread = Thread { [weak self] in
      while true {
        let connection = accept(file, nil, nil)
        guard connection >= 0, let self, self.begin(connection) else { break }
      }
      // Closed by the thread that uses it: its number may belong to another socket at once.
      close(file)
    }
    thread.start()
  }

  deinit {
    stop()
  }

  package var url: String { "http://127.0.0.1:\(port)" }
  package var requests: [Request] { state.withLock { $0.requests } }
  package var connectionCount: Int { state.withLock { $0.connectionCount } }

  /// Waits until so many requests have come; false after the limit.
  package func wait(requests count: Int, seconds: Double = 60) -> Bool {
    let end = Date().addingTimeInterval(seconds)
    changed.lock()
    defer { changed.unlock() }
    while requests.count < count {
      if !changed.wait(until: end) { return requests.count >= count }
    }
    return true
  }

  /// Closes all connections and stops listening.
  package func stop() {
    let isFirst = state.withLock { state in
      defer { state.isStopped = true }
      for connection in state.openConnections { shutdown(connection, Int32(SHUT_RDWR)) }
      return !state.isStopped
    }
    guard isFirst else { return }
    shutdown(listener, Int32(SHUT_RDWR))
  }

  private func begin(_ file: Int32) -> Bool {
    let number: Int? = state.withLock { state in
      if state.isStopped { return nil }
      state.openConnections.insert(file)
      state.connectionCount += 1
      return state.connectionCount
    }
    guard let number else {
      close(file)
      return false
    }
    var yes: Int32 = 1
    setsockopt(file, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
    Thread { [weak self] in
      var reader = RequestReader(file: file)
      while let read = reader.next(), let self, self.answer(read, on: file, number) {}
      shutdown(file, Int32(SHUT_RDWR))
      self?.end(file)
    }.start()
    return true
  }

  private func end(_ file: Int32) {
    state.withLock { state in
      _ = state.openConnections.remove(file)
      close(file)
    }
  }

  /// False where the connection is to be closed.
  private func answer(_ read: RequestReader.Read, on file: Int32, _ connection: Int) -> Bool {
    let request = state.withLock { state in
      let request = Request(
        method: read.method, target: read.target, headers: read.headers, body: read.body, connection: connection,
        number: state.requests.count + 1)
      state.requests.append(request)
      return request
    }
    changed.lock()
    changed.broadcast()
    changed.unlock()
    switch answer(request) {
    case .status(let status, let headers, let body):
      let lines = ["HTTP/1.1 \(status) Scripted", "Content-Length: \(body.utf8.count)"] + headers
      return send(lines.joined(separator: "\r\n") + "\r\n\r\n" + body, file)
    case .raw(let text):
      _ = send(text, file)
      return false
    case .close: return false
    case .silence: return true
    }
  }

  private func send(_ text: String, _ file: Int32) -> Bool {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let sent = bytes.withUnsafeBytes { Glibc.send(file, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard sent > 0 else { return false }
      bytes = bytes.dropFirst(sent)
    }
    return true
  }
}

/// Reads requests with a Content-Length or none from a connection.
private struct RequestReader {
  struct Read {
    let method: String
    let target: String
    let headers: [(name: String, value: String)]
    let body: [UInt8]
  }

  let file: Int32
  private var buffer: [UInt8] = []

  init(file: Int32) {
    self.file = file
  }

  mutating func next() -> Read? {
    var end: Int?
    while end == nil {
      end = endOfHead()
      if end == nil, !fill() { return nil }
    }
    guard let end else { return nil }
    let lines = String(decoding: buffer[..<end], as: UTF8.self).components(separatedBy: "\r\n")
    let words = lines[0].split(separator: " ")
    guard words.count == 3 else { return nil }
    let headers = lines.dropFirst().map { line in
      let halves = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      return (
        name: halves[0].lowercased(), value: halves.count == 2 ? halves[1].trimmingCharacters(in: .whitespaces) : ""
      )
    }
    let length = headers.first { $0.name == "content-length" }.flatMap { Int($0.value) } ?? 0
    while buffer.count < end + 4 + length { if !fill() { return nil } }
    let body = Array(buffer[(end + 4)..<(end + 4 + length)])
    buffer.removeFirst(end + 4 + length)
    return Read(method: String(words[0]), target: String(words[1]), headers: headers, body: body)
  }

  private func endOfHead() -> Int? {
    guard buffer.count >= 4 else { return nil }
    return (0...(buffer.count - 4)).first { buffer[$0..<($0 + 4)].elementsEqual([13, 10, 13, 10]) }
  }

  private mutating func fill() -> Bool {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    let count = recv(file, &chunk, chunk.count, 0)
    guard count > 0 else { return false }
    buffer.append(contentsOf: chunk[..<count])
    return true
  }
}
