import RelayCore
import TestSupport
import Testing

/// A document is looked at in two ways, value by value where it stands and as a tree built of it, and both must say the same.
@Suite struct JSONDocumentTests {
  @Test func valuesAreFoundWhereTheyStand() throws {
    let root = try JSONDocument(Array(#" {"a":[1,{"b":null}], "c\u0064":"d\n", "e":-0, "f":true, "":7} "#.utf8)).root
    #expect(root.kind == .object && root["a"]?.kind == .array)
    #expect(root["a"]?.elements.map(\.json) == [.integer(1), .object(["b": .null])])
    #expect(root["cd"]?.string == "d\n")
    #expect(root["e"]?.json == .number(.decimal("-0")))
    #expect(root["f"]?.json == .bool(true))
    #expect(root[""]?.json == .integer(7))
    #expect(root["b"] == nil && root["a"]?["b"] == nil && root["cd"]?.elements == [])
  }

  @Test func anOpenedTextReadsAsWhatIsInside() throws {
    let sent = try JSONDocument(Array(#"{"custom":"{\"crm\":\"true\"}","a":1}"#.utf8))
    let openable = ["custom", "a"].compactMap { sent.root[$0]?.index }
    let opened = sent.opening(openable, depth: 64).root
    #expect(opened["custom"]?["crm"]?.string == "true")
    #expect(opened.json.text == #"{"custom":{"crm":"true"},"a":1}"#)
    #expect(opened.canonicalBytes() == sent.root.canonicalBytes(), "content is what was sent")
    for text in [#""""#, #""x""#, #""[1]""#, #""{""#, "{}", "1"] {
      #expect(try JSONDocument(Array(text.utf8)).root.documentInside(depth: 64) == nil, "\(text)")
    }
  }

  @Test func knownMembersAreFoundInOnePass() throws {
    let table = KeyTable([("a", 0), ("conversation_uuid", 1), ("duration", 2), ("durationTotal", 63)])
    let root = try JSONDocument(
      Array(#"{"durationTotal":1,"x":2,"\u0061":3,"conversation_uuid":4,"duration":5,"duration":null}"#.utf8)
    ).root
    let places = KnownPlaces(of: table, in: root)
    func value(_ number: Int) -> JSON? { places[number].map { root.document.view(at: $0).json } }
    #expect(value(0) == .integer(3) && value(1) == .integer(4) && value(63) == .integer(1))
    #expect(value(2) == nil, "the last of duplicates is null")
    #expect(places.present == UInt64(1) << 63 | 0b11)
  }

  /// Random documents with duplicate keys, odd spellings and spaces, whole and mutated.
  @Test(arguments: [1, 2, 3] as [UInt64])
  func theDocumentAndTheTreeAgree(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var accepted = 0
    for round in 0..<1500 {
      var bytes = Array(RandomText.document(&random).utf8)
      for _ in 0..<Int.random(in: 0...2, using: &random) where !bytes.isEmpty {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        bytes[place] =
          (RandomText.marks + [UInt8.random(in: 0...255, using: &random)]).randomElement(using: &random) ?? 0
      }
      guard let document = try? JSONDocument(bytes) else {
        #expect(throws: JSONError.self, "seed \(seed), round \(round)") { try JSONParser.parse(bytes) }
        continue
      }
      accepted += 1
      let tree = try JSONParser.parse(bytes)
      let place = "seed \(seed), round \(round): \(String(decoding: bytes, as: UTF8.self))"
      #expect(agree(document.root, tree), "\(place)")
      #expect(withHalvesReplaced(document.root.canonicalBytes()) == canonical(tree), "\(place)")
      let left = document.root.canonicalBytes(without: ["a", "status"])
      #expect(withHalvesReplaced(left) == canonical(tree, without: ["a", "status"]), "\(place)")
    }
    #expect(accepted > 300)
  }

  /// Every value of the tree is found in the document, and nothing else is.
  private func agree(_ view: JSONView, _ tree: JSON) -> Bool {
    switch tree {
    case .object(let object):
      let table = KeyTable(
        object.members.prefix(64).enumerated().filter { $0.element.key.utf8.count <= 24 }
          .map { (name: $0.element.key, number: $0.offset) })
      let places = KnownPlaces(of: table, in: view)
      return view.kind == .object && view["no such key"] == nil
        && object.members.enumerated().allSatisfy { position, member in
          guard let value = view[member.key], agree(value, member.value) else { return false }
          if position >= 64 || member.key.utf8.count > 24 { return true }
          return places[position] == (member.value == .null ? nil : value.index)
        }
    case .array(let elements):
      let found = view.elements
      return found.count == elements.count && zip(found, elements).allSatisfy(agree)
    case .string(let text):
      return view.string.map { Array($0.utf8) == Array(text.utf8) } == true && view == tree
        && view.document.filledText(at: view.index) == (text.isEmpty ? nil : text)
    case .number(let number):
      return view.json == tree && view.string == nil
        && view.document.filledText(at: view.index) == (number.integer.map { String($0) } ?? number.text)
    case .bool, .null:
      return view.json == tree && view.string == nil && view.document.filledText(at: view.index) == nil
    }
  }

  @Test func spacesEscapesAndDigitsReadAsTextMakeNoOtherContent() throws {
    let texts = [
      #"{"a":04,"b":"\"x\""}"#, #"{"a": 04,"b" :"\"x\""}"#, #"{"a" :04, "b": "\u0022x\""}"#,
      #"{ "\u0061":"04","b":"\"\u0078\"" }"#,
    ]
    let contents = try texts.map {
      try JSONDocument(Array($0.utf8), zeroLedNumbersAreText: true).root.canonicalBytes()
    }
    #expect(Set(contents) == [Array(#"{"a":"04","b":"\"x\""}"#.utf8)])
  }

  @Test("RFC 8259 section 8.2: halves of surrogate pairs read alike, and are different contents")
  func halvesOfPairsAreToldApart() throws {
    let texts = [#""\ud800""#, #""\ud801""#, #""\udc00""#, #""\ufffd""#, #""\ud800\ud800""#]
    let contents = try texts.map { try JSONDocument(Array($0.utf8)).root.canonicalBytes() }
    #expect(Set(contents).count == texts.count)
    #expect(try JSONParser.parse(texts[0]) == JSONParser.parse(texts[3]))
  }

  /// As text: the bytes of half a surrogate pair (0xED and two more, which no UTF-8 has) as U+FFFD.
  private func withHalvesReplaced(_ bytes: [UInt8]) -> String {
    var out: [UInt8] = []
    var position = 0
    while position < bytes.count {
      let isHalf = bytes[position] == 0xED && bytes[position + 1] >= 0xA0
      out += isHalf ? Array("\u{FFFD}".utf8) : [bytes[position]]
      position += isHalf ? 3 : 1
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// The canonical text as its definition says, slowly.
  private func canonical(_ value: JSON, without keys: Set<String> = []) -> String {
    switch value {
    case .object(let object):
      let members = object.members.filter { !keys.contains($0.key) }
        .sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      return "{" + members.map { JSON.string($0.key).text + ":" + canonical($0.value) }.joined(separator: ",") + "}"
    case .array(let elements): return "[" + elements.map { canonical($0) }.joined(separator: ",") + "]"
    case .number(let number): return number.canonicalText
    case .string, .bool, .null: return value.text
    }
  }
}

extension JSONView {
  func canonicalBytes(without keys: [JSONKey] = []) -> [UInt8] {
    withCanonicalBytes(without: keys) { Array($0) }
  }
}

/// By way of a document, as content hashes are.
extension JSON {
  var canonicalBytes: [UInt8] { canonicalBytes(without: []) }

  func canonicalBytes(without keys: [JSONKey]) -> [UInt8] {
    JSONView(self).canonicalBytes(without: keys)
  }
}

/// JSON texts as a person or a careless program writes them.
private enum RandomText {
  static let marks = Array(#"{}[]",:\ 0-1.eEtnu"#.utf8)

  static func document(_ random: inout SeededRandom) -> String {
    let count = Int.random(in: 0...(Bool.random(using: &random) ? 6 : 60), using: &random)
    return object(&random, count: count, depth: 0)
  }

  private static func value(_ random: inout SeededRandom, depth: Int) -> String {
    switch Int.random(in: 0..<(depth < 3 ? 9 : 7), using: &random) {
    case 0: ["null", "true", "false"].randomElement(using: &random) ?? ""
    case 1: "\(Int64.random(in: .min ... .max, using: &random))"
    case 2:
      ["0", "-0", "1.0", "10e-1", "1e300", "123456789012345678", "-999999999999999999", "9223372036854775808"]
        .randomElement(using: &random) ?? ""
    case 3...6: string(&random)
    case 7:
      "["
        + (0..<Int.random(in: 0...4, using: &random)).map { _ in value(&random, depth: depth + 1) }
        .joined(separator: separator(&random)) + "]"
    default: object(&random, count: Int.random(in: 0...5, using: &random), depth: depth + 1)
    }
  }

  private static func object(_ random: inout SeededRandom, count: Int, depth: Int) -> String {
    let members = (0..<count).map { _ in string(&random) + ":" + value(&random, depth: depth) }
    return "{" + members.joined(separator: separator(&random)) + "}"
  }

  private static func separator(_ random: inout SeededRandom) -> String {
    [",", ", ", " ,\n\t"].randomElement(using: &random) ?? ","
  }

  private static func string(_ random: inout SeededRandom) -> String {
    let pieces = [
      "a", "b", "status", "conversation_uuid", "conversation_id", "é", "\u{301}", "😀", #"\n"#, #"\""#, #"\\"#, #"\/"#,
      #"\b"#, #"\u0061"#, #"\u00e9"#, #"\ud83d\ude00"#, #"\ud83d"#, #"\u0000"#, #"\u001f"#, "{", "\u{7f}",
    ]
    let text = (0..<Int.random(in: 0...3, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }
    return "\"" + text.joined() + "\""
  }
}
