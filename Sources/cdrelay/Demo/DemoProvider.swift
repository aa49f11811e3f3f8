import Digests
import Glibc
import HTTPTypes

/// The provider's side of the demo: one request, one connection, as a telephony platform posts its webhooks.
struct DemoProvider {
  let port: Int

  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// Status and body of the answer.
  func post(_ path: String, _ body: String, headers: [String] = []) throws -> (status: Int, body: String) {
    let lines = ["POST \(path) HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json"] + headers
    return try exchange(lines + ["Content-Length: \(body.utf8.count)"], body)
  }

  func get(_ path: String, query: [(String, String)]) throws -> (status: Int, body: String) {
    let pairs = query.map { PercentEncoding.encode($0.0) + "=" + PercentEncoding.encode($0.1) }
    return try exchange(["GET \(path)?\(pairs.joined(separator: "&")) HTTP/1.1", "Host: 127.0.0.1"], "")
  }

  /// The header with which Callr signs (base64 of HMAC-SHA256 over the raw body).
  static func callrSignature(_ body: String, secret: String) -> String {
    "X-CALLR-HmacSignature: "
      + Base64.encode(HMAC<SHA256>.authenticate(Array(body.utf8), key: Array(secret.utf8)))
  }

  private func exchange(_ head: [String], _ body: String) throws -> (status: Int, body: String) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    try connect(descriptor)
    let request = Array(((head + ["Connection: close", "", ""]).joined(separator: "\r\n") + body).utf8)
    var sent = 0
    while sent < request.count {
      let count = request[sent...].withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard count > 0 else { throw Failure(description: "the relay took no more of the request") }
      sent += count
    }
    let answer = String(decoding: readToEnd(descriptor), as: UTF8.self)
    guard let status = answer.split(separator: " ").dropFirst().first.flatMap({ Int($0) }),
      let end = answer.firstRange(of: "\r\n\r\n")
    else { throw Failure(description: "the relay gave no answer") }
    return (status, String(answer[end.upperBound...]))
  }

  private func connect(_ descriptor: Int32) throws {
    var timeout = timeval(tv_sec: 10, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else { throw Failure(description: "the relay does not listen on port \(port)") }
  }

  private func readToEnd(_ descriptor: Int32) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16_384)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      if count <= 0 { return bytes }
      bytes.append(contentsOf: buffer[..<count])
    }
  }
}
