import Testing

@testable import HTTP1

@Suite("RFC 9112 section 3: request line")
struct RFC9112Section3 {
  private func get(_ target: String) -> String {
    "GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n"
  }

  @Test(
    "§3: exactly three parts with one space between them",
    arguments: [
      "GET /", "GET  / HTTP/1.1", "GET\t/\tHTTP/1.1", "GET", "GET HTTP/1.1", "GET ", "GET  ", "GET /\tHTTP/1.1",
      "GET\u{B}/\u{C}HTTP/1.1",
    ])
  func malformedLine(line: String) {
    expectRefused(
      line + "\r\nHost: a\r\n\r\n", 400, "the request line is not: method, space, target, space, version")
  }

  @Test("§3.1: methods are tokens, and case matters")
  func methods() {
    for method in ["brew", "get", "POST", "M-SEARCH", "!#$%&'*+-.^_`|~09", "Content-Length"] {
      expectRequests("\(method) /pot HTTP/1.1\r\nHost: a\r\n\r\n", ["\(method) /pot [host: a]"])
    }
  }

  @Test(
    "§3.1: no other character in a method",
    arguments: ["GE(T", "GET:", "GET,", "GET\0", "G\u{7F}T", "GÉT", "GET/", "G\"T", "GET@", "GET;x"])
  func malformedMethod(method: String) {
    expectRefused("\(method) / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "the method has a character that no token has")
  }

  @Test("§3: a long target is 414")
  func longTarget() {
    var limits = HTTPLimits()
    limits.requestLineBytes = 30
    let longest = "/" + String(repeating: "a", count: 16)
    expectRequests(get(longest), ["GET \(longest) [host: a]"], limits: limits)
    let sentence = "the request line is longer than 30 bytes"
    expectRefused(get(longest + "a"), 414, sentence, limits: limits)
    expectRefused("GET " + longest + longest, 414, sentence, limits: limits)
  }

  // MARK: Target

  @Test("§3.2.1: path and query are kept as sent")
  func originForm() {
    for target in [
      "/", "//", "/hooks/t%20x?a=%41&b=?c", "/x?", "/..", "/%00", "/a;b=c,d!$'()*+@:~-._", "//b/c", "/http://b/",
      #"/h?custom={"crm":"true"}"#, "/?/", "/\\",
    ] {
      expectRequests(get(target), ["GET \(target) [host: a]"])
    }
  }

  @Test(
    "§3.2: characters that no target has",
    arguments: [
      "/a#b", "/#", "/\u{7F}", "/é", "/\u{0}", "/\u{B}", "/a\tb", "http://b/#", "http://b/\u{1}", "*#", "/\u{1B}",
    ])
  func oddTargets(target: String) {
    expectRefused(get(target), 400, "the request target has a character that must be percent-encoded")
  }

  @Test("§3.2.2: of an absolute-form target the host counts, not the Host field")
  func absoluteForm() {
    expectRequests("GET HTTP://b:80/p?q HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n", ["GET /p?q [x: y, host: b:80]"])
    expectRequests("GET http://[::1]?q HTTP/1.1\r\nHost: a\r\n\r\n", ["GET /?q [host: [::1]]"])
    expectRequests("GET http://b HTTP/1.1\r\nHost: b\r\n\r\n", ["GET / [host: b]"])
    expectRequests("GET http://b/ HTTP/1.0\r\n\r\n", ["GET / [host: b]"])
  }

  @Test("§3.2: an absolute-form target does not stand in for a Host field that must be there, once, and valid")
  func absoluteFormAndHost() {
    expectRefused("GET http://b/ HTTP/1.1\r\n\r\n", 400, "there is no Host field")
    expectRefused("GET http://b/ HTTP/1.1\r\nHost: b\r\nHost: b\r\n\r\n", 400, "there is more than one Host field")
    expectRefused(
      "GET http://b/ HTTP/1.1\r\nHost: b/\r\n\r\n", 400, "the Host field is not a host with or without a port")
  }

  @Test(
    "RFC 9110 §4.2: a host behind the scheme, without a user",
    arguments: [
      "http://", "http:///p", "http://u@b/", "http://u:p@b/", "http://b:x/", "http://[::1/", "http://?q", "http://:80/",
      "http://b:65536/", "http://b,c/", "http://[b]/",
    ])
  func absoluteFormWithoutHost(target: String) {
    expectRefused(get(target), 400, "the request target has no valid host behind its scheme")
  }

  @Test(
    "RFC 9110 §7.4: https is not asked for without TLS", arguments: ["https://b/", "HTTPS://b:443/p?q", "https://"])
  func httpsTarget(target: String) {
    expectRefused(
      get(target), 421, "this connection has no TLS, so https:// can't be asked for; send the path alone")
  }

  @Test(
    "§3.2: no other form",
    arguments: ["b/", "b:443", "ftp://b/", "*", "?q", "http:/b", "http:b", "*x", "%2F", "javascript:x", "\\"])
  func otherForms(target: String) {
    expectRefused(get(target), 400, "the request target begins neither with / nor with http://")
  }

  @Test("§3.2.3: authority-form is for tunnels, which are not dug")
  func authorityForm() {
    for target in ["b:443", "[::1]:80", "127.0.0.1:1"] {
      expectRefused(
        "CONNECT \(target) HTTP/1.1\r\nHost: \(target)\r\n\r\n", 501, "there are no tunnels here: CONNECT is not known")
    }
    for target in ["/", "b", "b:", "[::1]", "http://b/", "u@b:443", ":443", "b:99999", "*"] {
      expectRefused(
        "CONNECT \(target) HTTP/1.1\r\nHost: a\r\n\r\n", 400, "the target of CONNECT is not a host and a port")
    }
  }

  @Test("§3.2.4: asterisk-form is for OPTIONS")
  func asteriskForm() {
    expectRequests("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", ["OPTIONS * [host: a]"])
    expectRefused(
      "OPTIONS ** HTTP/1.1\r\nHost: a\r\n\r\n", 400, "the request target begins neither with / nor with http://")
  }
}
