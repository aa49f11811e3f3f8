import Foundation
import RelayCore
import Synchronization
import TestSupport
import Testing

/// Calls placed through the shipped binary.
@Suite struct CallsTests {
  private static let secret = "app-secret-5f1c9e"
  private static let token = "token-of-the-crm-77"
  private static let environment = ["APP_SECRET": secret, "CRM_TOKEN": token]

  private static func rules(_ provider: ScriptedDestination, product: String, crm: Int, perMinute: Int = 10) -> String {
    """
    {"sources": {"telecmi": {"provider": "telecmi", "auth": "none", "app_ids": [2222223], "api": {"product": "\(product)",
       "base_url": "\(provider.url)", "secret": "${APP_SECRET}", "allow_private": true}}},
     "clients": {"crm": {"token": "${CRM_TOKEN}", "caller_ids": "any", "to_prefixes": "any",
       "rate_per_minute": \(perMinute), "rate_per_day": 100000}},
     "destinations": {"crm": \(Workbench.destination(crm, #""body": {"call": "{{call.id}}", "client": "{{call.request.client}}", "asked": "{{call.request.id}}"},"#))},
     "rules": [{"name": "clicked", "when": {"call": {"request": {"client": "crm"}}}, "send_to": ["crm"]}]}
    """
  }

  private static func post(_ port: Int, _ body: String, key: String) throws -> HTTPConnection.Response {
    try HTTPConnection(port: port, timeoutSeconds: 60).post(
      "/calls/telecmi", Array(body.utf8), headers: [("Authorization", "Bearer \(token)"), ("Idempotency-Key", key)])
  }

  /// The whole story: the click, the answer, both legs' records, forwarded by who asked, and told in one view.
  @Test(arguments: ["chub", "piopiy"]) func aClickAndItsRecords(product: String) throws {
    let provider = try ScriptedDestination { _ in
      .status(200, body: #"{"data":{"status":"progress","request_id":"req-1"},"request_id":"req-1","code":200}"#)
    }
    let crm = try ScriptedDestination { _ in .status(200) }
    let bench = try Workbench(destinations: "")
    try Self.rules(provider, product: product, crm: crm.port).write(
      toFile: bench.rules, atomically: true, encoding: .utf8)
    let relay = try bench.start(environment: Self.environment, arguments: ["--calls", "127.0.0.1:0"])
    let click =
      product == "chub"
      ? #"{"user_id": "103_2222223", "to": 442000000001, "extra_params": {"deal": "7"}}"#
      : #"{"from": 440000000000, "to": 442000000001, "answer_url": "http://crm.example.com/actions"}"#
    let answer = try Self.post(try relay.callsPort, click, key: "click-1")
    #expect(answer.status == 201)
    let id = try #require(try JSONParser.parse(answer.body)["id"]?.string)
    let extra = try JSONParser.parse(try #require(provider.requests.first).body)["extra_params"]?.text
    let hooks = try HTTPConnection(port: relay.port)
    for leg in ["a", "b"] {
      var record: JSONObject = [
        "type": .string("cdr"), "appid": .integer(2_222_223), "leg": .string(leg), "direction": .string("outbound"),
        "status": .string("answered"), "cmiuuid": .string("leg-\(leg)"), "to": .integer(442_000_000_001),
        "time": .integer(1_650_630_551_178), "answeredsec": .integer(6), "request_id": .string("req-1"),
      ]
      record["extra_params"] = extra.map(JSON.string)
      #expect(try hooks.post("/hooks/telecmi", JSON.object(record).bytes).status == 200)
    }
    // One that nobody here asked for.
    let stranger =
      #"{"type":"cdr","appid":2222223,"leg":"a","direction":"outbound","status":"missed","cmiuuid":"x","to":1234567,"time":1650630551178,"request_id":"other"}"#
    #expect(try hooks.post("/hooks/telecmi", Array(stranger.utf8)).status == 200)
    #expect(crm.wait(requests: 2))
    #expect(
      Set(crm.requests.map(\.text))
        == Set(["a", "b"].map { #"{"call":"leg-\#($0)","client":"crm","asked":"\#(id)"}"# }))
    #expect(try bench.wait("SELECT count(*) FROM delivery WHERE state = 'delivered'", is: 2))
    let shown = try CommandRun(["calls", "show", id, "--json", "--database", bench.database])
    let story = try JSONParser.parse(Array(shown.output.utf8))
    #expect(story["state"] == .string("placed") && story["request_id"] == .string("req-1"))
    #expect(story["records"]?.array?.count == 2)
    #expect(relay.terminate() == 0)
    #expect(crm.requests.count == 2 && provider.requests.count == 1)
    for text in [relay.printed, shown.output, answer.text] { #expect(!text.contains(Self.secret)) }
    #expect(!relay.printed.contains("442000000001"))
  }

  /// The provider tells of the call before it answers. Our own id in the record says whose it is; where the API is not documented
  /// to take one (PIOPIY), nobody knows yet: the record is unrouted, and `calls show` finds it by the provider's id.
  @Test(arguments: ["chub", "piopiy"]) func aRecordThatComesBeforeTheAnswer(product: String) throws {
    let port = Mailbox<Int>()
    let told = Mailbox<Int>()
    let provider = try ScriptedDestination { request in
      guard let port = port.next(), let hooks = try? HTTPConnection(port: port) else { return .close }
      let extra = (try? JSONParser.parse(request.body))?["extra_params"]?.text
      var event: JSONObject = [
        "type": .string("event"), "appid": .integer(2_222_223), "leg": .string("a"), "direction": .string("outbound"),
        "status": .string("started"), "cmiuuid": .string("leg-a"), "to": .integer(442_000_000_001),
        "time": .integer(1_650_630_550_178), "request_id": .string("req-1"),
      ]
      event["extra_params"] = extra.map(JSON.string)
      told.put((try? hooks.post("/hooks/telecmi", JSON.object(event).bytes))?.status ?? 0)
      return .status(200, body: #"{"data":{"status":"progress","request_id":"req-1"},"code":200}"#)
    }
    let crm = try ScriptedDestination { _ in .status(200) }
    let bench = try Workbench(destinations: "")
    try Self.rules(provider, product: product, crm: crm.port).write(
      toFile: bench.rules, atomically: true, encoding: .utf8)
    let relay = try bench.start(environment: Self.environment, arguments: ["--calls", "127.0.0.1:0"])
    port.put(relay.port)
    let click =
      product == "chub"
      ? #"{"user_id": "103_2222223", "to": 442000000001}"#
      : #"{"from": 440000000000, "to": 442000000001, "answer_url": "http://crm.example.com/actions"}"#
    let answer = try Self.post(try relay.callsPort, click, key: "click-1")
    #expect(answer.status == 201 && told.next() == 200)
    let id = try #require(try JSONParser.parse(answer.body)["id"]?.string)
    if product == "chub" {
      #expect(crm.wait(requests: 1))
      #expect(crm.requests.first?.text == #"{"call":"leg-a","client":"crm","asked":"\#(id)"}"#)
    }
    #expect(try bench.integer("SELECT count(*) FROM delivery") == (product == "chub" ? 1 : 0))
    let shown = try CommandRun(["calls", "show", id, "--json", "--database", bench.database])
    let records = try JSONParser.parse(Array(shown.output.utf8))["records"]?.array
    #expect(records?.count == 1 && records?.first?["kind"]?.string == "live")
    #expect(relay.terminate() == 0)
  }

  /// 30 SIGKILLs while 200 calls are placed by clients that try again with the same key until they are told.
  @Test func noCallIsDialledTwiceHoweverOftenTheRelayIsKilled() throws {
    var random = SeededRandom(seed: UInt64.random(in: 0 ... .max))
    let seed = random.seed
    let pause = DispatchSemaphore(value: 0)
    let provider = try ScriptedDestination { request in
      // As long as a provider thinks, so that a kill finds calls in all states.
      _ = pause.wait(timeout: .now() + .milliseconds(5 + request.number * 7 % 40))
      if request.number % 17 == 0 { return .close }
      if request.number % 13 == 0 { return .status(200, body: #"{"code":"501","msg":"missing"}"#) }
      return .status(200, body: #"{"code":200,"request_id":"r-\#(request.number)"}"#)
    }
    let crm = try ScriptedDestination { _ in .status(200) }
    let bench = try Workbench(destinations: "")
    try Self.rules(provider, product: "chub", crm: crm.port, perMinute: 1000).write(
      toFile: bench.rules, atomically: true, encoding: .utf8)
    var relay = try bench.start(environment: Self.environment, arguments: ["--calls", "127.0.0.1:0"])
    let port = try relay.callsPort
    let clients = ClickingClients(count: 200, threads: 8) { number in
      try Self.post(port, #"{"user_id": "agent-\#(number)", "to": 442000000001}"#, key: "click-\(number)")
    }
    for kill in 1...30 {
      _ = provider.wait(requests: provider.requests.count + Int(random.next() % 8), seconds: 1)
      _ = pause.wait(timeout: .now() + .microseconds(Int(random.next() % 20_000)))
      relay.kill9()
      relay = try bench.start(environment: Self.environment, arguments: ["--calls", "127.0.0.1:\(port)"])
      #expect(try relay.callsPort == port, "kill \(kill), seed \(seed)")
    }
    let answers = clients.wait()
    #expect(answers.count == 200, "seed \(seed)")
    #expect(relay.terminate() == 0)
    var dialled: [String: Int] = [:]
    var ids: [String: Int] = [:]
    for request in provider.requests {
      let body = try JSONParser.parse(request.body)
      dialled[body["user_id"]?.string ?? "", default: 0] += 1
      ids[body["extra_params"]?["cdrelay_call"]?.string ?? "", default: 0] += 1
    }
    #expect(dialled.values.allSatisfy { $0 == 1 } && ids.values.allSatisfy { $0 == 1 }, "seed \(seed)")
    #expect(try bench.integer("SELECT count(*) FROM call_request") == 200, "seed \(seed)")
    #expect(
      try bench.integer(
        """
        SELECT count(*) FROM call_request
        WHERE settled_at_ms IS NULL OR (state <> 'placed' AND (fault IS NULL OR reason IS NULL))
        """) == 0, "seed \(seed)")
    // What was told is what stands there.
    var counts: [String: Int] = [:]
    for (number, status) in answers {
      let state = try bench.text("SELECT state FROM call_request WHERE idempotency_key = 'click-\(number)'") ?? ""
      counts[state, default: 0] += 1
      let wanted = ["placed": 201, "refused": 422, "unknown": 504][state]
      #expect(status == wanted, "\(number): \(status), \(state), seed \(seed)")
      if state == "placed" { #expect(dialled["agent-\(number)"] == 1, "seed \(seed)") }
    }
    print("calls killed: 30 x SIGKILL, \(counts), \(provider.requests.count) dialled, seed \(seed)")
    for name in try FileManager.default.contentsOfDirectory(atPath: bench.folder.path) where name != "rules.json" {
      let bytes = try Data(contentsOf: URL(fileURLWithPath: bench.folder.file(name)))
      for secret in [Self.secret, Self.token] { #expect(bytes.range(of: Data(secret.utf8)) == nil, "\(name)") }
    }
  }
}

/// Clients that ask again with the same key until they are told what became of their call.
private final class ClickingClients: Sendable {
  private let answers = Mutex<[Int: Int]>([:])
  private let next = Mutex(0)
  private let group = DispatchGroup()

  init(count: Int, threads: Int, _ post: @escaping @Sendable (Int) throws -> HTTPConnection.Response) {
    for _ in 0..<threads {
      group.enter()
      Thread { [self] in
        let pause = DispatchSemaphore(value: 0)
        while true {
          let number = next.withLock { number in
            defer { number += 1 }
            return number
          }
          guard number < count else { break }
          // Killed in the middle, not there yet, under way, or not sent: once more.
          for _ in 0..<20_000 {
            if let answer = try? post(number), ![409, 503].contains(answer.status) {
              answers.withLock { $0[number] = answer.status }
              break
            }
            _ = pause.wait(timeout: .now() + .milliseconds(10))
          }
        }
        group.leave()
      }.start()
    }
  }

  /// By call, its last status. Those that were not told within two minutes are missing.
  func wait() -> [Int: Int] {
    _ = group.wait(timeout: .now() + 120)
    return answers.withLock { $0 }
  }
}
