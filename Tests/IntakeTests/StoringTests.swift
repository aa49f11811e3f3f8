import HTTPTypes
import TestSupport
import Testing

@Suite struct StoringTests {
  private let open = #"{"telecmi": {"provider": "telecmi", "auth": "none"}}"#

  @Test func aRecordIsOnDiskWhenItsAnswerComes() throws {
    let fixture = try IntakeFixture(sources: open)
    let answer = fixture.post("/hooks/telecmi", missedCall())
    #expect(answer.status == 200)
    #expect(answer.member("status") == "accepted")
    let id = try #require(answer.member("id"))
    #expect(try fixture.text("SELECT call_id FROM record WHERE id = \(id)") == "15b58236-734f-4000-a5e8-78284068f5c7")
    #expect(try fixture.integer("SELECT count(*) FROM delivery WHERE record = \(id) AND destination = 'crm'") == 1)
  }

  @Test func theRowProvesWhereTheRecordCameFrom() throws {
    let fixture = try IntakeFixture(sources: open)
    _ = fixture.post("/hooks/telecmi", missedCall(), peer: "203.0.113.77")
    #expect(try fixture.text("SELECT sender FROM record") == "203.0.113.77")
    #expect(try fixture.text("SELECT credential FROM record") == "none")
    #expect(try fixture.integer("SELECT rules_version FROM record") == 1)
    #expect(try fixture.integer("SELECT length(body_sha256) FROM record") == 32)
    #expect(try fixture.text("SELECT CAST(body AS TEXT) FROM record") == missedCall())
  }

  @Test func theSameRecordAgainIsADuplicateWithTheFirstId() throws {
    let fixture = try IntakeFixture(sources: open)
    let first = fixture.post("/hooks/telecmi", missedCall())
    let second = fixture.post("/hooks/telecmi", missedCall())
    #expect(second.status == 200)
    #expect(second.member("status") == "duplicate")
    #expect(second.member("id") == first.member("id"))
    #expect(try fixture.integer("SELECT count(*) FROM delivery") == 1)
  }

  @Test func theLegsOfOneCallAreTwoRecords() throws {
    let fixture = try IntakeFixture(sources: open)
    _ = fixture.post("/hooks/telecmi", missedCall(leg: "a"))
    let second = fixture.post("/hooks/telecmi", missedCall(leg: "b"))
    #expect(second.member("status") == "accepted")
    #expect(try fixture.integer("SELECT count(*) FROM delivery") == 2)
  }

  @Test func changedContentUnderAKnownKeyIsARevision() throws {
    let fixture = try IntakeFixture(sources: open)
    _ = fixture.post("/hooks/telecmi", missedCall())
    let second = fixture.post("/hooks/telecmi", missedCall(extra: #","filename":"x.mp3""#))
    #expect(second.member("status") == "accepted")
    #expect(try fixture.integer("SELECT max(revision) FROM record") == 1)
    let third = fixture.post("/hooks/telecmi", missedCall())
    #expect(third.member("status") == "duplicate")
  }

  @Test func aRecordByGETIsTheSameAsByPOST() throws {
    let fixture = try IntakeFixture(sources: open)
    let query =
      "virtual_number=440000000000&call_id=c4504776-d91e-123b-29a7-56000429abc3&custom=%7B%22crm%22%3A%22true%22%7D"
      + "&leg=a&type=cdr&appid=2222223&to=442000000000&cmiuuid=15b58236-734f-4000-a5e8-78284068f5c7&status=missed"
      + "&user=202_2222223&time=1650628175336&direction=outbound&hangup_reason=recv_cancel"
    let byGET = fixture.send(HTTPRequest(method: "GET", path: "/hooks/telecmi", query: query))
    #expect(byGET.member("status") == "accepted")
    #expect(try fixture.text("SELECT content_type FROM record") == "application/json")
    let byPOST = fixture.post("/hooks/telecmi", missedCall())
    #expect(byPOST.member("status") == "duplicate")
  }

  @Test func sourcesOfOneGroupShareTheirKeys() throws {
    let fixture = try IntakeFixture(
      sources: """
        {"one": {"provider": "telecmi", "auth": "none", "dedup_group": "both"},
         "two": {"provider": "telecmi", "auth": "none", "dedup_group": "both"},
         "both": {"provider": "telecmi", "auth": "none"}}
        """)
    _ = fixture.post("/hooks/one", missedCall())
    #expect(fixture.post("/hooks/two", missedCall()).member("status") == "duplicate")
    #expect(fixture.post("/hooks/both", missedCall()).member("status") == "accepted")
  }

  @Test func aClosedQueueIsA503ThatSaysWhenToComeBack() throws {
    let fixture = try IntakeFixture(sources: open)
    fixture.queue.close()
    let answer = fixture.post("/hooks/telecmi", missedCall())
    #expect(answer.status == 503)
    #expect(answer.headers["retry-after"] == "5")
    #expect(answer.headers["content-type"] == "application/problem+json")
  }
}
