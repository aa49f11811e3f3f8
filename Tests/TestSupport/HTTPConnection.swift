import Glibc

/// A blocking HTTP/1.1 client on one kept connection, for tests that post like a provider does. It waits at most
/// `timeoutSeconds` for anything.
package final class HTTPConnection {
  package struct Response: Sendable, Equatable {
    package let status: Int
    package let head: String
    package let body: [UInt8]

    package var text: String { String(decoding: body, as: UTF8.self) }
  }

  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }

  private let descriptor: Int32
  private var unread: [UInt8] = []

  /// To 127.0.0.1.
  package init(port: Int, timeoutSeconds: Int = 20) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var timeout = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let connected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard connected == 0 else {
      // `deinit` closes it.
      throw Failure(description: "connect to 127.0.0.1:\(port): \(String(cString: strerror(errno)))")
    }
  }

  deinit {
    close(descriptor)
  }

  package func post(_ path: String, _ body: [UInt8], headers: [(String, String)] = []) throws -> Response {
    try request("POST", path, body, headers: headers)
  }

  package func get(_ path: String, headers: [(String, String)] = []) throws -> Response {
    try request("GET", path, [], headers: headers)
  }

  package func request(
    _ method: String, _ path: String, _ body: [UInt8], headers: [(String, String)] = []
  ) throws -> Response {
    var head = "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    if !body.isEmpty || method == "POST" { head += "Content-Length: \(body.count)\r\n" }
    for (name, value) in headers { head += "\(name): \(value)\r\n" }
    try send(Array((head + "\r\n").utf8) + body)
    return try readResponse()
  }

  package func send(_ bytes: [UInt8]) throws {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { throw Failure(description: "send: \(String(cString: strerror(errno)))") }
      sent += count
    }
  }

  package func readResponse() throws -> Response {
    var end = headEnd()
    while end == nil {
      try readMore()
      end = headEnd()
    }
    let head = String(decoding: unread[..<end!], as: UTF8.self)
    guard let status = head.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
      throw Failure(description: "no status line: \(head)")
    }
    unread.removeFirst(end! + 4)
    let length = head.split(separator: "\r\n").lazy.compactMap { line -> Int? in
      let halves = line.split(separator: ":", maxSplits: 1)
      guard halves.count == 2, halves[0].lowercased() == "content-length" else { return nil }
      return Int(halves[1].drop { $0 == " " })
    }.first
    while unread.count < length ?? 0 { try readMore() }
    let body = Array(unread.prefix(length ?? 0))
    unread.removeFirst(body.count)
    return Response(status: status, head: head, body: body)
  }

  /// The next answer's head alone.
  package func readHead() throws -> String {
    while headEnd() == nil { try readMore() }
    let end = headEnd() ?? 0
    defer { unread.removeFirst(end + 4) }
    return String(decoding: unread[..<end], as: UTF8.self)
  }

  /// What has come, and is forgotten; throws where nothing more comes.
  package func readSome() throws -> Int {
    if unread.isEmpty { try readMore() }
    defer { unread.removeAll(keepingCapacity: true) }
    return unread.count
  }

  /// How many bytes come until the other end closes; throws where it resets the connection.
  package func readToEnd() throws -> Int {
    var count = unread.count
    unread = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let more = recv(descriptor, &buffer, buffer.count, 0)
      if more < 0 { throw Failure(description: "recv: \(String(cString: strerror(errno)))") }
      if more == 0 { return count }
      count += more
    }
  }

  private func headEnd() -> Int? {
    guard unread.count >= 4 else { return nil }
    return (0...unread.count - 4).first { unread[$0..<$0 + 4].elementsEqual("\r\n\r\n".utf8) }
  }

  private func readMore() throws {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    guard count > 0 else {
      throw Failure(description: count == 0 ? "the other end closed" : "recv: \(String(cString: strerror(errno)))")
    }
    unread.append(contentsOf: buffer[..<count])
  }
}
