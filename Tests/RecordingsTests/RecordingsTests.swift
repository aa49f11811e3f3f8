import HTTP1
import HTTPTypes
import TestSupport
import Testing

@testable import Recordings

@Suite("Recordings on loopback")
struct RecordingsTests {
  @Test func aRecordingIsPassedOnWithWhatAPlayerNeeds() throws {
    let bench = try RecordingsBench { _ in
      sound(
        "ID3 sound",
        [
          ("accept-ranges", "bytes"), ("etag", "\"v1\""), ("set-cookie", "a=b"), ("x-amz-id", "1"), ("server", "x"),
          ("location", "https://rest.telecmi.com/?secret=\(RecordingsBench.secret)"),
        ])
    }
    let response = try bench.get(bench.link())
    #expect(response.status == 200)
    #expect(response.text == "ID3 sound")
    let head = response.head.lowercased()
    for line in [
      "content-type: audio/mpeg", "content-length: 9", "accept-ranges: bytes", "etag: \"v1\"",
      "x-content-type-options: nosniff", "cache-control: private",
    ] { #expect(head.contains("\r\n\(line)"), "\(line)") }
    for name in ["set-cookie", "x-amz-id", "server:", "location"] { #expect(!head.contains(name)) }
    let asked = try #require(bench.asked.next())
    #expect(asked.method == "GET")
    #expect(asked.path == "/v2/play")
    #expect(asked.query == "appid=7&secret=\(RecordingsBench.secret)&file=a.mp3")
    #expect(asked.headers["user-agent"] == "cdrelay/test")
    #expect(bench.waits(for: #"cdrelay_recordings_total{outcome="sent"} 1"#))
    #expect(bench.metrics.contains("cdrelay_recordings_received_bytes_total 9\n"))
    #expect(bench.waits(for: "cdrelay_recordings_in_flight 0\n"))
  }

  @Test func rangesArePassedOn() throws {
    let bench = try RecordingsBench { request in
      switch request.headers["range"] {
      case "bytes=2-4": sound("cde", status: 206, [("content-range", "bytes 2-4/10")])
      case "bytes=99-": HTTPResponse(status: 416, headers: HTTPHeaders([("content-range", "bytes */10")]))
      default: sound("abcdefghij")
      }
    }
    let part = try bench.get(bench.link(), [("Range", "bytes=2-4"), ("If-Range", "\"v1\"")])
    #expect(part.status == 206)
    #expect(part.text == "cde")
    #expect(part.head.contains("content-range: bytes 2-4/10"))
    #expect(bench.asked.next()?.headers["if-range"] == "\"v1\"")
    let beyond = try bench.get(bench.link(), [("Range", "bytes=99-")])
    #expect(beyond.status == 416)
    #expect(beyond.head.contains("content-range: bytes */10"))
    // Where the provider passes over ranges, and where the range is of another kind: all of it.
    for range in ["bytes=5-6", "bytes=0-1,3-4", "lines=1-2", "bytes=-", "bytes=a-b"] {
      #expect(try bench.get(bench.link(), [("Range", range)]).text == "abcdefghij")
    }
  }

  @Test func headHasTheFieldsAlone() throws {
    let content = Content(length: 50_000_000)
    let bench = try RecordingsBench { _ in content.response }
    let connection = try HTTPConnection(port: bench.port)
    try connection.send(
      Array("HEAD \(try bench.link()) HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
    let thread = BackgroundThread { _ = content.give(50_000_000) }
    // Its body is not read, so what follows is the next answer.
    let head = try connection.readHead()
    #expect(head.hasPrefix("HTTP/1.1 200 "))
    #expect(head.contains("Content-Length: 50000000"))
    #expect(try connection.readHead().hasPrefix("HTTP/1.1 404 "))
    // Whoever waits for the same change would take it from the other.
    thread.join()
    #expect(content.isUnwanted())
  }

  @Test(arguments: [
    (#"{"code":502,"msg":"Internal Server Error"}"#, 404, "not published"),
    (#"{"code":"502"}"#, 404, "not published"), (#"{"code":404}"#, 404, "not published"),
    (#"{"code":420,"msg":"Authentication failed"}"#, 502, "refused our credentials"),
    (#"{"code":500}"#, 502, "code 500"), ("{}", 502, "JSON in place of"), ("not json", 502, "JSON in place of"),
    ("[]", 502, "JSON in place of"),
  ])
  func jsonIsNoRecording(body: String, status: Int, words: String) throws {
    let bench = try RecordingsBench { _ in
      HTTPResponse(status: 200, contentType: "application/json; charset=utf-8", body: body)
    }
    let response = try bench.get(bench.link())
    #expect(response.status == status)
    #expect(response.text.contains(words))
    #expect(response.head.contains("application/problem+json"))
    #expect((status == 404) == response.head.lowercased().contains("retry-after: "))
  }

  @Test(arguments: [
    (401, 502, "the provider refused our credentials"), (403, 502, "the provider refused our credentials"),
    (420, 502, "the provider refused our credentials"), (404, 404, "not published"), (500, 502, "with status 500"),
    (429, 503, "no more requests"),
  ])
  func aRefusalOfTheProvider(status: Int, ours: Int, words: String) throws {
    let bench = try RecordingsBench { _ in
      HTTPResponse(status: status, contentType: "text/plain", body: "secret=\(RecordingsBench.secret)")
    }
    let response = try bench.get(bench.link())
    #expect(response.status == ours)
    #expect(response.text.contains(words))
    #expect(!(response.head + response.text + bench.logged.text.withLock { $0 }).contains("hush"))
  }

  @Test func aPageIsNoRecording() throws {
    let bench = try RecordingsBench { _ in
      HTTPResponse(status: 200, contentType: "text/html", body: "<script>\(RecordingsBench.secret)</script>")
    }
    let response = try bench.get(bench.link())
    #expect(response.status == 502)
    #expect(response.text.contains("content that is no recording: text/html"))
    #expect(!response.text.contains("script"))
  }

  @Test func whoHasNoLinkGetsNothing() throws {
    let bench = try RecordingsBench { _ in sound("x") }
    let link = try bench.link()
    #expect(try bench.get(link.replacing("a.mp3", with: "b.mp3")).status == 403)
    #expect(try bench.get(String(link.dropLast())).status == 403)
    #expect(try bench.get("/recordings/s/a.mp3").status == 403)
    #expect(try bench.get(link.replacing("/s/", with: "/t/")).status == 404)
    #expect(try bench.get("/recordings/s/..%2Fa.mp3?expires=1&signature=00").status == 404)
    #expect(try bench.get("/").status == 404)
    let post = try bench.get(link, method: "POST")
    #expect(post.status == 405)
    #expect(post.head.lowercased().contains("\r\nallow: get, head"))
    bench.time.advance(milliseconds: 169 * 3_600_000)
    let expired = try bench.get(link)
    #expect(expired.status == 410)
    #expect(expired.text.contains("the link has expired"))
    #expect(try bench.get(link.replacing("expires=", with: "expires=9")).status == 403)
    #expect(bench.metrics.contains(#"cdrelay_recordings_total{outcome="refused"} 9"#))
  }

  @Test func redirectsAreFollowedOnTheSameHostOnly() throws {
    let bench = try RecordingsBench { request in
      let target: String? =
        switch request.query.flatMap({ $0.split(separator: "file=").last }) {
        case "here.mp3": "/files/here"
        case "whole.mp3": "http://127.0.0.1:\(request.headers["host"]?.split(separator: ":").last ?? "")/files/here"
        case "away.mp3": "http://127.0.0.2/\(RecordingsBench.secret)"
        case "slashes.mp3": "//127.0.0.2/a"
        case "round.mp3": "/v2/play?file=round.mp3"
        default: nil
        }
      guard let target else { return sound("found") }
      return HTTPResponse(status: 302, headers: HTTPHeaders([("location", target)]))
    }
    for file in ["here.mp3", "whole.mp3"] { #expect(try bench.get(bench.link(file)).text == "found") }
    for file in ["away.mp3", "slashes.mp3"] {
      let response = try bench.get(bench.link(file))
      #expect(response.status == 502)
      #expect(response.text.contains("another host, which is not followed"))
      #expect(!(response.head + response.text).contains("hush"))
    }
    #expect(try bench.get(bench.link("round.mp3")).text.contains("from one address to the next"))
    #expect(bench.waits(for: "cdrelay_recordings_in_flight 0\n"))
  }

  @Test func aWholeURLIsFetchedAsItIs() throws {
    let bench = try RecordingsBench { _ in sound("x") }
    let url = "http://127.0.0.1:\(bench.providerPort)/files/a.mp3?b=1"
    #expect(try bench.get(bench.link(url)).text == "x")
    let asked = try #require(bench.asked.next())
    #expect(asked.path == "/files/a.mp3")
    #expect(asked.query == "b=1")
  }

  // MARK: On its way

  @Test func aLongRecordingIsWhole() throws {
    for length in [30_000_000, nil] {
      let content = Content(length: length)
      let bench = try RecordingsBench { _ in content.response }
      let thread = BackgroundThread {
        #expect(content.give(30_000_000) == 30_000_000)
        content.stream.finish()
      }
      let connection = try HTTPConnection(port: bench.port, timeoutSeconds: 60)
      try connection.send(Array("GET \(try bench.link()) HTTP/1.0\r\n\r\n".utf8))
      _ = try connection.readHead()
      #expect(try connection.readToEnd() == 30_000_000)
      thread.join()
      #expect(bench.waits(for: #"cdrelay_recordings_total{outcome="sent"} 1"#))
    }
  }

  @Test func whatBreaksOffAtTheProviderBreaksOffHere() throws {
    let content = Content(length: 1_000_000)
    let bench = try RecordingsBench { _ in content.response }
    let connection = try HTTPConnection(port: bench.port, timeoutSeconds: 60)
    try connection.send(Array("GET \(try bench.link()) HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
    #expect(content.give(100_000) == 100_000)
    #expect(try connection.readHead().contains("Content-Length: 1000000"))
    content.stream.breakOff()
    #expect(throws: (any Error).self) { while true { _ = try connection.readSome() } }
    #expect(bench.waits(for: #"cdrelay_recordings_total{outcome="broken_off"} 1"#))
    #expect(bench.logged.text.withLock { $0 }.contains("recording.broken_off source=s"))
  }

  @Test func aClientThatReadsNothingHoldsTheProviderBack() throws {
    var limits = HTTPLimits()
    limits.writeMilliseconds = 1000
    let content = Content()
    let bench = try RecordingsBench(limits: limits) { _ in content.response }
    let connection = try HTTPConnection(port: bench.port, timeoutSeconds: 60)
    try connection.send(Array("GET \(try bench.link()) HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
    // What four sockets of loopback hold is some MiB each.
    let given = content.give(400 << 20)
    #expect((0..<(200 << 20)).contains(given))
    #expect(bench.waits(for: #"cdrelay_recordings_total{outcome="abandoned"} 1"#))
    _ = connection
  }

  @Test func aClientThatGoesEndsTheFetch() throws {
    let content = Content(length: 400 << 20)
    let bench = try RecordingsBench { _ in content.response }
    var connection: HTTPConnection? = try HTTPConnection(port: bench.port, timeoutSeconds: 60)
    try connection?.send(Array("GET \(try bench.link()) HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
    #expect(content.give(100_000) == 100_000)
    _ = try connection?.readHead()
    connection = nil
    #expect(content.give(400 << 20) < 400 << 20)
    #expect(content.isUnwanted())
    #expect(bench.waits(for: "cdrelay_recordings_in_flight 0\n"))
  }

  // MARK: Bounds

  @Test func soManyAtATime() throws {
    let contents = Mailbox<Content>()
    let bench = try RecordingsBench(#", "max_in_flight": 2"#) { _ in
      let content = Content(length: 3)
      contents.put(content)
      return content.response
    }
    let connections = try (0..<2).map { _ in try HTTPConnection(port: bench.port, timeoutSeconds: 60) }
    for connection in connections {
      try connection.send(Array("GET \(try bench.link()) HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
    }
    let given = [contents.next(), contents.next()]
    let third = try bench.get(bench.link())
    #expect(third.status == 503)
    #expect(third.head.lowercased().contains("retry-after: 5"))
    for content in given { _ = content?.give(3) }
    for content in given { content?.stream.finish() }
    for connection in connections { #expect(try connection.readResponse().text == "zzz") }
    #expect(bench.waits(for: "cdrelay_recordings_in_flight 0\n"))
  }

  @Test func aProviderThatDoesNotAnswer() throws {
    let bench = try RecordingsBench(headWithin: 1000) { _ in nil }
    let response = try bench.get(bench.link())
    #expect(response.status == 504)
    #expect(response.text.contains("no answer within 1 s"))
  }

  @Test func whatAnAdminHasToMendIsNotToldWithEachRequest() throws {
    let bench = try RecordingsBench { _ in HTTPResponse(status: 401) }
    func lines() -> [Substring] { bench.logged.text.withLock { $0.split(separator: "\n") } }
    for _ in 0..<3 { #expect(try bench.get(bench.link()).status == 502) }
    #expect(lines().count == 1)
    bench.time.advance(milliseconds: 10_000)
    #expect(try bench.get(bench.link()).status == 502)
    #expect(lines().count == 2)
    #expect(lines().last?.hasSuffix("more_not_logged=2") == true)
  }

  @Test func aProviderThatIsNotThere() throws {
    let bench = try RecordingsBench { _ in nil }
    bench.provider.stop()
    let response = try bench.get(bench.link())
    #expect(response.status == 502)
    #expect(response.text.contains("the provider: connection refused"))
    #expect(!response.text.contains("127.0.0.1"))
  }

  @Test func stoppingBreaksOffWhatIsUnderWay() throws {
    let content = Content(length: 1_000_000)
    let bench = try RecordingsBench { request in request.query?.hasSuffix("slow.mp3") == true ? content.response : nil }
    let connection = try HTTPConnection(port: bench.port, timeoutSeconds: 60)
    try connection.send(Array("GET \(try bench.link("slow.mp3")) HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
    #expect(content.give(1000) == 1000)
    _ = try connection.readHead()
    let waiting = try HTTPConnection(port: bench.port, timeoutSeconds: 60)
    try waiting.send(Array("GET \(try bench.link()) HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
    _ = bench.asked.next()
    _ = bench.asked.next()
    bench.recordings.stop()
    #expect(throws: (any Error).self) { while true { _ = try connection.readSome() } }
    #expect(try waiting.readResponse().text.contains("the relay is stopping"))
    #expect(try bench.get(bench.link()).status == 503)
  }

  @Test func changedRulesCountFromTheNextRequest() throws {
    let bench = try RecordingsBench { _ in sound("x") }
    let link = try bench.link()
    #expect(try bench.get(link).status == 200)
    let other = try RecordingsBench.rules(port: bench.providerPort, #", "enabled": false"#)
    bench.recordings.use(other)
    #expect(try bench.get(link).status == 404)
  }
}
