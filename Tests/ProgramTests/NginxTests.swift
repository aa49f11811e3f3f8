import Foundation
import TestSupport
import Testing

/// README's nginx example, run: TLS outside, the sender's address inside, and no token in any log.
@Suite struct NginxTests {
  /// Each line of standard input is a request: path, bytes of the body (0: a record), the client's own address, headers.
  private static let client = """
    import http.client, json, ssl, sys
    port, certificate = int(sys.argv[1]), sys.argv[2]
    context = ssl.create_default_context(cafile=certificate)
    record = '{"type":"cdr","cmiuuid":"%d","appid":2222223,"status":"answered","direction":"inbound","time":1634720920615}'
    for number, line in enumerate(sys.stdin):
        path, size, address, headers = json.loads(line)
        c = http.client.HTTPSConnection("127.0.0.1", port, timeout=30, context=context, source_address=(address, 0))
        body = "x" * size if size else record % number if "telecmi" in path else '{"callid":%d,"status":"answered"}' % number
        c.request("POST", path, body, headers)
        r = c.getresponse()
        kind, text = r.getheader("content-type"), r.read().decode()
        print(r.status, kind, json.loads(text)["status"] if "json" in kind else "-", r.getheader("retry-after") or "-")
        c.close()
    """

  private struct Request {
    let path: String
    var size = 0
    var address = "127.0.0.2"
    var headers: [String: String] = [:]

    var line: String {
      let fields = headers.map { "\"\($0.key)\": \"\($0.value)\"" }.joined(separator: ", ")
      return "[\"\(path)\", \(size), \"\(address)\", {\(fields)}]\n"
    }
  }

  private func send(_ requests: [Request], through nginx: NginxProcess) throws -> [String] {
    let run = try CommandRun(
      ["-c", Self.client, String(nginx.port), nginx.certificate], input: requests.map(\.line).joined(),
      program: "/usr/bin/python3")
    #expect(run.exitCode == 0, "\(run.errors)")
    return run.output.split(separator: "\n").map(String.init)
  }

  @Test func theExampleBringsRecordsAndTheirSendersAndLogsNoToken() throws {
    let bench = try Workbench(
      destinations: #""crm": {"url": "https://crm.example.com/calls", "paused": true}"#,
      sources: """
        "telecmi": {"provider": "telecmi", "auth": {"token": "right-token-123456"}},
        "callr": {"provider": "callr", "auth": {"token": "right-token-123456", "allow_from": ["127.0.0.2"]}}
        """,
      relay: #"{"trusted_proxies": ["127.0.0.1"]}"#)
    let relay = try bench.start()
    let nginx = try NginxProcess(upstream: relay.port)
    let forged = ["X-Forwarded-For": "127.0.0.2", "Forwarded": "for=127.0.0.2"]
    let answers = try send(
      [
        Request(path: "/hooks/telecmi/right-token-123456"),
        Request(path: "/hooks/telecmi?token=right-token-123456"),
        Request(path: "/hooks/telecmi", headers: ["Authorization": "Bearer right-token-123456"]),
        Request(path: "/hooks/callr/right-token-123456"),
        // Not from the address that is allowed, whatever it says of itself.
        Request(path: "/hooks/callr/right-token-123456", address: "127.0.0.3"),
        Request(path: "/hooks/callr/right-token-123456", address: "127.0.0.3", headers: forged),
        Request(path: "/hooks/callr/right-token-123456", headers: ["Forwarded": "for=192.0.2.1"]),
        Request(path: "/hooks/telecmi/wrong-token-123456"),
        Request(path: "/hooks/telecmi?token=wrong-token-123456&a=b"),
        // The source's name was forgotten.
        Request(path: "/hooks/right-token-123456"), Request(path: "/right-token-123456"),
        // Above the relay's limit, and above nginx's.
        Request(path: "/hooks/telecmi/right-token-123456", size: 1_500_000),
        Request(path: "/hooks/telecmi/right-token-123456", size: 3_000_000),
      ], through: nginx)
    let problem = "application/problem+json"
    #expect(
      answers == [
        "200 application/json accepted -", "200 application/json accepted -", "200 application/json accepted -",
        "200 application/json accepted -", "403 \(problem) 403 -", "403 \(problem) 403 -",
        "200 application/json accepted -", "401 \(problem) 401 -", "401 \(problem) 401 -", "404 \(problem) 404 -",
        "404 text/html - -", "413 \(problem) 413 -", "413 \(problem) 413 -",
      ])
    #expect(try bench.integer("SELECT count(*) FROM record WHERE sender = '127.0.0.2'") == 5)
    #expect(try bench.integer("SELECT count(*) FROM record") == 5)
    // The relay's own 413 leaves a row that says who sent it.
    #expect(try bench.text("SELECT size || ' ' || sender FROM quarantine") == "1500000 127.0.0.2")

    #expect(relay.terminate() == 0)
    let down = try send([Request(path: "/hooks/telecmi/right-token-123456")], through: nginx)
    #expect(down == ["503 \(problem) 503 5"])

    nginx.stop()
    let lines = nginx.accessLog.split(separator: "\n")
    #expect(lines.count == 14)
    #expect(lines.first?.hasPrefix("127.0.0.2 [") == true && lines.first?.contains(" POST telecmi 200 ") == true)
    for (name, status) in [("telecmi", 401), ("callr", 403), ("telecmi", 413), ("telecmi", 503), ("-", 404)] {
      #expect(lines.contains { $0.contains(" POST \(name) \(status) ") }, "\(name) \(status)")
    }
    for name in try FileManager.default.contentsOfDirectory(atPath: nginx.folder.path) where name.hasSuffix(".log") {
      let log = try String(contentsOfFile: nginx.folder.file(name), encoding: .utf8)
      #expect(!log.contains("token-123456"), "\(name)")
    }
    #expect(!nginx.errorLog.contains("token-123456"))
    #expect(!relay.printed.contains("token-123456"))
  }
}
