import Foundation
import TestSupport
import Testing

/// A service manager holds the listening sockets and restarts the relay while senders post, each on a new connection.
@Suite struct RestartTests {
  /// Prints, as JSON, what became of the posts and how the relays ended.
  private static let manager = #"""
    import collections, http.client, json, os, signal, socket, subprocess, sys, threading, time
    binary, rules, database, number = sys.argv[1:]
    sockets = []
    for name in ("hooks", "admin"):
        s = socket.socket()
        s.bind(("127.0.0.1", 0))
        s.listen(4096)
        sockets.append(s)
    assert [s.fileno() for s in sockets] == [3, 4]
    port = sockets[0].getsockname()[1]
    outcomes, lock, done = collections.Counter(), threading.Lock(), threading.Event()

    def start():
        return subprocess.Popen(
            ["sh", "-c", 'LISTEN_PID=$$ exec "$@"', "sh", binary, "serve", "--rules", rules, "--database", database],
            pass_fds=(3, 4), env={**os.environ, "LISTEN_FDS": "2", "LISTEN_FDNAMES": "hooks:admin"},
            stderr=subprocess.PIPE, text=True)

    def post(client):
        n = 0
        while not done.is_set():
            n += 1
            body = json.dumps({"type": "cdr", "status": "missed", "direction": "outbound", "leg": "a", "appid": 2222223,
                               "cmiuid": f"{client}-{n}", "time": 1700000000000 + n})
            outcome = "not connected"
            try:
                c = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
                c.connect()
                outcome = "broken"
                c.request("POST", "/hooks/telecmi", body)
                outcome = str(c.getresponse().status)
            except OSError as error:
                outcome += f": {type(error).__name__}" if outcome == "not connected" else ""
            except http.client.HTTPException:
                pass
            c.close()
            with lock:
                outcomes[outcome] += 1

    relay, codes, said = start(), [], ""
    clients = [threading.Thread(target=post, args=(i,), daemon=True) for i in range(8)]
    for client in clients: client.start()
    for round in range(5):
        goal = outcomes["200"] + 100
        deadline = time.time() + 30
        while outcomes["200"] < goal and time.time() < deadline: time.sleep(0.01)
        relay.send_signal(int(number))
        said = relay.communicate()[1]
        codes.append(relay.returncode)
        relay = start()
    goal = outcomes["200"] + 100
    deadline = time.time() + 30
    while outcomes["200"] < goal and time.time() < deadline: time.sleep(0.01)
    done.set()
    for client in clients: client.join()
    relay.terminate()
    relay.communicate()
    print(json.dumps({"outcomes": outcomes, "codes": codes, "said": said}))
    """#

  private struct Result: Decodable {
    let outcomes: [String: Int]
    let codes: [Int32]
    let said: String
  }

  @Test func aRestartRefusesNobody() throws {
    let bench = try Workbench(destinations: #""crm": {"url": "https://crm.example.com/calls", "paused": true}"#)
    let result = try restart(bench, SIGTERM)
    #expect(result.codes == [0, 0, 0, 0, 0])
    #expect(Array(result.outcomes.keys) == ["200"], "\(result.outcomes)")
    let posted = Int64(result.outcomes["200"] ?? 0)
    #expect(posted >= 600)
    #expect(try bench.integer("SELECT count(*) FROM record") == posted)
    #expect(result.said.contains("relay.listening listener=hooks socket_of=service_manager address=127.0.0.1:"))
    #expect(result.said.contains("relay.listening listener=admin socket_of=service_manager address=127.0.0.1:"))
  }

  @Test func afterSIGKILLOnlyRequestsUnderWayAreBroken() throws {
    let bench = try Workbench(destinations: #""crm": {"url": "https://crm.example.com/calls", "paused": true}"#)
    let result = try restart(bench, SIGKILL)
    #expect(result.codes == [-9, -9, -9, -9, -9])
    #expect(Set(result.outcomes.keys).isSubset(of: ["200", "broken"]), "\(result.outcomes)")
    // Eight senders have eight requests under way at most.
    #expect(result.outcomes["broken", default: 0] <= 40)
    #expect(result.outcomes["200", default: 0] >= 600)
  }

  private func restart(_ bench: Workbench, _ signal: Int32) throws -> Result {
    let file = bench.folder.file("manager.py")
    try Self.manager.write(toFile: file, atomically: true, encoding: .utf8)
    let python = Process()
    python.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    python.arguments = ["python3", file, try RelayProcess.binary, bench.rules, bench.database, "\(signal)"]
    let output = Pipe()
    python.standardOutput = output
    try python.run()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    python.waitUntilExit()
    return try JSONDecoder().decode(Result.self, from: text)
  }

  // MARK: Clear rules

  @Test func anOptionForASocketThatIsThereIsWrongUsage() throws {
    let run = try serve(#"LISTEN_PID=$$ LISTEN_FDS=1 exec "$@" --listen 127.0.0.1:0 3<&0"#)
    #expect(run.exitCode == 2)
    #expect(run.errors.contains("--listen: the service manager passed on a socket for the same (LISTEN_FDS)"))
  }

  @Test func socketsOfAnotherProcessAreToldOf() throws {
    let bench = try Workbench(destinations: #""crm": {"url": "https://crm.example.com/calls", "paused": true}"#)
    let relay = try bench.start(environment: ["LISTEN_PID": "1", "LISTEN_FDS": "1"])
    #expect(relay.prints("info relay.sockets_passed_over listen_pid=1 pid=\(relay.pid) "))
    relay.terminate()
    let other = try bench.start()
    other.terminate()
    #expect(!other.printed.contains("sockets_passed_over"))
  }

  @Test func aSocketOfAnotherNameIsNotServed() throws {
    let run = try serve(#"LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=web exec "$@" 3<&0"#)
    #expect(run.exitCode == 1)
    #expect(
      run.errors.contains(
        "LISTEN_FDNAMES: expected hooks, admin and calls, found web; write FileDescriptorName=hooks, "))
  }

  @Test func whatIsNoListeningSocketIsNamed() throws {
    let run = try serve(#"LISTEN_PID=$$ LISTEN_FDS=1 exec "$@" 3<&0"#)
    #expect(run.exitCode == 1)
    #expect(run.errors.contains("LISTEN_FDS: file descriptor 3: expected a listening TCP socket"))
  }

  private func serve(_ script: String) throws -> CommandRun {
    let bench = try Workbench(destinations: #""crm": {"url": "https://crm.example.com/calls", "paused": true}"#)
    defer { #expect(!FileManager.default.fileExists(atPath: bench.database), "nothing is left behind") }
    return try CommandRun(
      ["-c", script, "sh", try RelayProcess.binary, "serve", "--rules", bench.rules, "--database", bench.database],
      program: "/bin/sh")
  }
}
