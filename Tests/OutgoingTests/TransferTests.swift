import Foundation
import HTTPTypes
import RelayCore
import Rules
import Synchronization
import TestSupport
import Testing

@testable import Outgoing

/// Real libcurl against a real server.
@Suite("Transfers")
struct TransferTests {
  private let multi: CurlMulti

  init() throws {
    multi = try #require(CurlMulti(keptConnections: 16))
  }

  private func transfer(
    timeout: Int64 = 5000, connectTimeout: Int64 = 2000, allowsPrivate: Bool = true, keptBody: Int = 16_384
  ) throws -> Transfer {
    try #require(
      Transfer(
        .init(connectTimeout: connectTimeout, timeout: timeout, allowsPrivate: allowsPrivate, keptBody: keptBody)))
  }

  private func run(_ transfer: Transfer, _ request: OutgoingRequest) throws -> SendResult {
    #expect(transfer.prepare(request) == nil)
    #expect(multi.add(transfer) == 0)
    var result: SendResult?
    while result == nil {
      multi.perform { _, code in result = transfer.result(code) }
      if result == nil { multi.wait(milliseconds: 1000) }
    }
    return try #require(result)
  }

  private func request(
    _ url: String, method: String = "POST", headers: [(String, String)] = [], body: String = #"{"a":1}"#
  ) -> OutgoingRequest {
    OutgoingRequest(method: method, url: url, headers: HTTPHeaders(headers), body: Array(body.utf8))
  }

  @Test("Method, path, headers and body arrive as they are, and nothing else of libcurl's")
  func arrives() throws {
    let server = try ScriptedDestination { _ in .status(201, body: "made") }
    let result = try run(
      transfer(),
      request(
        server.url + "/calls?a=b%20c", method: "PUT",
        headers: [("content-type", "application/json"), ("x-empty", ""), ("x-a", "1")], body: "a\0b"))
    #expect(result == .answered(Answer(status: 201, body: Array("made".utf8))))
    let got = try #require(server.requests.first)
    #expect(got.method == "PUT")
    #expect(got.target == "/calls?a=b%20c")
    #expect(got.body == Array("a\0b".utf8))
    #expect(got.headers.map(\.name).sorted() == ["accept", "content-length", "content-type", "host", "x-a", "x-empty"])
    #expect(got["x-empty"] == "")
  }

  @Test("A large body goes without waiting for 100 Continue; an empty one and GET go as such")
  func bodies() throws {
    let server = try ScriptedDestination { _ in .status(200) }
    let transfer = try transfer()
    let large = String(repeating: "x", count: 2_000_000)
    _ = try run(transfer, request(server.url, body: large))
    _ = try run(transfer, request(server.url, body: ""))
    _ = try run(transfer, request(server.url, method: "GET", body: ""))
    _ = try run(transfer, request(server.url, method: "PATCH", body: "y"))
    #expect(server.requests.map(\.body.count) == [2_000_000, 0, 0, 1])
    #expect(server.requests.map(\.method) == ["POST", "POST", "GET", "PATCH"])
    #expect(server.requests[0]["expect"] == nil)
    #expect(server.requests[0]["content-type"] == nil)
    #expect(server.requests[2]["content-length"] == nil)
  }

  @Test("A connection is used again")
  func keepsAlive() throws {
    let server = try ScriptedDestination { _ in .status(200, body: "ok") }
    let (one, other) = (try transfer(), try transfer())
    for _ in 1...5 {
      _ = try run(one, request(server.url + "/1"))
      _ = try run(other, request(server.url + "/2"))
    }
    #expect(server.requests.count == 10)
    #expect(server.connectionCount == 1)
  }

  @Test("Redirects are not followed, and the header of what is no success is kept")
  func redirects() throws {
    let server = try ScriptedDestination {
      $0.target == "/there" ? .status(200) : .status(302, headers: ["Location: /there", "Retry-After: 7"])
    }
    guard case .answered(let answer) = try run(transfer(), request(server.url)) else {
      Issue.record("no answer")
      return
    }
    #expect(answer.status == 302)
    #expect(answer.headers["retry-after"] == "7")
    #expect(server.requests.count == 1)
  }

  @Test("Interim answers are passed over")
  func interim() throws {
    let server = try ScriptedDestination { _ in
      .raw("HTTP/1.1 103 Early Hints\r\nRetry-After: 9\r\n\r\nHTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")
    }
    #expect(
      try run(transfer(), request(server.url))
        == .answered(Answer(status: 503, headers: HTTPHeaders([("content-length", "0")]))))
  }

  @Test("The first 16 KiB of an answer are kept, and its end is not waited for")
  func longAnswers() throws {
    let server = try ScriptedDestination { _ in .status(200, body: String(repeating: "z", count: 3_000_000)) }
    guard case .answered(let answer) = try run(transfer(), request(server.url)) else {
      Issue.record("no answer")
      return
    }
    #expect(answer.status == 200)
    #expect(answer.body == [UInt8](repeating: UInt8(ascii: "z"), count: 16_384))
    #expect(answer.isCut)
  }

  @Test("Where more of a body is wanted 1 MiB is kept, and nothing of it is left for the next answer")
  func longKeptAnswers() throws {
    let counts = [Transfer.longestBody, Transfer.longestBody + 1, 2, 70_000]
    let server = try ScriptedDestination { .status(200, body: String(repeating: "z", count: counts[$0.number - 1])) }
    let transfer = try transfer(keptBody: Transfer.longestBody)
    for count in counts {
      guard case .answered(let answer) = try run(transfer, request(server.url)) else {
        Issue.record("no answer")
        return
      }
      #expect(answer.body == [UInt8](repeating: UInt8(ascii: "z"), count: min(count, Transfer.longestBody)))
      #expect(answer.isCut == (count > Transfer.longestBody))
    }
  }

  @Test("Retry-After is found behind a long header")
  func longHeader() throws {
    let cookies = (1...10).map { "Set-Cookie: c\($0)=" + String(repeating: "x", count: 4000) }
    let server = try ScriptedDestination { _ in .status(503, headers: cookies + ["Retry-After: 7"]) }
    guard case .answered(let answer) = try run(transfer(), request(server.url)) else {
      Issue.record("no answer")
      return
    }
    #expect(answer.headers["retry-after"] == "7")
    #expect(answer.headers.values("set-cookie").count == 10)
  }

  @Test(
    "A header without its end is no answer, whatever its status",
    arguments: [
      "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Len", "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n",
      "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n",
    ])
  func brokenHeader(text: String) throws {
    let server = try ScriptedDestination { $0.number == 1 ? .raw(text) : .raw("HTTP/1.1 200 OK\nX-A: 1\n\nok") }
    let transfer = try transfer()
    #expect(
      try run(transfer, request(server.url))
        == .failed("the connection broke off in the middle of the answer (status 200)"))
    // Without lengths the body ends with the connection (RFC 9112 §6.3), and lines may end in LF alone (§2.2).
    #expect(try run(transfer, request(server.url)) == .answered(Answer(status: 200, body: Array("ok".utf8))))
  }

  @Test("Another protocol is no answer", arguments: ["", "\u{1}\u{2}hello"])
  func switchedProtocol(rest: String) throws {
    let server = try ScriptedDestination { _ in
      .raw("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n" + rest)
    }
    #expect(
      try run(transfer(), request(server.url))
        == .failed("the answer changes to another protocol (status 101), which the relay did not ask for"))
  }

  @Test(
    "A header that never ends is said to be too long",
    arguments: [String(repeating: "x", count: 400_000), String(repeating: "x-a: b\r\n", count: 50_000)])
  func endlessHeader(rest: String) throws {
    let server = try ScriptedDestination { _ in .raw("HTTP/1.1 200 OK\r\nx-b: " + rest) }
    #expect(
      try run(transfer(), request(server.url))
        == .failed("the answer's header, or a line of it, is longer than libcurl takes"))
  }

  @Test("What is no whole answer is said in words")
  func failures() throws {
    let closing = try ScriptedDestination { _ in .close }
    #expect(
      try run(transfer(), request(closing.url)) == .failed("the connection was closed without an answer"))
    let cut = try ScriptedDestination { _ in .raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc") }
    #expect(
      try run(transfer(), request(cut.url))
        == .failed("the connection broke off in the middle of the answer (status 200)"))
    let babble = try ScriptedDestination { _ in .raw("SSH-2.0-OpenSSH_9.2\r\n") }
    #expect(try run(transfer(), request(babble.url)) == .failed("the answer is not HTTP"))
    let gone = try ScriptedDestination { _ in .close }
    let url = gone.url
    gone.stop()
    #expect(try run(transfer(), request(url)) == .failed("connection refused"))
    #expect(try run(transfer(), request("http://nowhere.invalid/")) == .failed("host not found"))
  }

  @Test("A destination that never answers costs its timeout and no more")
  func timeouts() throws {
    let server = try ScriptedDestination { _ in .silence }
    let before = ContinuousClock.now
    #expect(try run(transfer(timeout: 300), request(server.url)) == .failed("no answer within 0.3 s"))
    #expect(ContinuousClock.now - before < .seconds(30))
  }

  @Test("A connection that does not come about is given up after its own limit")
  func connectTimeout() throws {
    // A listener whose queue is full answers no further SYN.
    let full = try FullListener()
    #expect(
      try run(transfer(timeout: 5000, connectTimeout: 300), request("http://127.0.0.1:\(full.port)/"))
        == .failed("no connection within 0.3 s"))
  }

  @Test("The environment's proxy is not used")
  func ignoresProxy() throws {
    let proxy = try ScriptedDestination { _ in .status(500) }
    let server = try ScriptedDestination { _ in .status(200) }
    setenv("http_proxy", proxy.url, 1)
    setenv("ALL_PROXY", proxy.url, 1)
    defer {
      unsetenv("http_proxy")
      unsetenv("ALL_PROXY")
    }
    #expect(try run(transfer(), request(server.url)).status == 200)
    #expect(proxy.requests.isEmpty)
  }

  @Test("Only http and https are spoken")
  func protocols() throws {
    guard case .failed(let words) = try run(transfer(), request("ftp://127.0.0.1/x")) else {
      Issue.record("no failure")
      return
    }
    #expect(words == "unsupported protocol")
  }

  @Test(
    "Private addresses are refused by number and by name",
    arguments: ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0"])
  func guarded(host: String) throws {
    let server = try ScriptedDestination { _ in .status(200) }
    let result = try run(transfer(allowsPrivate: false), request("http://\(host):\(server.port)/"))
    guard case .refused(let address) = result else {
      Issue.record("\(result)")
      return
    }
    #expect(["127.0.0.1", "::1", "::ffff:127.0.0.1", "0.0.0.0"].contains(address))
    #expect(server.requests.isEmpty)
  }

  @Test("A connection that an allowed destination keeps open is no way around the guard")
  func guardedKeptConnection() throws {
    let server = try ScriptedDestination { _ in .status(200) }
    #expect(try run(transfer(), request(server.url)).status == 200)
    #expect(
      try run(transfer(allowsPrivate: false), request(server.url)) == .refused(address: "127.0.0.1"))
    #expect(server.requests.count == 1)
    #expect(try run(transfer(), request(server.url)).status == 200)
  }
}

/// Listens and accepts nobody, its queue filled by connections of its own.
private final class FullListener {
  let port: Int
  private var files: [Int32] = []

  init() throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    files.append(listener)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    func call(_ function: (UnsafeMutablePointer<sockaddr>) -> Int32) -> Int32 {
      withUnsafeMutablePointer(to: &address) { $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { function($0) } }
    }
    _ = call { bind(listener, $0, length) }
    listen(listener, 0)
    _ = call { getsockname(listener, $0, &length) }
    port = Int(in_port_t(bigEndian: address.sin_port))
    for _ in 1...4 {
      let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
      _ = call { connect(client, $0, length) }
      files.append(client)
    }
  }

  deinit {
    for file in files { close(file) }
  }
}
