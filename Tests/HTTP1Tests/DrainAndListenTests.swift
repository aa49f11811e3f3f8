import CEpoll
import Glibc
import HTTPTypes
import Telemetry
import TestSupport
import Testing

@testable import HTTP1

private let get = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n"

@Suite("Listening and draining")
struct DrainAndListenTests {
  @Test func drainingAnswersWhatWasReadAndClosesWhatIsIdle() throws {
    let pending = Pending()
    let server = HTTPServer(handler: pending.handler, log: .silent)
    let port = try server.listen("127.0.0.1:0")
    let idle = try TestClient(port: port)
    idle.send(get)
    pending.wait()
    for answer in pending.take() { answer(HTTPResponse(status: 200)) }
    #expect(try idle.response().status == 200)
    let busy = try TestClient(port: port)
    busy.send(get)
    pending.wait()

    let drain = BackgroundThread { #expect(server.drain(deadlineMilliseconds: 60_000)) }
    #expect(idle.isClosedByServer())
    #expect(throws: TestClient.Failure.self) { _ = try TestClient(port: port) }
    for answer in pending.take() { answer(HTTPResponse(status: 200)) }
    let response = try busy.response()
    #expect(response.status == 200)
    #expect(response.head.contains("\r\nConnection: close\r\n"))
    busy.finishSending()
    #expect(busy.isClosedByServer())
    drain.join()
  }

  @Test func whatIsNotAnsweredByTheDeadlineIsCutOff() throws {
    let pending = Pending()
    let server = HTTPServer(handler: pending.handler, log: .silent)
    let client = try TestClient(port: try server.listen("127.0.0.1:0"))
    client.send(get)
    pending.wait()
    #expect(!server.drain(deadlineMilliseconds: 20))
    #expect(client.isClosedByServer())
    // The loop has ended: this must do nothing.
    for answer in pending.take() { answer(HTTPResponse(status: 200)) }
  }

  @Test func anEndedServerBeginsAnew() throws {
    let server = HTTPServer(handler: FunctionHandler.echo, log: .silent)
    #expect(server.drain(deadlineMilliseconds: 10))
    try server.listen("127.0.0.1:0")
    #expect(server.drain(deadlineMilliseconds: 10_000))
    for _ in 0..<2 {
      let client = try TestClient(port: try server.listen("127.0.0.1:0"))
      client.send(get)
      #expect(try client.response().status == 200)
      server.stop()
      #expect(client.isClosedByServer())
    }
  }

  @Test func aSocketThatListensAlreadyIsTakenOver() throws {
    let given = try Listener(ListenAddress("127.0.0.1:0"))
    try given.open()
    let server = HTTPServer(handler: FunctionHandler.echo, log: .silent)
    #expect(try server.listen(Listener(inherited: dup(given.socket))) == given.port)
    let client = try TestClient(port: given.port)
    client.send(get)
    #expect(try client.response().status == 200)
    server.stop()
    // Its giver still listens: a successor would find this connection in the backlog.
    _ = try TestClient(port: given.port)
    let pipe = eventfd(0, 0)
    defer { close(pipe) }
    #expect(throws: ListenError("file descriptor \(pipe): expected a listening TCP socket")) {
      try Listener(inherited: pipe)
    }
  }

  @Test func anAddressIsTakenBeforeItListens() throws {
    let listener = try Listener(ListenAddress("127.0.0.1:0"))
    #expect(throws: (any Error).self) { try TestClient(port: listener.port) }
    let server = HTTPServer(handler: FunctionHandler.echo, log: .silent)
    #expect(try server.listen(listener) == listener.port)
    let client = try TestClient(port: listener.port)
    client.send(get)
    #expect(try client.response().status == 200)
    server.stop()
  }

  @Test func answersLeaveAtOnce() throws {
    let listener = try Listener(ListenAddress("127.0.0.1:0"))
    try listener.open()
    let client = try TestClient(port: listener.port)
    var waiting = pollfd(fd: listener.socket, events: Int16(POLLIN), revents: 0)
    #expect(poll(&waiting, 1, 10_000) == 1)
    let accepted = accept(listener.socket, nil, nil)
    defer { close(accepted) }
    var isSet: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(accepted, Int32(IPPROTO_TCP), TCP_NODELAY, &isSet, &length)
    #expect(isSet != 0, "TCP_NODELAY is passed on to accepted connections")
    _ = client
  }

  @Test func aPortInUseIsSaidInASentence() throws {
    let server = HTTPServer(handler: FunctionHandler.echo, log: .silent)
    defer { server.stop() }
    let address = "127.0.0.1:\(try server.listen("127.0.0.1:0"))"
    let sentence = "\(address): address already in use: another program listens there; stop it or choose another port"
    #expect(throws: ListenError(sentence)) { try server.listen(address) }
  }

  @Test func anAddressOfAnotherMachine() {
    let server = HTTPServer(handler: FunctionHandler.echo, log: .silent)
    let sentence = "192.0.2.1:0: this machine has no such address; choose one of its own, or 0.0.0.0 for all of them"
    #expect(throws: ListenError(sentence)) { try server.listen("192.0.2.1:0") }
  }

  @Test func addresses() throws {
    #expect(try ListenAddress("[::1]:8080").host == "::1")
    #expect(try ListenAddress("localhost:0").port == 0)
    let expected = "expected an address and a port from 0 to 65535, such as 127.0.0.1:8080 or [::1]:8080"
    for text in ["8080", ":8080", "127.0.0.1", "127.0.0.1:", "a:+80", "a:65536", "[]:80", "a:b"] {
      #expect(throws: ListenError("\(text): \(expected)")) { try ListenAddress(text) }
    }
    #expect(throws: ListenError("::1:80: an IPv6 address is written in brackets, such as [::1]:8080")) {
      try ListenAddress("::1:80")
    }
  }

  @Test func thePeerOfAnIPv6SocketIsWrittenAsIPv4WhereItIsOne() throws {
    let handler = FunctionHandler { request, answer in
      answer(HTTPResponse(status: 200, contentType: "text/plain", body: request.peer))
    }
    let server = HTTPServer(handler: handler, log: .silent)
    defer { server.stop() }
    let client = try TestClient(port: try server.listen("[::]:0"))
    client.send(get)
    #expect(try client.response().body == "127.0.0.1")
  }
}
