import Providers
import RelayCore
import Testing

@Suite struct GenericTests {
  @Test func theKeyIsWhatItsPathNames() throws {
    let record = try decode(#"{"call":{"uuid":"u:1","n":5}}"#, settings(.generic, key: "call.uuid"))
    #expect(record.kind == .cdr)
    #expect(record.call == call { $0.id = "u:1" })
    #expect(record.identity.key == "u%3A1")
    #expect(record.identity.time == ms(0))
    #expect(try decode(#"{"call":{"uuid":7}}"#, settings(.generic, key: "call.uuid")).identity.key == "7")
    #expect(try decode(#"{"legs":[{"id":"x"}]}"#, settings(.generic, key: "legs.0.id")).identity.key == "x")
    #expect(try decode(#"{"id":true}"#, settings(.generic, key: "id")).identity.key == "true")
  }

  @Test(arguments: [
    (
      #"{"call":{}}"#,
      "no call.uuid in the body: sources.here.key says that it identifies a record; send it, or mend key"
    ),
    (
      #"{"call":{"uuid":null}}"#,
      "no call.uuid in the body: sources.here.key says that it identifies a record; send it, or mend key"
    ),
    (
      "[1]", "no call.uuid in the body: sources.here.key says that it identifies a record; send it, or mend key"
    ),
    (
      #"{"call":{"uuid":""}}"#,
      "call.uuid is empty: sources.here.key needs text or a number that identifies a record"
    ),
    (
      #"{"call":{"uuid":{"a":1}}}"#,
      "call.uuid is an object: sources.here.key needs text or a number that identifies a record"
    ),
  ])
  func aRecordWithoutItsKeyIsNotAcceptable(text: String, reason: String) {
    let refusal = #expect(throws: Unacceptable.self) {
      try decode(text, settings(.generic, key: "call.uuid"))
    }
    #expect(refusal == Unacceptable(status: 422, reason: reason))
  }

  @Test func withoutAKeyTheBodyIsTheKey() throws {
    let one = try decode(#"{"a":1,"b":[1.0,2]}"#, .generic)
    let same = try decode(#" { "b": [1, 2e0], "a": 1 } "#, .generic)
    #expect(one.identity == same.identity)
    #expect(one.identity.key.utf8.count == 32)
    #expect(one.call == Call())
    let other = try decode(#"{"a":1,"b":[1,3]}"#, .generic)
    #expect(one.identity.key != other.identity.key)
    let first = try decode(#"{"event_id":1,"a":1}"#, .generic)
    let second = try decode(#"{"event_id":2,"a":1}"#, .generic)
    #expect(first.identity.key != second.identity.key, "two events that differ in nothing but their id are two")
  }

  @Test(arguments: ["[1,2]", "\"text\"", "5", "true", " [ ] "])
  func anyJSONIsARecord(text: String) throws {
    let record = try decode(text, .generic)
    #expect(record.body.json == (try JSONParser.parse(text)))
  }

  @Test func ignoredChangesMakeNoRevision() throws {
    let settings = settings(.generic, key: "id", ignore: ["sent_at"])
    let first = try decode(#"{"id":1,"sent_at":1,"x":1}"#, settings)
    let again = try decode(#"{"id":1,"sent_at":2,"x":1}"#, settings)
    let revision = try decode(#"{"id":1,"sent_at":2,"x":2}"#, settings)
    #expect(first.identity == again.identity)
    #expect(first.identity.key == revision.identity.key)
    #expect(first.identity.content != revision.identity.content)
  }
}
