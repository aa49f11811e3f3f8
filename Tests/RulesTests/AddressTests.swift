import Testing

@testable import Rules

@Suite struct AddressTests {
  @Test(arguments: [
    ("10.1.0.0/16", "10.1.255.3", true), ("10.1.0.0/16", "10.2.0.1", false), ("10.1.2.3/16", "10.1.9.9", true),
    ("203.0.113.9", "203.0.113.9", true), ("203.0.113.9", "203.0.113.10", false), ("0.0.0.0/0", "8.8.8.8", true),
    ("0.0.0.0/0", "::1", false), ("192.0.2.128/25", "192.0.2.127", false), ("192.0.2.128/25", "192.0.2.200", true),
    ("10.0.0.0/9", "10.127.0.1", true), ("10.0.0.0/9", "10.128.0.1", false),
    ("10.1.0.0/16", "::ffff:10.1.2.3", true), ("10.1.0.0/16", "::FFFF:0a01:0203", true),
    ("::ffff:10.1.0.0/112", "10.1.2.3", true), ("::ffff:0:0/96", "1.2.3.4", true), ("::/0", "1.2.3.4", false),
    ("::/0", "2001:db8::1", true), ("2001:db8::/32", "2001:db8:ffff::1", true), ("2001:db8::/32", "2001:db9::1", false),
    ("::1", "0:0:0:0:0:0:0:1", true), ("fe80::/10", "fe80::1%eth0", true), ("2001:db8::/127", "2001:db8::1", true),
    ("2001:db8::/127", "2001:db8::2", false), ("10.0.0.0/8", "no address", false), ("10.0.0.0/8", "", false),
  ])
  func contains(block: String, address: String, expected: Bool) throws {
    let block = try #require(CIDR(block))
    #expect(block.contains(address) == expected)
  }

  @Test(arguments: [
    "", "10", "10.1.0.0/33", "10.1.0.0/-1", "10.1.0.0/+1", "10.1.0.0/", "10.1.0.0/016x", "10.1.0/16", "256.0.0.1",
    "01.2.3.4",
    "1.2.3.4.5", "::/129", ":::", "1::2::3", "12345::", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7", "::ffff:10.0.0.0/95",
    "2001:db8::1%eth0/64", "g::", "1:", ":1", "::1.2.3", "1.2.3.4::", "10.0.0.0/8/8", " 10.0.0.1",
  ])
  func refuses(text: String) {
    #expect(CIDR(text) == nil)
  }

  @Test(arguments: [
    ("127.0.0.1", true), ("10.0.0.1", true), ("172.16.0.1", true), ("172.32.0.1", false), ("192.168.1.1", true),
    ("169.254.169.254", true), ("100.64.0.1", true), ("0.0.0.0", true), ("224.0.0.1", true), ("8.8.8.8", false),
    ("::", true), ("::1", true), ("::ffff:10.0.0.1", true), ("::ffff:8.8.8.8", false), ("fd00::1", true),
    ("fe80::1", true), ("64:ff9b::a00:1", true), ("2606:4700::1111", false), ("64:ff9b::808:808", false),
    ("64:ff9b:1::1", true), ("2002:7f00:1::", true), ("2002:808:808::1", false), ("::7f00:1", true), ("100::1", true),
    ("2001:0:808:808:0:0:80ff:fffe", true), ("2001:0:808:808:0:0:f7f7:f7f7", false),
  ])
  func knowsPrivateAddresses(text: String, expected: Bool) throws {
    #expect(try #require(IPAddress(text)).isPrivate == expected)
  }

  /// RFC 5952 §4.
  @Test(arguments: [
    ("203.0.113.9", "203.0.113.9"), ("2001:0DB8:0:0:0:0:0:7", "2001:db8::7"), ("::", "::"), ("::1", "::1"),
    ("1::", "1::"),
    ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
    ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("fe80::1%eth0", "fe80::1"), ("::ffff:10.0.0.1", "10.0.0.1"),
    ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"), ("0:0:1::", "0:0:1::"),
  ])
  func isWrittenInOneWay(text: String, expected: String) throws {
    let address = try #require(IPAddress(text))
    #expect(address.description == expected)
    #expect(IPAddress(address.description) == address)
  }
}
