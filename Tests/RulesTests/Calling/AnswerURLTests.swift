import HTTPTypes
import TestSupport
import Testing

@testable import Rules

/// What a client lets the provider fetch can dial further numbers, so that what is permitted must be what is fetched.
@Suite struct AnswerURLTests {
  private static let notPlain =
    "holds . or .. as a part of its path, or a % that servers read differently; write the path itself"
  private static let user = "holds a user or password before @; leave it out"

  @Test(arguments: [
    ("https://crm.example/actions/../evil", notPlain), ("https://crm.example/actions/..", notPlain),
    ("https://crm.example/actions/./7", notPlain), ("https://crm.example/actions/%2e%2e/evil", notPlain),
    ("https://crm.example/actions/%2E%2e/evil", notPlain), ("https://crm.example/actions/.%2E/evil", notPlain),
    ("https://crm.example/actions/%252e%252e/evil", notPlain),
    ("https://crm.example/actions/%25252e%25252E/evil", notPlain),
    ("https://crm.example/actions/%%32%65%%32%65/evil", notPlain),
    ("https://crm.example/actions/..%2fevil", notPlain), ("https://crm.example/actions/..%252Fevil", notPlain),
    ("https://crm.example/actions/..%5cevil", notPlain), ("https://crm.example/actions/a%5Cb", notPlain),
    ("https://crm.example/actions/a%255cb", notPlain), ("https://crm.example/actions/..;/evil", notPlain),
    ("https://crm.example/actions/..;a=b/evil", notPlain), ("https://crm.example/actions/..%3b/evil", notPlain),
    ("https://crm.example/actions/..%20/evil", notPlain), ("https://crm.example/actions/.../evil", notPlain),
    ("https://crm.example/actions/%c0%ae%c0%ae/evil", notPlain),
    ("https://crm.example/actions/%e0%80%ae./evil", notPlain),
    ("https://crm.example/actions/%u002e%u002e/evil", notPlain), ("https://crm.example/actions/%00", notPlain),
    ("https://crm.example/actions/a%0d%0ab", notPlain), ("https://crm.example/actions/%7f", notPlain),
    ("https://crm.example/actions/%", notPlain), ("https://crm.example/actions/%4", notPlain),
    ("https://crm.example/actions/\\..\\evil", "holds a backslash; write / or %5C in its query"),
    ("https://crm.example\\@evil.example/", "holds a backslash; write / or %5C in its query"),
    ("https://crm.example/#/evil", "holds a part behind #, which is never sent; leave it out"),
    ("https://crm.example#@evil.example/", "holds a part behind #, which is never sent; leave it out"),
    ("https://crm.example@evil.example/", user), ("https://ann:secret@crm.example/", user),
    ("https://@crm.example/", user), ("https://crm.example:443@evil.example/", user),
    ("https://crm.example%2eevil.example/", "expected a host name or an address behind \"://\""),
    ("https:///crm.example/", "expected a host behind \"://\""),
    ("https://crm.example:0/", "expected a port from 1 to 65535 behind the host"),
    ("https://crm.example:443x/", "expected a port from 1 to 65535 behind the host"),
  ])
  func whatServersReadDifferentlyIsRefused(text: String, sentence: String) {
    #expect(throws: AnswerURL.Malformed(sentence: sentence)) { try AnswerURL(text) }
  }

  @Test(arguments: [
    "", "crm.example/", "//crm.example/", "ftp://crm.example/", "javascript://crm.example/", "https:/crm.example",
    " https://crm.example/", "https://crm.example/a b", "https://crm.example/\u{7}", "https://crm.example/\r\nx",
    "https://crm.exämple/", "https://crm.example/" + String(repeating: "a", count: 2048),
  ])
  func whatIsNoURLIsRefused(text: String) {
    #expect(
      throws: AnswerURL.Malformed(
        sentence: "expected a URL that begins with http:// or https://, of at most 2048 visible ASCII characters")
    ) { try AnswerURL(text) }
  }

  private static let mayBe = [
    "https://crm.example/actions/", "http://Other.example:8080/v1", "https://x.example/a?app=7",
  ]

  @Test(arguments: [
    ("https://crm.example/actions/", true), ("https://crm.example/actions/7?a=../b", true),
    ("https://CRM.Example/actions/7", true), ("https://crm.example:443/actions/7", true),
    ("https://crm.example/actions/v1.2/a..b/.well-known/%20", true), ("https://crm.example/actions/100%25", true),
    ("https://crm.example/actions//7", true), ("https://crm.example/actions/%C3%A9", true),
    ("https://crm.example/actions", false), ("https://crm.example/actionsevil", false),
    ("https://crm.example/Actions/7", false), ("https://crm.example/%61ctions/7", false),
    ("https://crm.example/", false), ("https://crm.example", false), ("https://crm.example?/actions/", false),
    ("http://crm.example/actions/7", false), ("https://crm.example:8443/actions/7", false),
    ("https://crm.example.evil.example/actions/7", false), ("https://crm.example./actions/7", false),
    ("https://evil.example/https://crm.example/actions/", false), ("https://crm.exampl/actions/7", false),
    ("http://other.example:8080/v1", true), ("http://other.example:8080/v1/7", true),
    ("http://other.example:8080/v1?a=b", true), ("http://other.example:8080/v1&a", false),
    ("http://other.example:8080/v10", false), ("http://other.example:80800/v1", false),
    ("https://x.example/a?app=7", true), ("https://x.example/a?app=7&b=c", true),
    ("https://x.example/a?app=77", false), ("https://x.example/a?app=7/b", false),
  ])
  func aBeginningEndsWhereANameDoes(text: String, isPermitted: Bool) {
    let url = try? AnswerURL(text)
    let beginnings = Self.mayBe.compactMap { try? AnswerURL($0) }
    #expect(beginnings.count == Self.mayBe.count)
    #expect(url.map { url in beginnings.contains(where: url.begins) } == isPermitted || (url == nil && !isPermitted))
  }

  @Test func withoutAPathOnlyTheHostCounts() throws {
    let root = try AnswerURL("https://crm.example/")
    for text in ["https://crm.example", "https://crm.example/", "https://crm.example?a", "https://crm.example/b"] {
      #expect(try AnswerURL(text).begins(with: root), "\(text)")
    }
    for text in ["https://crm.example.evil.com", "https://crm.example-evil.com/", "https://evil.com/crm.example/"] {
      #expect(try !AnswerURL(text).begins(with: root), "\(text)")
    }
  }

  /// Whatever a server makes of a path that is permitted, it stays below the beginning: read with as many decodings as it
  /// likes, with backslashes as slashes, with parameters cut off.
  @Test func noReadingLeavesTheBeginning() throws {
    let run = FuzzRun("CDRELAY_FUZZ_ANSWER_URLS", orElse: 20_000)
    let beginning = try AnswerURL("https://crm.example/in/actions/")
    let pieces = [
      ".", "..", "/", "\\", "%2e", "%2E", "%2f", "%5c", "%5C", "%25", "2e", "2f", "5c", "%", ";", ";a", "a", "é", "%20",
      "%c0%ae", "...", "?", "&", "=", "actions", "%00", "%3b", "%32%65",
    ]
    var permitted = 0
    for index in 0..<run.count {
      var random = run.random(of: index)
      var path = ""
      for _ in 0...random.below(9) { path += random.pick(pieces) }
      guard let url = try? AnswerURL("https://crm.example/in/actions/" + path), url.begins(with: beginning) else {
        continue
      }
      permitted += 1
      let seed = random.seed
      var reading = Array("/in/actions/\(path)".utf8.prefix { $0 != UInt8(ascii: "?") })
      for _ in 0..<6 {
        let resolved = Self.resolved(reading)
        #expect(resolved.starts(with: ["in", "actions"]), "\(path), CDRELAY_FUZZ_SEED=\(seed)")
        reading = Self.decoded(reading)
      }
    }
    #expect(permitted > run.count / 100, "too few are permitted for the test to say anything")
  }

  /// RFC 3986 §5.2.4, by a server that means well.
  private static func resolved(_ path: [UInt8]) -> [String] {
    var names: [String] = []
    let text = String(decoding: path, as: UTF8.self).replacing("\\", with: "/")
    for part in text.split(separator: "/") {
      let name = String(part.prefix { $0 != ";" }).replacing(" ", with: "")
      switch name {
      case ".", "": break
      case "..": names = names.dropLast()
      default: names.append(name)
      }
    }
    return names
  }

  private static func decoded(_ bytes: [UInt8]) -> [UInt8] {
    let text = String(decoding: bytes, as: UTF8.self)
    let broken = /%(?![0-9A-Fa-f]{2})/
    return PercentEncoding.decode(text.replacing(broken, with: "%25")) ?? bytes
  }
}
