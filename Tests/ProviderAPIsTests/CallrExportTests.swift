import HTTPTypes
import Outgoing
import RelayCore
import TestSupport
import Telemetry
import Testing

@testable import ProviderAPIs

/// Callr's export: POST, task, file. What is not documented is taken in each likely spelling.
@Suite struct CallrExportTests {
  private static let csv = "callid,status\r\n1,answered\r\n"

  /// A server whose export answers `begun`, and whose task says `task`.
  private static func fixture(
    _ begun: ScriptedDestination.Answer = .json(#"{"id": "t-1"}"#, status: 202),
    task: ScriptedDestination.Answer = .json(#"{"status": "done", "url": "/files/1.csv"}"#),
    file: ScriptedDestination.Answer = .status(200, headers: ["Content-Type: text/csv"], body: csv)
  ) throws -> APIFixture {
    try APIFixture("callr") { request in
      if request.path == "/calls/export" { return begun }
      return request.path.hasPrefix("/tasks/") ? task : file
    }
  }

  @Test func theRequestIsTheDocumentedOne() throws {
    let fixture = try Self.fixture()
    #expect(try fixture.fetch().map(\.csv) == [Self.csv, Self.csv])
    let requests = fixture.server.requests
    #expect(requests.map(\.method) == ["POST", "GET", "GET", "POST", "GET", "GET"])
    #expect(
      requests[0].target
        == "/calls/export?direction=inbound&from=2025-10-01T09%3A00%3A00.000Z&to=2025-10-01T10%3A00%3A00.000Z")
    #expect(requests[0]["x-api-key"] == "s3cr3t-of-ours")
    #expect(requests[0]["accept"]?.contains("application/json") == true)
    #expect(requests[1].path == "/tasks/t-1")
    #expect(requests[2].path == "/files/1.csv")
    #expect(requests[3].target.contains("direction=outbound"))
  }

  @Test(arguments: [
    #"{"id": "t-1"}"#, #"{"taskid": "t-1"}"#, #"{"taskId": "t-1"}"#, #"{"task_id": "t-1"}"#, #"{"sid": "t-1"}"#,
    #"{"task": "t-1"}"#, #"{"task": {"id": "t-1", "status": "pending"}}"#, #"{"data": {"task": {"uuid": "t-1"}}}"#,
    #"{"status": "pending", "data": {"id": "t-1"}}"#, #"{"job": {"hash": "t-1"}}"#,
  ]) func theTaskIsFoundWhereverItStands(body: String) throws {
    let fixture = try Self.fixture(.json(body, status: 202))
    _ = try fixture.fetch()
    #expect(fixture.server.requests[1].path == "/tasks/t-1")
  }

  @Test func orInTheLocation() throws {
    let fixture = try Self.fixture(.status(202, headers: ["Location: https://api.callr.com/v2.0/tasks/t-1?x=1"]))
    _ = try fixture.fetch()
    #expect(fixture.server.requests[1].path == "/tasks/t-1")
  }

  @Test(arguments: [
    #"{"url": "/files/1.csv"}"#, #"{"state": "FINISHED", "result": {"url": "/files/1.csv"}}"#,
    #"{"status": "completed", "data": {"file": {"href": "/files/1.csv"}}}"#, #"{"result": "/files/1.csv"}"#,
    #"{"status": "success", "links": [{"href": "/files/1.csv"}]}"#, #"{"output": {"downloadUrl": "/files/1.csv"}}"#,
  ]) func soIsTheFile(body: String) throws {
    let fixture = try Self.fixture(task: .json(body))
    #expect(try fixture.fetch()[0].csv == Self.csv)
  }

  @Test func aTaskIsAskedForUntilItIsDone() throws {
    let looks = Looks()
    let fixture = try APIFixture("callr") { request in
      if request.path == "/calls/export" { return .json(#"{"id": 7}"#, status: 202) }
      guard request.path == "/tasks/7" else { return .status(200, body: Self.csv) }
      return looks.next() % 4 == 0
        ? .json(#"{"id": 7, "status": "done", "url": "/f"}"#)
        : .json(#"{"id": 7, "status": "running"}"#, status: 202)
    }
    #expect(try fixture.fetch().map(\.csv) == [Self.csv, Self.csv])
    #expect(fixture.waits.filter { $0 >= 200 }.prefix(4) == [200, 400, 800, 1600])
  }

  @Test func aTaskThatIsNeverDoneIsGivenUp() throws {
    let fixture = try Self.fixture(task: .json(#"{"status": "running"}"#))
    let error = #expect(throws: APIFailure.self) { try fixture.fetch() }
    #expect(error?.description == "s: the export's task is not done after 10 minutes")
  }

  @Test func aTaskThatFailedIsTold() throws {
    let fixture = try Self.fixture(task: .json(#"{"status": "failed", "code": "too-wide", "message": "range"}"#))
    let error = #expect(throws: APIFailure.self) { try fixture.fetch() }
    #expect(
      error?.description
        == "s: /tasks failed: the task ended as failed: too-wide: range; the answer is kept in kept.txt")
  }

  @Test func aTaskMayWantPOST() throws {
    let fixture = try APIFixture("callr") { request in
      if request.path == "/calls/export" { return .json(#"{"id": "t"}"#, status: 202) }
      guard request.path == "/tasks/t" else { return .status(200, body: Self.csv) }
      return request.method == "POST" ? .json(#"{"url": "/f"}"#) : .status(405)
    }
    #expect(try fixture.fetch().map(\.csv) == [Self.csv, Self.csv])
    #expect(fixture.server.requests.count { $0.path == "/tasks/t" && $0.method == "GET" } == 1, "learnt once")
  }

  @Test func theFileMayBeTheAnswerItself() throws {
    let fixture = try Self.fixture(.status(200, headers: ["Content-Type: text/csv"], body: Self.csv))
    #expect(try fixture.fetch().map(\.csv) == [Self.csv, Self.csv])
    #expect(try Self.fixture(.status(204)).fetch().map(\.csv) == ["", ""])
  }

  @Test func theKeyGoesToTheAPIsOwnHostOnly() throws {
    let other = try ScriptedDestination { _ in .status(200, body: Self.csv) }
    let fixture = try Self.fixture(task: .json(#"{"url": "\#(other.url)/1.csv?signature=x"}"#))
    #expect(try fixture.fetch().map(\.csv) == [Self.csv, Self.csv])
    #expect(other.requests.count == 2)
    #expect(other.requests.allSatisfy { $0["x-api-key"] == nil })
  }

  @Test func evenWhereTheFileIsMovedThere() throws {
    let other = try ScriptedDestination { _ in .status(200, body: Self.csv) }
    let fixture = try Self.fixture(file: .status(302, headers: ["Location: \(other.url)/1.csv"]))
    #expect(try fixture.fetch().map(\.csv) == [Self.csv, Self.csv])
    #expect(other.requests.allSatisfy { $0["x-api-key"] == nil })
  }

  @Test(arguments: ["file:///etc/passwd", "//evil.example/x", "ftp://h/f", "https://h/a b"])
  func otherAddressesAreNotAsked(url: String) throws {
    let fixture = try Self.fixture(task: .json(#"{"status": "done", "url": "\#(url)"}"#))
    let error = #expect(throws: APIFailure.self) { try fixture.fetch() }
    #expect(error?.description.hasPrefix("s: ") == true)
    #expect(fixture.server.requests.allSatisfy { $0.path == "/calls/export" || $0.path.hasPrefix("/tasks/") })
  }

  @Test(arguments: [401, 403]) func refusedCredentialsAreTold(status: Int) throws {
    let fixture = try Self.fixture(.json(#"{"code": "unauthorized", "message": "bad key"}"#, status: status))
    let error = #expect(throws: APIFailure.self) { try fixture.fetch() }
    #expect(
      error?.description
        == "s: the provider refused our credentials (\(status): unauthorized: bad key, at /calls/export): put the right ones "
        + "into api.secret of the source; a wrong path is told the same way")
    #expect(fixture.server.requests.count == 1)
  }

  @Test(arguments: [500, 503]) func itsTroubleIsWaitedFor(status: Int) throws {
    let fixture = try APIFixture("callr") { request in
      request.number == 1 ? .status(status) : .status(200, headers: ["Content-Type: text/csv"], body: Self.csv)
    }
    #expect(try fixture.fetch().map(\.csv) == [Self.csv, Self.csv])
  }

  @Test(arguments: [400, 405]) func aWrongRequestIsNotAskedAgain(status: Int) throws {
    let fixture = try Self.fixture(.json(#"{"code": "bad-range", "message": "no"}"#, status: status))
    #expect(throws: APIFailure.self) { try fixture.fetch() }
    #expect(fixture.server.requests.count == 1)
    #expect(fixture.kept.count == 1)
  }

  /// 1 MiB is read of an answer: a longer file is asked for in halves.
  @Test func aFileThatIsTooLongIsAskedForInHalves() throws {
    let fixture = try APIFixture("callr") { request in
      let isWhole =
        request.target.contains("from=2025-10-01T09%3A00%3A00.000Z")
        && request.target.contains("to=2025-10-01T10%3A00%3A00.000Z")
      let line = "1234567890123456789,answered,inbound,+33639980042,+33199001234\n"
      let body = "callid,status,direction,callerNumber,callee\n" + String(repeating: line, count: isWhole ? 20_000 : 10)
      return .status(200, headers: ["Content-Type: text/csv"], body: body)
    }
    #expect(try fixture.fetch().map(\.slice.length) == [1_800_000, 1_800_000, 1_800_000, 1_800_000])
  }

  @Test(arguments: [
    ("https://API.callr.com/v2.0", "https://api.callr.com"), ("http://h:8080?x", "http://h:8080"),
    ("https://api.callr.com@evil.example/x", "https://api.callr.com@evil.example"),
    (#"https://api.callr.com\evil"#, "https://api.callr.com"),
  ]) func anOriginIsSchemeHostAndPort(url: String, origin: String) {
    #expect(CallrExport.origin(url) == origin)
  }
}

/// Counts from 1, on any thread.
private final class Looks: Sendable {
  private let count = Telemetry.Counter()

  func next() -> Int64 { count.add() }
}
