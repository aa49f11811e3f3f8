import RelayCore
import TestSupport
import Testing

@testable import ProviderAPIs

/// TeleCMI's lists of calls, as they are documented and as they were seen.
@Suite struct TeleCMIListTests {
  /// Answers each list with pages of ten of so many rows.
  private static func paged(
    _ total: Int, count: Int?
  ) -> @Sendable (ScriptedDestination.Request) -> ScriptedDestination.Answer {
    { request in
      guard request.path == "/v2/answered" else { return .page([], count: count == nil ? nil : 0) }
      let first = (request.page - 1) * 10
      return .page(first..<max(first, min(first + 10, total)), count: count)
    }
  }

  @Test func aRequestHasWhatIsDocumented() throws {
    let fixture = try APIFixture("telecmi") { _ in .page([], count: 0) }
    _ = try fixture.fetch()
    let request = fixture.server.requests[0]
    #expect(request.method == "POST")
    #expect(request["content-type"] == "application/json")
    #expect(
      request.json
        == (try JSONParser.parse(
          """
          {"appid": 2222223, "secret": "s3cr3t-of-ours", "start_date": 1759309200000, "end_date": 1759312800000,
           "page": 1, "limit": 10}
          """)))
    #expect(
      fixture.server.requests.map(\.path) == ["/v2/answered", "/v2/missed", "/v2/out_answered", "/v2/out_missed"])
  }

  @Test func chubIndiaHasTwinsThatTakeAToken() throws {
    let fixture = try APIFixture("telecmi", #", "product": "chub_india""#) { request in
      request.path == "/v1/answered"
        ? .json(#"{"total": 1, "cdr": [{"_id": "x", "to": 1, "time": 1759309200001, "rate": "0.49"}]}"#)
        : .json(#"{"total": 0, "cdr": []}"#)
    }
    let calls = try fixture.fetch()
    #expect(fixture.server.requests.map(\.path) == ["/v1/answered", "/v1/missed", "/v1/outanswered", "/v1/outmissed"])
    #expect(fixture.server.requests[0].json?["token"]?.string == "s3cr3t-of-ours")
    #expect(fixture.server.requests[0].json?["secret"] == nil)
    #expect(calls[0].rows.map { $0["_id"]?.string } == ["x"])
  }

  @Test(arguments: [0, 1, 9, 10, 11, 20, 44]) func pagesAreReadToTheirEnd(total: Int) throws {
    for count in [total, nil] {
      let fixture = try APIFixture("telecmi", answer: Self.paged(total, count: count))
      let calls = try fixture.fetch()
      #expect(calls[0].rows.map { $0["cmiuid"]?.string } == (0..<total).map { "id-\($0)" })
      #expect(calls[0].shortfall == 0)
      // With a count no page is asked for that can't have anything.
      if count != nil {
        #expect(fixture.server.requests.count { $0.path == "/v2/answered" } == max(1, (total + 9) / 10))
      }
    }
  }

  @Test func anAPIThatRepeatsItsLastPageDoesNotGoOnForever() throws {
    let fixture = try APIFixture("telecmi") { request in
      request.path == "/v2/answered" ? .page(0..<10, count: nil) : .page([], count: nil)
    }
    #expect(try fixture.fetch()[0].rows.count == 10)
    #expect(fixture.server.requests.count == 5)
  }

  /// The newest first, and two calls come in behind the first page: its last two rows come again.
  @Test func pagesWithoutAnEndAreNotReadToIt() throws {
    let api = try APIFixture("telecmi") { request in .page(request.page * 10..<request.page * 10 + 10, count: nil) }
    let told = #expect(throws: APIFailure.self) { try api.fetch() }
    #expect(told == .failed("s: /v2/answered gives more than 10000 calls of a minute: its pages do not end"))
  }

  @Test func anAPIThatRepeatsOurSecretIsNotQuoted() throws {
    for status in [200, 400, 401, 500] {
      let api = try APIFixture("telecmi") { _ in
        .json(#"{"code": 401, "msg": "bad secret s3cr3t-of-ours"}"#, status: status)
      }
      let told = #expect(throws: APIFailure.self) { try api.fetch() }
      #expect(
        told?.description.contains("bad secret") == true && told?.description.contains("s3cr3t") == false, "\(status)")
    }
  }

  @Test func aListThatShiftsWhileItIsReadLosesNothing() throws {
    let fixture = try APIFixture("telecmi") { request in
      guard request.path == "/v2/answered" else { return .page([], count: 0) }
      let order = Array((0..<(request.number == 1 ? 25 : 27)).reversed())
      let first = (request.page - 1) * 10
      return .page(order[first..<min(first + 10, order.count)], count: order.count)
    }
    let rows = try fixture.fetch()[0].rows
    #expect(Set(rows.compactMap { $0["cmiuid"]?.string }) == Set((0..<27).map { "id-\($0)" }))
    #expect(rows.count == 27, "each once")
  }

  @Test func whatTheAPICountsAndDoesNotGiveIsTold() throws {
    let fixture = try APIFixture("telecmi") { request in
      guard request.path == "/v2/answered" else { return .page([], count: 0) }
      return request.page == 1 ? .page(0..<10, count: 30) : .page(request.page == 2 ? 10..<15 : 0..<0, count: 30)
    }
    let calls = try fixture.fetch()
    #expect(calls[0].rows.count == 15)
    #expect(calls[0].shortfall == 15)
  }

  @Test func aSliceWithManyCallsIsHalved() throws {
    let fixture = try APIFixture("telecmi") { request in
      guard request.path == "/v2/answered" else { return .page([], count: 0) }
      let from = (request.json?["start_date"]?.integer ?? 0) - 1_759_309_200_000
      let to = (request.json?["end_date"]?.integer ?? 0) - 1_759_309_200_000
      // A call each second and a half: 2,400 an hour, 600 a quarter of one.
      let numbers = Array(Int((from + 1499) / 1500)..<Int((to + 1499) / 1500))
      let first = (request.page - 1) * 10
      guard first < numbers.count else { return .page([], count: numbers.count) }
      return .page(numbers[first..<min(first + 10, numbers.count)], count: numbers.count)
    }
    let answered = try fixture.fetch().filter { $0.endpoint == .answered }
    #expect(answered.map(\.slice.length) == [900_000, 900_000, 900_000, 900_000])
    #expect(Set(answered.flatMap(\.rows).compactMap { $0["cmiuid"]?.string }).count == 2400)
  }

  // MARK: - What goes wrong

  @Test(arguments: [
    #"{"code": 404, "msg": "invalid secret"}"#, #"{"code": "404"}"#, #"{"code": 401}"#,
    #"{"code": "420", "msg": "no"}"#, #"{"error": 401, "msg": "token expired"}"#,
  ]) func refusedCredentialsAreToldAndNotTriedAgain(body: String) throws {
    let fixture = try APIFixture("telecmi") { _ in .json(body) }
    let error = #expect(throws: APIFailure.self) { try fixture.fetch() }
    let told = try #require(error?.description)
    #expect(told.hasPrefix("s: the provider refused our credentials ("))
    #expect(
      told.hasSuffix(
        "put the right ones into api.app_id and api.secret of the source; a wrong path is told the same way")
    )
    #expect(!told.contains("s3cr3t"))
    #expect(fixture.server.requests.count == 1)
  }

  @Test(arguments: [401, 403, 404, 420]) func soAreThoseRefusedByStatus(status: Int) throws {
    let fixture = try APIFixture("telecmi") { _ in .status(status, body: "<html>no</html>") }
    #expect(throws: APIFailure.self) { try fixture.fetch() }
    #expect(fixture.server.requests.count == 1)
  }

  /// Each is better the second time.
  private static let passing: [ScriptedDestination.Answer] = [
    .status(200, body: "<html>Bad gateway</html>"), .json(#"{"code": 502, "msg": "Internal Server Error"}"#),
    .json(#"{"code": "500"}"#), .json(#"{"error": "busy", "msg": "try later"}"#),
    .status(503, headers: ["Retry-After: 7"]), .status(429), .close, .json("[]"), .json(#"{"code": 200, "msg": "ok"}"#),
  ]

  @Test(arguments: passing.indices) func anAnswerThatMayBeBetterLaterIsAskedForAgain(index: Int) throws {
    let answer = Self.passing[index]
    let fixture = try APIFixture("telecmi") { request in
      request.number == 1 ? answer : .page(request.path == "/v2/answered" ? 0..<3 : 0..<0, count: nil)
    }
    #expect(try fixture.fetch()[0].rows.count == 3)
    #expect(fixture.waits.first { $0 >= 1000 } == (index == 4 ? 7000 : 1000))
  }

  @Test func itIsNotAskedForever() throws {
    let fixture = try APIFixture("telecmi") { _ in .status(200, body: "<html>s3cr3t-of-ours</html>") }
    let error = #expect(throws: APIFailure.self) { try fixture.fetch() }
    #expect(
      error?.description
        == "s: /v2/answered failed 5 times, at last with: an answer that is no JSON object; the answer is kept in kept.txt"
    )
    #expect(fixture.server.requests.count == 5)
    #expect(fixture.waits.filter { $0 >= 1000 } == [1000, 2000, 4000, 8000])
    #expect(String(decoding: try #require(fixture.kept.last).body, as: UTF8.self) == "<html>•••</html>")
  }

  @Test func aWrongRequestIsNotAskedAgain() throws {
    let fixture = try APIFixture("telecmi") { _ in .json(#"{"code": 400, "msg": "start_date missing 919999999999"}"#) }
    let error = #expect(throws: APIFailure.self) { try fixture.fetch() }
    #expect(
      error?.description
        == "s: /v2/answered failed: code 400: start_date missing …; the answer is kept in kept.txt")
    #expect(fixture.server.requests.count == 1)
  }

  @Test(arguments: [#"{"count": 0}"#, #"{"code": 200, "count": "0", "cdr": null}"#, #"{"code": "200", "cdr": []}"#])
  func noCallsAreNoError(body: String) throws {
    let fixture = try APIFixture("telecmi") { _ in .json(body) }
    #expect(try fixture.fetch().map(\.rows.count) == [0, 0, 0, 0])
  }

  @Test func whatIsNoRowIsCounted() throws {
    let fixture = try APIFixture("telecmi") { _ in .json(#"{"count": 2, "cdr": [{"cmiuid": "a"}, "b"]}"#) }
    let calls = try fixture.fetch()[0]
    #expect(calls.rows.count == 1)
    #expect(calls.bad == 1)
    #expect(calls.shortfall == 0)
  }

  // MARK: - Pace

  @Test func noMoreRequestsAreMadeASecondThanAllowed() throws {
    let fixture = try APIFixture("telecmi", rate: 2, answer: Self.paged(40, count: 40))
    _ = try fixture.fetch()
    #expect(fixture.server.requests.count == 7)
    #expect(fixture.waits == Array(repeating: 500, count: 6))
  }

  @Test func whoStopsGetsNothingMore() throws {
    let fixture = try APIFixture("telecmi", rate: 2, answer: Self.paged(40, count: 40))
    fixture.stop()
    #expect(throws: APIFailure.stopped) { try fixture.fetch() }
    #expect(fixture.server.requests.count == 1)
  }

  @Test func piopiyHasNoListOfCalls() throws {
    let fixture = try APIFixture("telecmi", #", "product": "piopiy""#) { _ in .close }
    #expect(try fixture.fetch().isEmpty)
    #expect(fixture.server.requests.isEmpty)
  }
}
