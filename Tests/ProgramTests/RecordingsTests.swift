import Foundation
import RelayCore
import TestSupport
import Testing

@testable import cdrelay

/// Recordings through the shipped binary: memory, time, and what is left of a secret.
@Suite(.serialized) struct RecordingsTests {
  private static let secret = "hush-hush-hush"
  /// 100 MiB.
  private static let length = 104_857_600

  /// `big.mp3` has 100 MiB, with ranges; `stall.mp3` says so too, and stops after a part; all else is not published.
  private static let provider = """
    import http.server, json, re, sys, threading, urllib.parse
    length = \(length)
    piece = b"z" * 65536

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        def do_GET(self):
            name = urllib.parse.parse_qs(urllib.parse.urlparse(self.path).query)["file"][0]
            if name not in ("big.mp3", "stall.mp3"):
                body = json.dumps({"code": 502, "msg": "Internal Server Error"}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                return
            first, last = 0, length - 1
            found = re.fullmatch(r"bytes=(\\d+)-(\\d+)", self.headers.get("Range", ""))
            if found: first, last = int(found[1]), int(found[2])
            self.send_response(206 if found else 200)
            self.send_header("Content-Type", "audio/mpeg")
            self.send_header("Content-Length", str(last + 1 - first))
            if found: self.send_header("Content-Range", f"bytes {first}-{last}/{length}")
            self.end_headers()
            left = last + 1 - first if name == "big.mp3" else 300000
            try:
                while left > 0:
                    self.wfile.write(piece[:min(left, len(piece))])
                    left -= min(left, len(piece))
                if name == "stall.mp3": threading.Event().wait()
            except OSError:
                self.close_connection = True
        def log_message(self, *arguments):
            pass

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 64

    server = Server(("127.0.0.1", 0), Handler)
    print("port", server.server_address[1], flush=True)
    server.serve_forever()
    """

  private let bench: Workbench
  private let provider: PythonServer
  private let relay: RelayProcess
  private let port: Int

  init() throws {
    provider = try PythonServer(Self.provider)
    bench = try Workbench(
      destinations: #""crm": {"url": "https://crm.example.com/calls", "paused": true}"#,
      sources: """
        "telecmi": {"provider": "telecmi", "auth": "none",
          "api": {"secret": "${API}", "app_id": 7, "base_url": "http://127.0.0.1:\(provider.port)", "allow_private": true},
          "recordings": {"link_secret": "${LINK}", "public_url": "http://relay.example", "max_in_flight": 64}}
        """)
    relay = try bench.start(environment: Self.secrets, arguments: ["--calls", "127.0.0.1:0"])
    port = try relay.callsPort
  }

  private static let secrets = ["API": secret, "LINK": "0123456789abcdef"]

  /// Path and query, as the command makes them.
  private func link(_ file: String) throws -> String {
    let run = CalledCommand(
      "recordings link --rules \(bench.rules) telecmi \(file)", environment: Self.secrets, now: SystemTime().now())
    #expect(run.code == .done, "\(run.errors)")
    return String(run.output.dropFirst("http://relay.example".count).prefix { $0 != "\n" })
  }

  private func ask(_ file: String) throws -> HTTPConnection {
    let connection = try HTTPConnection(port: port, timeoutSeconds: 120)
    try connection.send(Array("GET \(try link(file)) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".utf8))
    return connection
  }

  @Test func aHundredMebibytesGoThroughInLittleMemory() throws {
    // Once before, so that what is there anyway is there.
    _ = try ask("none.mp3").readResponse()
    let before = try relay.peakMemory()
    let connection = try ask("big.mp3")
    #expect(try connection.readHead().contains("Content-Length: \(Self.length)"))
    #expect(try connection.readToEnd() == Self.length)
    let one = try relay.peakMemory() - before
    // Twenty that are read by nobody.
    let slow = try (0..<20).map { _ in try ask("big.mp3") }
    for connection in slow { _ = try connection.readHead() }
    let again = try ask("big.mp3")
    _ = try again.readHead()
    #expect(try again.readToEnd() == Self.length)
    let many = try relay.peakMemory() - before
    print("recordings: 100 MiB took \(one / 1024) KiB, with 20 slow clients \(many / 1024) KiB")
    #expect(one < 8 << 20)
    #expect(many < 32 << 20)
    _ = slow
    #expect(relay.terminate() == 0)
  }

  @Test func theCommandsLinkIsTakenAndTheSecretIsNowhere() throws {
    let connection = try HTTPConnection(port: port, timeoutSeconds: 60)
    let part = try connection.get(try link("big.mp3"), headers: [("Range", "bytes=5-9")])
    #expect(part.status == 206)
    #expect(part.text == "zzzzz")
    let missing = try connection.get(try link("none.mp3"))
    #expect(missing.status == 404)
    #expect(missing.text.contains("not published"))
    #expect(try connection.get(try link("big.mp3") + "0").status == 403)
    #expect(try relay.metric(#"cdrelay_recordings_total{outcome="refused"}"#) == 2)
    #expect(relay.terminate() == 0)
    for text in [part.head, missing.head + missing.text, relay.printed] { #expect(!text.contains(Self.secret)) }
    for file in try FileManager.default.contentsOfDirectory(atPath: bench.folder.path) {
      let bytes = try Data(contentsOf: URL(fileURLWithPath: bench.folder.file(file)))
      #expect(bytes.range(of: Data(Self.secret.utf8)) == nil, "\(file)")
    }
  }

  @Test func stoppingWhileOneIsUnderWay() throws {
    let connection = try ask("stall.mp3")
    #expect(try connection.readHead().contains("Content-Length: \(Self.length)"))
    let began = ContinuousClock.now
    #expect(relay.terminate() == 0)
    #expect(ContinuousClock.now - began < .seconds(10))
    // Its end is seen to be none: fewer bytes than were promised, or a reset.
    #expect((try? connection.readToEnd()) ?? 0 < Self.length)
  }
}
