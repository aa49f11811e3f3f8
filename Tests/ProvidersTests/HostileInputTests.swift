import HTTPTypes
import Providers
import RelayCore
import TestSupport
import Testing

/// Whatever an authenticated sender posts is a record or a refusal, never a trap.
@Suite struct HostileInputTests {
  private static let texts =
    Documented.samples.map { ($0.provider, $0.text) } + Documented.dialects.map { (Provider.telecmi, $0.text) }

  @Test(arguments: texts)
  func everyOptionalFieldMayBeMissing(provider: Provider, text: String) throws {
    guard case .object(let object) = try JSONParser.parse(Array(text.utf8), zeroLedNumbersAreText: true) else { return }
    let required: Set<String> = ["cmiuuid", "cmiuid", "callid", "cdr", "data"]
    for key in object.members.map(\.key) where !required.contains(key) {
      var fewer = object
      fewer[key] = nil
      #expect(throws: Never.self, "without \(key)") { try decode(JSON.object(fewer).text, provider) }
      var null = object
      null[key] = .null
      #expect(throws: Never.self, "with \(key): null") { try decode(JSON.object(null).text, provider) }
    }
    for wrapper in ["cdr", "data"] {
      guard case .object(let inner)? = object[wrapper] else { continue }
      for key in inner.members.map(\.key) where key != "callid" {
        var fewer = inner
        fewer[key] = nil
        var outer = object
        outer[wrapper] = .object(fewer)
        #expect(throws: Never.self, "without \(wrapper).\(key)") { try decode(JSON.object(outer).text, provider) }
      }
    }
  }

  private static let values: [String] = [
    "1e999", "-1e999", "1e-999", "-0", "-1", "0.5", "9223372036854775807", "9223372036854775808",
    "-9223372036854775808", "1e18", "123456789012345678901234567890", "1e2147483648", "\"\"", "\"-\"", "\"1e999\"",
    "\"99999999999999999999\"", "\"-5\"", "\"+5\"", "\" 5\"", "\"{\"", "\"{}\"", "\"\\ud800\"", "true", "null", "[]",
    "{}", "[[[]]]", "\"9999-99-99T99:99:99Z\"", "\"0000-00-00 00:00:00\"", "1632318511.75",
  ]

  /// Each field in the first document that has it.
  @Test func everyFieldMayHoldAnything() throws {
    var seen: Set<String> = []
    for (provider, text) in Self.texts {
      guard case .object(let object) = try JSONParser.parse(Array(text.utf8), zeroLedNumbersAreText: true) else {
        return
      }
      let inner = ["cdr", "data"].first { object[$0]?.object != nil }
      let target = inner.flatMap { object[$0]?.object } ?? object
      for key in target.members.map(\.key) where seen.insert("\(provider) \(key)").inserted {
        for value in Self.values {
          var changed = target
          changed[key] = try JSONParser.parse(value)
          var whole = object
          if let inner { whole[inner] = .object(changed) } else { whole = changed }
          try expectSense(of: JSON.object(whole).text, provider, "\(key): \(value)")
        }
      }
    }
    #expect(seen.count > 50)
  }

  private func expectSense(of text: String, _ provider: Provider, _ name: String) throws {
    do {
      let record = try decode(text, provider)
      for seconds in [record.call.answeredSeconds, record.call.totalSeconds, record.call.waitedSeconds] {
        #expect(seconds ?? 0 >= 0)
      }
      #expect(record.identity.time == ms(0) || record.identity.time > ms(631_151_999_999))
    } catch let refusal as Unacceptable {
      #expect(refusal.status == 422, "\(name): \(refusal.reason)")
    }
  }

  @Test func nestingIsLimited() {
    func nested(_ count: Int) -> String {
      String(repeating: "[", count: count) + String(repeating: "]", count: count)
    }
    #expect(throws: Never.self) { try decode(nested(64), .generic) }
    for count in [65, 100_000] {
      let refusal = #expect(throws: Unacceptable.self) { try decode(nested(count), .generic) }
      #expect(refusal?.status == 400)
      #expect(refusal?.reason.contains("nested deeper than 64 levels at byte 64") == true)
    }
    let deep = String(repeating: "{\\\"a\\\":", count: 5000)
    #expect(throws: Never.self) { try decode(#"{"cmiuuid":"1","type":"cdr","custom":"\#(deep)"}"#) }
  }

  @Test func mutatedBytesNeverTrap() {
    let seed: UInt64 = 4711
    var random = SeededRandom(seed: seed)
    let bytes: [UInt8] = Array("{}[]\":,\\0123456789eE+-.truefalsn \u{0}\u{7f}é".utf8) + [0xFF, 0xC0]
    var accepted = 0
    for round in 0..<2700 {
      let (provider, text) = Self.texts[round % Self.texts.count]
      var body = Array(text.utf8)
      for _ in 0..<Int.random(in: 1...4, using: &random) where !body.isEmpty {
        let position = Int.random(in: 0..<body.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: body.remove(at: position)
        case 1: body.insert(bytes.randomElement(using: &random) ?? 0, at: position)
        case 2: body.removeSubrange(position..<min(body.count, position + Int.random(in: 1...40, using: &random)))
        default: body[position] = bytes.randomElement(using: &random) ?? 0
        }
      }
      let type = round % 3 == 0 ? "application/x-www-form-urlencoded" : "application/json"
      do {
        let record = try decode(body, settings(provider), contentType: type)
        accepted += 1
        #expect(!record.identity.key.isEmpty && record.identity.content.count == 16, "seed \(seed), round \(round)")
      } catch let refusal as Unacceptable {
        #expect(refusal.status == 400 || refusal.status == 422, "seed \(seed), round \(round)")
      } catch {
        Issue.record("seed \(seed), round \(round): \(error)")
      }
    }
    #expect(accepted > 200, "too few of the mutated records were still records to prove anything")
  }
}
