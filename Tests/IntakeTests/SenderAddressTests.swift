import HTTPTypes
import Rules
import TestSupport
import Testing

@testable import Intake

/// RFC 7239, and the older `X-Forwarded-For`.
@Suite struct SenderAddressTests {
  private static let proxies = ["127.0.0.1", "10.0.0.0/8", "fd00::/8"].compactMap { CIDR($0) }

  private func sender(_ headers: [(String, String)], peer: String = "127.0.0.1") -> String {
    SenderAddress.of(
      HTTPRequest(method: "POST", path: "/hooks/pbx", headers: HTTPHeaders(headers), peer: peer),
      trustedProxies: Self.proxies)
  }

  @Test(arguments: [
    ("198.51.100.7", "198.51.100.7"), ("198.51.100.7, 10.0.0.2", "198.51.100.7"),
    ("198.51.100.7, 203.0.113.5, 10.0.0.2", "203.0.113.5"), ("198.51.100.7:4711", "198.51.100.7"),
    ("2001:DB8:0::7", "2001:db8::7"), ("[2001:db8::7]:4711", "2001:db8::7"), ("[2001:db8::7]", "2001:db8::7"),
    ("::ffff:198.51.100.7", "198.51.100.7"), ("[::ffff:198.51.100.7]:1", "198.51.100.7"),
    ("::ffff:10.0.0.2", "10.0.0.2"), ("fe80::1%eth0", "fe80::1"), ("198.51.100.7\t,\t10.0.0.2 ", "198.51.100.7"),
    ("198.51.100.7,, 10.0.0.2,", "198.51.100.7"), ("garbage, 198.51.100.7", "198.51.100.7"),
    ("10.0.0.3, 10.0.0.2", "10.0.0.3"), ("", "127.0.0.1"), (", ,", "127.0.0.1"),
  ])
  func xForwardedFor(value: String, expected: String) {
    #expect(sender([("X-Forwarded-For", value)]) == expected)
  }

  @Test(arguments: [
    "unknown", "_hidden", "unix:", "198.51.100.7:", "198.51.100.7:x", "198.51.100.7:123456", "[198.51.100.7]",
    "[2001:db8::7", "[2001:db8::7]x", "2001:db8::7]:80", "\"198.51.100.7\"", "198.51.100", "198.51.100.7 10.0.0.2",
    "1.2.3.4:5:6",
  ])
  func whatAProxyDoesNotTellIsUnknown(hop: String) {
    #expect(sender([("X-Forwarded-For", "198.51.100.9, \(hop)")]) == "unknown via 127.0.0.1")
    #expect(sender([("X-Forwarded-For", "198.51.100.9, \(hop), 10.0.0.2")]) == "unknown via 10.0.0.2")
  }

  @Test(arguments: [
    ("for=198.51.100.7", "198.51.100.7"), (#"for="198.51.100.7:4711""#, "198.51.100.7"),
    (#"For="[2001:db8:cafe::17]:4711""#, "2001:db8:cafe::17"), (#"for="[2001:db8::7]""#, "2001:db8::7"),
    ("for=198.51.100.7;proto=http;by=203.0.113.43", "198.51.100.7"), ("proto=https;for=198.51.100.7", "198.51.100.7"),
    ("for=198.51.100.7, for=10.0.0.2", "198.51.100.7"), ("for=192.0.2.1,for=198.51.100.7,for=10.0.0.2", "198.51.100.7"),
    (#"for=198.51.100.7;by="a, for=192.0.2.1", for=10.0.0.2"#, "198.51.100.7"),
    (#"for="198.51.100\.7";host="a\"b""#, "198.51.100.7"), ("for=198.51.100.7; proto=https ;", "198.51.100.7"),
    ("for=198.51.100.7:4711", "198.51.100.7"), ("for=[2001:db8::7]:80", "2001:db8::7"),
    (#"for="198.51.100.7:_port""#, "198.51.100.7"), (", ,for=198.51.100.7,", "198.51.100.7"), ("", "127.0.0.1"),
    (#"for=10.0.0.9, for="[fd00::1]""#, "10.0.0.9"),
    // Nothing is said of whom it came from.
    ("for=unknown", "unknown via 127.0.0.1"), ("for=_hidden", "unknown via 127.0.0.1"),
    (#"for="_SEVKISEK", for=10.0.0.2"#, "unknown via 10.0.0.2"), ("proto=https", "unknown via 127.0.0.1"),
    ("for=198.51.100.7, proto=https", "unknown via 127.0.0.1"),
    // Nothing that could be read in two ways.
    ("for=198.51.100.7;for=192.0.2.1", "unknown via 127.0.0.1"), (#"for="2001:db8::7""#, "unknown via 127.0.0.1"),
    (#"for="198.51.100.7"#, "unknown via 127.0.0.1"), (#"for=";", for=198.51.100.7""#, "unknown via 127.0.0.1"),
    ("for = 198.51.100.7", "unknown via 127.0.0.1"), ("198.51.100.7", "unknown via 127.0.0.1"),
    ("for=", "unknown via 127.0.0.1"), (#"for=192.0.2.1;by=", for=198.51.100.7"#, "unknown via 127.0.0.1"),
    ("for=198.51.100.7 for=192.0.2.1", "unknown via 127.0.0.1"), (#"for="192.0.2.1"x"#, "unknown via 127.0.0.1"),
  ])
  func forwarded(value: String, expected: String) {
    #expect(sender([("Forwarded", value)]) == expected)
  }

  @Test func fieldsOfOneNameAreOneListAndEachIsReadByItself() {
    #expect(sender([("X-Forwarded-For", "192.0.2.1"), ("X-Forwarded-For", "198.51.100.7,10.0.0.2")]) == "198.51.100.7")
    #expect(sender([("Forwarded", "for=192.0.2.1"), ("Forwarded", "for=198.51.100.7")]) == "198.51.100.7")
    #expect(sender([("Forwarded", "for=192.0.2.1"), ("Forwarded", "for=10.0.0.2")]) == "192.0.2.1")
    // A quote that the sender left open ends with its field.
    #expect(sender([("Forwarded", #"for=";by=""#), ("Forwarded", "for=198.51.100.7")]) == "198.51.100.7")
  }

  /// A proxy that writes one of the two lets the sender write the other.
  @Test func whereTheTwoDisagreeTheSenderIsUnknown() {
    let both = [("X-Forwarded-For", "198.51.100.7"), ("Forwarded", "for=198.51.100.7;proto=https")]
    #expect(sender(both) == "198.51.100.7")
    #expect(sender([("X-Forwarded-For", "198.51.100.7"), ("Forwarded", "for=10.0.0.9")]) == "unknown via 127.0.0.1")
    #expect(sender([("X-Forwarded-For", "10.0.0.9"), ("Forwarded", "for=198.51.100.7")]) == "unknown via 127.0.0.1")
    #expect(sender([("X-Forwarded-For", "198.51.100.7"), ("Forwarded", "\"")]) == "unknown via 127.0.0.1")
  }

  @Test func anUnknownSenderIsInNoBlock() throws {
    let fixture = try IntakeFixture(
      sources: #"{"pbx": {"provider": "generic", "auth": {"token": "t", "allow_from": ["0.0.0.0/0", "::/0"]}}}"#,
      relay: #"{"trusted_proxies": ["127.0.0.1"]}"#)
    func post(_ forwarded: String) -> Int {
      fixture.post("/hooks/pbx/t", "{}", headers: [("Forwarded", forwarded)], peer: "127.0.0.1").status
    }
    #expect(post("for=_hidden") == 403)
    #expect(fixture.lines.all.contains { $0.contains("sender=\"unknown via 127.0.0.1\"") })
    #expect(post("for=198.51.100.7") == 200)
  }

  @Test func nothingIsBelievedWithoutTrustedProxies() {
    let request = HTTPRequest(
      method: "POST", path: "/", headers: HTTPHeaders([("X-Forwarded-For", "198.51.100.7")]), peer: "127.0.0.1")
    #expect(SenderAddress.of(request, trustedProxies: []) == "127.0.0.1")
  }
}

/// Whatever a stranger writes, through whatever chain of proxies.
@Suite struct SenderAddressPropertyTests {
  /// How a chain of proxies writes.
  enum Writing: CaseIterable {
    case xForwardedFor, forwarded
    /// The first proxy removes what the sender wrote.
    case xForwardedForAlone, forwardedAlone

    var name: String {
      switch self {
      case .xForwardedFor, .xForwardedForAlone: "x-forwarded-for"
      case .forwarded, .forwardedAlone: "forwarded"
      }
    }

    var removesOthers: Bool { self == .xForwardedForAlone || self == .forwardedAlone }
  }

  private let proxies = [CIDR("10.0.0.0/8"), CIDR("fd00::/8")].compactMap { $0 }

  @Test(arguments: Writing.allCases) func aStrangerNeverChoosesItsAddress(writing: Writing) {
    var random = SeededRandom(seed: .random(in: 0 ... .max))
    print("seed \(random.seed)")
    for _ in 0..<5000 {
      let stranger = Self.address(&random, trusted: false)
      let chain = (0..<Int.random(in: 0...4, using: &random)).map { _ in Self.address(&random, trusted: true) }
      var headers = Self.written(&random)
      if writing.removesOthers, !chain.isEmpty { headers = [] }
      // Each proxy appends whom it got the request from.
      var from = stranger
      for proxy in chain {
        Self.append(from, writing, to: &headers, &random)
        from = proxy
      }
      let request = HTTPRequest(method: "POST", path: "/", headers: HTTPHeaders(headers), peer: from.description)
      let sender = SenderAddress.of(request, trustedProxies: proxies)
      if chain.isEmpty || writing.removesOthers {
        #expect(sender == stranger.description, "seed \(random.seed): \(headers) from \(from)")
      } else {
        let isUnknown = chain.contains { sender == "unknown via \($0)" }
        #expect(sender == stranger.description || isUnknown, "seed \(random.seed): \(headers) from \(from)")
      }
    }
  }

  private static func address(_ random: inout SeededRandom, trusted: Bool) -> IPAddress {
    var bytes = (0..<(Bool.random(using: &random) ? 4 : 16)).map { _ in UInt8.random(in: 0...255, using: &random) }
    bytes[0] = bytes.count == 4 ? (trusted ? 10 : 198) : (trusted ? 0xFD : 0x20)
    return IPAddress(bytes: bytes) ?? IPAddress(bytes: [0, 0, 0, 0])!
  }

  /// Fields as a stranger might write them to be taken for somebody else.
  private static func written(_ random: inout SeededRandom) -> [(String, String)] {
    let pieces = [
      "10.0.0.1", "192.0.2.1", "fd00::1", "[fd00::1]:80", "unknown", "_x", ",", ", ", ";", "\"", "\\", "=", "for=",
      "For=",
      "by=", "for=\"", "\t", " ", ":", "[", "]", "for=10.0.0.1", "for=\"[fd00::1]\"", "proto=https",
    ]
    return (0..<Int.random(in: 0...3, using: &random)).map { _ in
      let name = Bool.random(using: &random) ? "X-Forwarded-For" : "Forwarded"
      let count = Int.random(in: 0...8, using: &random)
      return (name, (0..<count).map { _ in pieces.randomElement(using: &random)! }.joined())
    }
  }

  private static func append(
    _ address: IPAddress, _ writing: Writing, to headers: inout [(String, String)], _ random: inout SeededRandom
  ) {
    let hasPort = Bool.random(using: &random)
    let port = hasPort ? ":4711" : ""
    let node = address.isIPv4 ? "\(address)\(port)" : "[\(address)]\(port)"
    let element =
      switch writing {
      case .xForwardedFor, .xForwardedForAlone: !address.isIPv4 && !hasPort ? "\(address)" : node
      case .forwarded, .forwardedAlone: address.isIPv4 && !hasPort ? "for=\(node)" : "for=\"\(node)\";proto=https"
      }
    // In the last field of the name, or in one of its own.
    let last = headers.lastIndex { $0.0.lowercased() == writing.name }
    if let last, Bool.random(using: &random) {
      headers[last].1 += ", " + element
    } else {
      headers.append((writing.name, element))
    }
  }
}
