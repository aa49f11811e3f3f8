import Glibc

/// Where to listen: `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080`. Port 0 lets the kernel choose.
struct ListenAddress: Equatable {
  let text: String
  let host: String
  let port: UInt16

  init(_ text: String) throws(ListenError) {
    guard let colon = text.lastIndex(of: ":") else { throw Self.malformed(text) }
    var host = text[..<colon]
    let digits = text[text.index(after: colon)...]
    if host.first == "[", host.last == "]" {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      throw ListenError("\(text): an IPv6 address is written in brackets, such as [::1]:8080")
    }
    guard !host.isEmpty, !digits.isEmpty, digits.utf8.allSatisfy(Byte.isDigit), let port = UInt16(digits) else {
      throw Self.malformed(text)
    }
    self.text = text
    self.host = String(host)
    self.port = port
  }

  private static func malformed(_ text: String) -> ListenError {
    ListenError("\(text): expected an address and a port from 0 to 65535, such as 127.0.0.1:8080 or [::1]:8080")
  }

  /// Calls `body` with the first socket address that the host stands for.
  func withSocketAddress<Result>(
    _ body: (UnsafePointer<sockaddr>, socklen_t) throws(ListenError) -> Result
  ) throws(ListenError) -> Result {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_PASSIVE
    var found: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, String(port), &hints, &found)
    defer { if let found { freeaddrinfo(found) } }
    guard code == 0, let first = found?.pointee, let address = first.ai_addr else {
      throw ListenError("\(text): no such host: \(String(cString: gai_strerror(code)))")
    }
    return try body(address, first.ai_addrlen)
  }
}
