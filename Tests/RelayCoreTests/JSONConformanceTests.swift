import RelayCore
import Testing

/// One text of the conformance tables: its name is that of the case in Nicolas Seriot's JSONTestSuite
/// (github.com/nst/JSONTestSuite) that asks the same; the texts are written anew from RFC 8259.
struct ConformanceCase: Sendable, CustomTestStringConvertible {
  let name: String
  let bytes: [UInt8]

  static func cases(_ texts: [(name: String, text: String)]) -> [ConformanceCase] {
    texts.map { ConformanceCase(name: $0.name, bytes: Array($0.text.utf8)) }
  }

  var testDescription: String { name }
}

/// Both readers are asked: the scanner, and the reference that the fuzz tests hold it to.
@Suite("RFC 8259: the cases of JSONTestSuite")
struct JSONConformanceTests {
  @Test("y_: must be accepted", arguments: ConformanceCase.accepted)
  func accepted(one: ConformanceCase) throws {
    let value = try JSONParser.parse(one.bytes)
    #expect(ReferenceJSON(one.bytes)?.isSame(as: value) == true)
    #expect(try JSONParser.parse(value.bytes) == value)
  }

  @Test("n_: must be refused, with a place and a reason", arguments: ConformanceCase.refused)
  func refused(one: ConformanceCase) {
    #expect(ReferenceJSON(one.bytes) == nil)
    let error = #expect(throws: JSONError.self) { try JSONParser.parse(one.bytes) }
    #expect(error.map { (0...one.bytes.count).contains($0.offset) && !$0.reason.isEmpty } == true)
  }

  /// Numbers of any size are kept as they are written (design §4.8).
  @Test(
    "i_: numbers beyond a double or an integer are accepted and keep their digits",
    arguments: [
      ("i_number_double_huge_neg_exp", "123.456e-789"),
      ("i_number_huge_exp", "0.4e00669999999999999999999999999999999999"),
      ("i_number_neg_int_huge_exp", "-1e+9999"), ("i_number_pos_double_huge_exp", "1.5e+9999"),
      ("i_number_real_neg_overflow", "-123123e100000"), ("i_number_real_pos_overflow", "123123e100000"),
      ("i_number_real_underflow", "123e-10000000"), ("i_number_too_big_neg_int", "-123123123123123123123123123123"),
      ("i_number_too_big_pos_int", "100000000000000000000"),
      ("i_number_very_big_negative_int", "-237462374673276894279832749832423479823246327846"),
    ])
  func decidedNumbers(name: String, text: String) throws {
    #expect(try JSONParser.parse("[\(text)]").text == "[\(text)]")
  }

  /// The grammar allows them and §8.2 leaves the meaning open: the body is kept as sent, the value reads as U+FFFD.
  @Test(
    "i_: half a surrogate pair is accepted and reads as U+FFFD",
    arguments: [
      ("i_object_key_lone_2nd_surrogate", #"\uDFAA"#, "\u{FFFD}"),
      ("i_string_1st_surrogate_but_2nd_missing", #"\uDADA"#, "\u{FFFD}"),
      ("i_string_1st_valid_surrogate_2nd_invalid", #"\uD888\u1234"#, "\u{FFFD}\u{1234}"),
      ("i_string_incomplete_surrogate_and_escape_valid", #"\uD800\n"#, "\u{FFFD}\n"),
      ("i_string_incomplete_surrogate_pair", #"\uDd1ea"#, "\u{FFFD}a"),
      ("i_string_incomplete_surrogates_escape_valid", #"\uD800\uD800\n"#, "\u{FFFD}\u{FFFD}\n"),
      ("i_string_invalid_lonely_surrogate", #"\ud800"#, "\u{FFFD}"),
      ("i_string_invalid_surrogate", #"\ud800abc"#, "\u{FFFD}abc"),
      ("i_string_inverted_surrogates_U+1D11E", #"\uDd1e\uD834"#, "\u{FFFD}\u{FFFD}"),
      ("i_string_lone_second_surrogate", #"\uDFAA"#, "\u{FFFD}"),
    ])
  func decidedSurrogates(name: String, escaped: String, text: String) throws {
    let value = try JSONParser.parse(#"["\#(escaped)",{"\#(escaped)":1}]"#)
    #expect(value.array?.first?.string == text)
    #expect(value.array?.last?.object?.members.map(\.key) == [text])
  }

  /// §8.1: JSON between systems is UTF-8.
  @Test(
    "i_: what is not UTF-8 is refused at the text that it stands in",
    arguments: [
      ("i_string_UTF-8_invalid_sequence", [0xE6, 0x97, 0xA5, 0xD1, 0x88, 0xFA]),
      ("i_string_UTF8_surrogate_U+D800", [0xED, 0xA0, 0x80]), ("i_string_invalid_utf-8", [0xFF]),
      ("i_string_iso_latin_1", [0xE9]), ("i_string_lone_utf8_continuation_byte", [0x81]),
      ("i_string_not_in_unicode_range", [0xF4, 0xBF, 0xBF, 0xBF]),
      ("i_string_overlong_sequence_2_bytes", [0xC0, 0xAF]),
      ("i_string_overlong_sequence_6_bytes", [0xFC, 0x83, 0xBF, 0xBF, 0xBF, 0xBF]),
      ("i_string_overlong_sequence_6_bytes_null", [0xFC, 0x80, 0x80, 0x80, 0x80, 0x80]),
      ("i_string_truncated-utf-8", [0xE0, 0xFF]),
    ] as [(String, [UInt8])])
  func decidedUTF8(name: String, bytes: [UInt8]) {
    let error = #expect(throws: JSONError.self) {
      try JSONParser.parse(Array("[\"".utf8) + bytes + Array("\"]".utf8))
    }
    #expect(error?.reason.contains("UTF-8") == true)
    #expect(error.map { (1...2 + bytes.count).contains($0.offset) } == true)
  }

  /// §8.1 lets a reader pass a byte order mark over; senders must not write one, and none of ours does.
  @Test(
    "i_: byte order marks and other encodings are refused",
    arguments: [
      ("i_structure_UTF-8_BOM_empty_object", [0xEF, 0xBB, 0xBF, 0x7B, 0x7D]),
      ("i_string_UTF-16LE_with_BOM", [0xFF, 0xFE, 0x5B, 0x00, 0x22, 0x00, 0x22, 0x00, 0x5D, 0x00]),
      ("i_string_utf16BE_no_BOM", [0x00, 0x5B, 0x00, 0x22, 0x00, 0x22, 0x00, 0x5D]),
      ("i_string_utf16LE_no_BOM", [0x5B, 0x00, 0x22, 0x00, 0x22, 0x00, 0x5D, 0x00]),
    ] as [(String, [UInt8])])
  func decidedEncodings(name: String, bytes: [UInt8]) {
    let error = #expect(throws: JSONError.self) { try JSONParser.parse(bytes) }
    #expect(error?.reason.contains("byte order mark") == bytes.starts(with: [0xEF, 0xBB, 0xBF]))
  }

  /// §9 lets depth be limited: 64 unless the rule file says otherwise.
  @Test func i_structure_500_nested_arrays() {
    let text = String(repeating: "[", count: 500) + String(repeating: "]", count: 500)
    let error = #expect(throws: JSONError.self) { try JSONParser.parse(text) }
    #expect(error?.description == "nested deeper than 64 levels at byte 64")
    #expect(throws: Never.self) { try JSONParser.parse(text, depth: 500) }
  }
}
