import RelayCore
import Testing

@Suite struct JSONWriterTests {
  @Test func compactInTheOrderOfTheMembers() {
    let value = JSON.object(["b": .array([.integer(1), .null]), "a": .bool(true), "c": .object([:]), "d": .array([])])
    #expect(value.text == #"{"b":[1,null],"a":true,"c":{},"d":[]}"#)
  }

  @Test func onlyWhatMustBeIsEscaped() {
    #expect(
      JSON.string("a\"b\\c/d\n\r\t\u{8}\u{c}\u{0}\u{1f}\u{7f}é😀").text
        == #""a\"b\\c/d\n\r\t\u0008\u000c\u0000\u001f"# + "\u{7f}é😀\"")
    #expect(JSON.string("\"").text == #""\"""#)
    #expect(JSON.string("").text == "\"\"")
  }

  @Test func canonicalHasOneSpellingForEachValue() throws {
    let one = try JSONParser.parse(#"{"b":[1.0,1e2,-0],"a":"\u00e9","ab":{"z":1,"y":2}}"#)
    let two = try JSONParser.parse(#" {"ab":{"y":2e0,"z":10e-1},"a":"é","b":[1,100,0]} "#)
    #expect(one == two)
    #expect(String(decoding: one.canonicalBytes, as: UTF8.self) == #"{"a":"é","ab":{"y":2,"z":1},"b":[1,100,0]}"#)
    #expect(one.canonicalBytes == two.canonicalBytes)
  }

  @Test func canonicalKeysAreSortedByTheirBytes() throws {
    let value = try JSONParser.parse(
      #"{"é":1,"z":2,"Z":3,"":4,"aa":5,"a":6,"conversation_uuid":7,"conversation_id":8}"#)
    #expect(
      String(decoding: value.canonicalBytes, as: UTF8.self)
        == #"{"":4,"Z":3,"a":6,"aa":5,"conversation_id":8,"conversation_uuid":7,"z":2,"é":1}"#)
  }

  @Test func canonicalLessSomeMembersOfTheTop() throws {
    let value = try JSONParser.parse(#"{"try":1,"a":{"try":2},"event_id":3}"#)
    #expect(String(decoding: value.canonicalBytes(without: ["try", "event_id"]), as: UTF8.self) == #"{"a":{"try":2}}"#)
    #expect(String(decoding: value.canonicalBytes(without: ["try", "event_id", "a"]), as: UTF8.self) == "{}")
    #expect(JSON.integer(1).canonicalBytes(without: ["a"]) == Array("1".utf8))
  }
}
