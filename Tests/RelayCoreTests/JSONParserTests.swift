import RelayCore
import TestSupport
import Testing

/// RFC 8259: what the grammar accepts, and what it does not.
@Suite struct JSONParserTests {
  @Test func valuesOfEveryKind() throws {
    #expect(try JSONParser.parse("null") == .null)
    #expect(try JSONParser.parse("true") == .bool(true))
    #expect(try JSONParser.parse(" \t\r\nfalse ") == .bool(false))
    #expect(try JSONParser.parse("\"\"") == .string(""))
    #expect(try JSONParser.parse("[]") == .array([]))
    #expect(try JSONParser.parse("{ }") == .object([:]))
    #expect(
      try JSONParser.parse(#"{"a":[1,{"b":null}],"c":"d"}"#)
        == .object(["a": .array([.integer(1), .object(["b": .null])]), "c": .string("d")]))
  }

  /// Comparing texts of many combining characters takes quadratic time: one body would stop the receiver for minutes.
  @Test(arguments: ["\u{301}\u{323}", "\\u0301\\u0323"])
  func combiningCharactersInARowAreLimited(pair: String) throws {
    func text(_ pairs: Int) -> String { "\"a" + String(repeating: pair, count: pairs) + "b\"" }
    #expect(try JSONParser.parse("[\(text(500)),\(text(500))]") != .null)
    let error = #expect(throws: JSONError.self) { try JSONParser.parse("{\(text(501)):1}") }
    #expect(error?.description == "more than 1000 combining characters in a row at byte 2")
  }

  @Test(arguments: [
    ("0", JSONNumber.integer(0)), ("-1", .integer(-1)), ("9223372036854775807", .integer(.max)),
    ("-9223372036854775808", .integer(.min)), ("1234567890123456789", .integer(1_234_567_890_123_456_789)),
  ])
  func integersAreExact(text: String, number: JSONNumber) throws {
    let value = try JSONParser.parse(text)
    #expect(value == .number(number))
    #expect(value.text == text)
  }

  @Test(arguments: ["-0", "0.5", "1e5", "1E+5", "1e-5", "1.25e10", "9223372036854775808", "0e0", "1e999999999999"])
  func otherNumbersKeepTheirText(text: String) throws {
    #expect(try JSONParser.parse(text).text == text)
  }

  @Test(arguments: [
    ("", 0, "expected a value, found the end of the text"), ("  ", 2, "expected a value, found the end of the text"),
    ("nul", 3, "expected 'null'"), ("nulL", 3, "expected 'null'"), ("+1", 0, "expected a value"),
    (".5", 0, "expected a value"), ("01", 1, "expected the end of the text"), ("1.", 2, "expected a digit"),
    ("1e", 2, "expected a digit"), ("-", 1, "expected a digit"), ("1 2", 2, "expected the end of the text"),
    ("{", 1, "expected a key in quotes"), ("{a:1}", 1, "expected a key in quotes"),
    ("{'a':1}", 1, "expected a key in quotes"), ("{\"a\" 1}", 5, "expected ':' behind the key"),
    ("{\"a\":1,}", 7, "a comma stands before '}'"), ("{\"a\":1", 6, "expected ',' or '}'"),
    ("[1,]", 3, "expected a value"), ("[1 2]", 3, "expected ',' or ']'"),
    ("[", 1, "expected a value, found the end of the text"),
    ("\"a", 0, "string without an end"), ("\"a\nb\"", 2, "control character in a string"),
    ("\"\\x\"", 2, "unknown escape in a string"), ("\"\\", 2, "string without an end"),
    ("\"\\u12\"", 5, "expected four hex digits behind \\u"), ("NaN", 0, "expected a value"),
    (
      "\u{feff}{}", 0,
      "a byte order mark (BOM) stands before the text, where RFC 8259 section 8.1 allows none; write it as UTF-8 without BOM, "
        + "that is without the bytes EF BB BF"
    ), ("[\u{feff}]", 1, "expected a value"), (" \u{feff}1", 1, "expected a value"),
    ("\"\\na\tb\"", 4, "control character in a string"),
  ])
  func whatTheGrammarRefuses(text: String, offset: Int, reason: String) {
    #expect(failure(of: text) == "\(reason) at byte \(offset)")
  }

  @Test func theErrorSaysWhere() {
    #expect(failure(of: "      x") == "expected a value at byte 6")
  }

  @Test(arguments: [
    (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"), (#""\u0041\u00e9\u20AC""#, "Aé€"),
    (#""\ud83d\ude00!""#, "😀!"), (#""é\n😀""#, "é\n😀"), (#""\u0000""#, "\u{0}"),
    (#""\ud83d""#, "\u{FFFD}"), (#""\ude00x""#, "\u{FFFD}x"), (#""\ud83d\u0041""#, "\u{FFFD}A"),
    (#""\ud83d\n""#, "\u{FFFD}\n"), (#""\ud83d\ud83d\ude00""#, "\u{FFFD}😀"),
  ])
  func escapes(text: String, value: String) throws {
    let read = try #require(try JSONParser.parse(text).string)
    #expect(Array(read.utf8) == Array(value.utf8))
  }

  @Test(
    arguments: [
      [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82], [0xF5, 0x80, 0x80, 0x80], [0x80],
    ] as [[UInt8]])
  func invalidUTF8IsRefused(bytes: [UInt8]) {
    let quote = UInt8(ascii: "\"")
    #expect(failure(of: [quote] + bytes + [quote]) == "invalid UTF-8 in a string at byte 1")
    #expect(failure(of: [quote] + bytes + Array("\\n\"".utf8)) == "invalid UTF-8 in a string at byte 1")
  }

  @Test func nestingIsLimited() throws {
    func nested(_ count: Int) -> String { String(repeating: "[", count: count) + String(repeating: "]", count: count) }
    #expect(throws: Never.self) { try JSONParser.parse(nested(64)) }
    #expect(failure(of: nested(65)) == "nested deeper than 64 levels at byte 64")
    #expect(throws: Never.self) { try JSONParser.parse("{\"a\":{}}", depth: 2) }
    #expect(failure(of: "{\"a\":{}}", depth: 1) == "nested deeper than 1 levels at byte 5")
    #expect(failure(of: "[]", depth: 0) == "nested deeper than 0 levels at byte 0")
    #expect(throws: Never.self) { try JSONParser.parse("1", depth: 0) }
  }

  @Test func theLastOfDuplicateKeysWinsInThePlaceOfTheFirst() throws {
    let value = try JSONParser.parse(#"{"a":1,"b":2,"a":3}"#)
    #expect(value.text == #"{"a":3,"b":2}"#)
    let many = "{" + (0..<100).map { "\"k\($0 % 50)\":\($0)" }.joined(separator: ",") + "}"
    let object = try #require(try JSONParser.parse(many).object)
    #expect(object.count == 50)
    #expect(object["k7"] == .integer(57))
  }

  @Test func zeroLedNumbersAreTextOnlyWhereAsked() throws {
    let text = #"{"a":04471,"b":0,"c":0.5,"d":[00]}"#
    #expect(failure(of: text) == "expected ',' or '}' at byte 6")
    #expect(
      try JSONParser.parse(Array(text.utf8), zeroLedNumbersAreText: true).text
        == #"{"a":"04471","b":0,"c":0.5,"d":["00"]}"#)
  }

  /// What the writer writes reads back as the same value, compact, indented and canonical.
  @Test func whatIsWrittenReadsBack() throws {
    let seed: UInt64 = 99
    var random = SeededRandom(seed: seed)
    for round in 0..<300 {
      let value = randomValue(&random, depth: 0)
      let name = "seed \(seed), round \(round)"
      #expect(try JSONParser.parse(value.bytes) == value, "\(name)")
      #expect(try JSONParser.parse(value.canonicalBytes) == value, "\(name)")
    }
  }

  @Test func mutatedTextNeverTraps() throws {
    let seed: UInt64 = 7
    var random = SeededRandom(seed: seed)
    let start = Array(#"{"a":[1,-2.5e3,"x\u00e9\n",true,null,{"b":"é"}],"c":{}}"#.utf8)
    for _ in 0..<5000 {
      var bytes = start
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      guard let value = try? JSONParser.parse(bytes) else { continue }
      #expect(try JSONParser.parse(value.bytes) == value, "seed \(seed): \(bytes)")
    }
  }

  private func failure(of text: String, depth: Int = JSONParser.defaultDepth) -> String? {
    failure(of: Array(text.utf8), depth: depth)
  }

  private func failure(of bytes: [UInt8], depth: Int = JSONParser.defaultDepth) -> String? {
    do throws(JSONError) {
      _ = try JSONParser.parse(bytes, depth: depth)
      return nil
    } catch {
      return error.description
    }
  }

  private func randomValue(_ random: inout SeededRandom, depth: Int) -> JSON {
    switch Int.random(in: 0..<(depth < 4 ? 8 : 6), using: &random) {
    case 0: .null
    case 1: .bool(.random(using: &random))
    case 2: .integer(.random(in: .min ... .max, using: &random))
    case 3:
      .number(
        .decimal(["0.5", "-0", "1e300", "123456789012345678901234567890"].randomElement(using: &random) ?? "1.5"))
    case 4, 5: .string(randomText(&random))
    case 6: .array((0..<Int.random(in: 0...4, using: &random)).map { _ in randomValue(&random, depth: depth + 1) })
    default:
      .object(
        JSONObject(
          (0..<Int.random(in: 0...40, using: &random)).map { _ in
            JSONObject.Member(key: randomText(&random), value: randomValue(&random, depth: depth + 3))
          }))
    }
  }

  private func randomText(_ random: inout SeededRandom) -> String {
    let pieces = [
      "a", "key", "\"", "\\", "\n", "\u{1}", "\u{1f}", "é", "😀", "\u{7f}", "/", "conversation_uuid_and_more",
    ]
    return (0..<Int.random(in: 0...4, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
  }
}
