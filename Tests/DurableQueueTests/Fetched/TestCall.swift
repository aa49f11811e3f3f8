import Digests
import DurableQueue
import HTTPTypes
import RelayCore
import TestSupport

/// A record as these tests write it: what its call says stands in its body, as the decoder of a provider would find it.
struct TestCall {
  var id = ""
  var conversation: String?
  var leg: Call.Leg?
  var role: Call.Role? = .call
  var direction: Call.Direction = .inbound
  var status: Call.Status = .answered
  var customer: String? = "33639980042"
  var our: String? = "33199001234"
  var agent: String? = "204"
  var time = ManualTime.start
  var total: Int64?
  var answered: Int64? = 60
  var source = "telecmi"

  private var body: JSONObject {
    var object: JSONObject = [
      "id": .string(id), "direction": .string(direction.rawValue), "status": .string(status.rawValue),
    ]
    object["conversation"] = conversation.map(JSON.string)
    object["leg"] = leg.map { .string($0.rawValue) }
    object["role"] = role.map { .string($0.rawValue) }
    object["customer"] = customer.map(JSON.string)
    object["our"] = our.map(JSON.string)
    object["agent"] = agent.map(JSON.string)
    object["total"] = total.map(JSON.integer)
    object["answered"] = answered.map(JSON.integer)
    object["time"] = .integer(time.milliseconds)
    return object
  }

  var raw: RawRecord {
    RawRecord(body: JSON.object(body).bytes, contentType: nil, headers: HTTPHeaders(), query: FormFields())
  }

  static func read(_ raw: RawRecord, source: String) -> Record? {
    guard let body = (try? JSONParser.parse(raw.body))?.object else { return nil }
    var call = Call()
    call.id = body["id"]?.string
    call.conversationID = body["conversation"]?.string
    call.leg = body["leg"]?.string.flatMap(Call.Leg.init)
    call.role = body["role"]?.string.flatMap(Call.Role.init)
    call.direction = body["direction"]?.string.flatMap(Call.Direction.init)
    call.status = body["status"]?.string.flatMap(Call.Status.init)
    call.customerNumber = body["customer"]?.string
    call.ourNumber = body["our"]?.string
    (call.from, call.to) =
      call.direction == .inbound ? (call.customerNumber, body["our"]?.string) : (nil, call.customerNumber)
    // As leg a of an outbound call, which rings the agent.
    if call.role == .leg { (call.customerNumber, call.to) = (nil, body["our"]?.string) }
    call.agent = body["agent"]?.string
    call.totalSeconds = body["total"]?.integer
    call.answeredSeconds = body["answered"]?.integer
    let time = Instant(milliseconds: body["time"]?.integer ?? 0)
    call.startedAt = time
    let key = [call.id, call.leg?.rawValue, call.status?.rawValue, call.agent].map { $0 ?? "-" }.joined(separator: ":")
    return Record(
      source: source, provider: .telecmi, kind: .cdr, call: call, body: JSONView(.object(body)), headers: HTTPHeaders(),
      query: FormFields(),
      identity: RecordIdentity(key: key, time: time, content: Array(SHA256.hash(raw.body).prefix(16))))
  }

  /// As it comes by webhook.
  func sent(at: Instant = ManualTime().now()) -> NewRecord {
    let raw = raw
    guard let record = Self.read(raw, source: source) else { fatalError("the test's own body can't be read") }
    return NewRecord(
      record: record, raw: raw, routes: [Route(destination: "crm", rule: "all")], receivedAt: at, sender: "192.0.2.7",
      credential: "token", bodyHash: SHA256.hash(raw.body), rulesVersion: 1, dedupScope: "source telecmi")
  }

  /// As it is fetched.
  func fetched(_ origin: FetchedMark.Origin = .api) -> FetchedRecord {
    let raw = raw
    guard let record = Self.read(raw, source: source) else { fatalError("the test's own body can't be read") }
    return FetchedRecord(
      record: record, raw: raw, dedupScope: "source telecmi", receivedAt: ManualTime().now(), sender: "api.example.com",
      credential: origin == .api ? FetchedMark.credential : FetchedMark.imported(by: "ann")
    ) { _ in [Route(destination: "crm", rule: "all"), Route(destination: "archive", rule: "all")] }
  }

  func changed(_ change: (inout TestCall) -> Void) -> TestCall {
    var copy = self
    change(&copy)
    return copy
  }
}

extension ManualTime {
  static let start = Instant(milliseconds: 1_759_309_200_000)
}

/// A relay's database that a backfill visits.
struct FetchFixture {
  let fixture: QueueFixture
  let visitor: QueueVisitor

  init() throws {
    fixture = try QueueFixture()
    visitor = try QueueVisitor(path: fixture.path)
  }

  func receive(_ calls: TestCall...) throws {
    try receive(calls)
  }

  func receive(_ calls: [TestCall]) throws {
    for call in calls { _ = try fixture.queue.admit(call.sent()).get() }
  }

  func run(tolerance: Int64 = FetchedRun.defaultTolerance) -> FetchedRun {
    FetchedRun(sources: ["telecmi"], tolerance: tolerance) { stored in
      stored.raw.flatMap { TestCall.read($0, source: stored.row.source) }
    }
  }

  func compare(_ calls: TestCall...) throws -> [FetchedOutcome] {
    try visitor.compareFetched(calls.map { $0.fetched() }, run())
  }

  @discardableResult
  func admit(
    _ calls: [TestCall], _ run: FetchedRun? = nil, _ origin: FetchedMark.Origin = .api
  ) throws -> [FetchedOutcome] {
    let action = Action(at: ManualTime().now(), user: "ann", command: "backfill telecmi")
    var running = RunningAction(action)
    return try visitor.admitFetched(
      calls.map { $0.fetched(origin) }, run ?? self.run(), rules: .file(text: "{}"), action: action, &running)
  }
}

extension FetchedOutcome {
  var isStored: Bool { if case .stored = self { true } else { false } }
  var sign: KnownCall.Sign? {
    switch self {
    case .known(let call), .different(let call, _): call.sign
    default: nil
    }
  }
}
