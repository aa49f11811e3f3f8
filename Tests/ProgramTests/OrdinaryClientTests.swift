import Foundation
import TestSupport
import Testing

/// What a provider's own HTTP library sees: Python's `http.client`, which reads the answer only once it has sent everything.
@Suite struct OrdinaryClientTests {
  private static let script = """
    import http.client, json, sys
    port = int(sys.argv[1])
    def ask(method, path, body=None, headers={}):
        c = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        c.request(method, path, body, headers)
        r = c.getresponse()
        text = r.read().decode()
        print(r.status, r.getheader("content-type"), json.loads(text)["status"])
        c.close()
    good = {"Authorization": "Bearer secret"}
    ask("POST", "/hooks/telecmi", "{}")
    ask("POST", "/hooks/callr", "{}", {"X-CALLR-HmacSignature": "AAAA"})
    ask("POST", "/hooks/nobody", "{}")
    ask("POST", "/hooks/telecmi", "not json", good)
    ask("POST", "/hooks/telecmi", '{"hello": "world"}', good)
    ask("POST", "/hooks/telecmi", "x" * 2_000_000, good)
    ask("BREW", "/hooks/telecmi", None, good)
    ask("DELETE", "/hooks/telecmi", None, good)
    """

  @Test func eachRefusalIsSeenWithItsProblemDocument() throws {
    let bench = try Workbench(
      destinations: #""crm": {"url": "https://crm.example.com/calls", "paused": true}"#,
      sources: """
        "telecmi": {"provider": "telecmi", "auth": {"token": "secret"}},
        "callr": {"provider": "callr", "auth": {"hmac": {"secret": "secret"}}}
        """)
    let relay = try bench.start()
    let file = bench.folder.file("client.py")
    try Self.script.write(toFile: file, atomically: true, encoding: .utf8)
    let python = Process()
    python.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    python.arguments = ["python3", file, String(relay.port)]
    let output = Pipe()
    python.standardOutput = output
    try python.run()
    let lines = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      .split(separator: "\n").map(String.init)
    python.waitUntilExit()
    #expect(
      lines
        == [401, 401, 404, 400, 422, 413, 501, 405].map { "\($0) application/problem+json \($0)" })
    // What was authenticated stands in quarantine.
    #expect(try bench.integer("SELECT count(*) FROM quarantine") == 3)
    #expect(try bench.integer("SELECT size FROM quarantine WHERE status = 413") == 2_000_000)
    #expect(relay.terminate() == 0)
  }
}
