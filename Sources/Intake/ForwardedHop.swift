import HTTPTypes
import Rules

/// From whom one proxy says that it got a request.
enum ForwardedHop: Equatable {
  case address(IPAddress)
  /// It does not say (`unknown`, `_hidden`, no `for`), or what it says can't be read.
  case unknown

  /// The hops of all `X-Forwarded-For` fields, the sender's end first.
  static func xForwardedFor(_ headers: HTTPHeaders) -> [ForwardedHop] {
    headers.values("x-forwarded-for").flatMap { value in
      value.utf8.split(separator: UInt8(ascii: ",")).map(trimmed).filter { !$0.isEmpty }.map { element in
        // Without brackets an IPv6 address has no port behind it.
        let isBareIPv6 = element.first != UInt8(ascii: "[") && element.count { $0 == UInt8(ascii: ":") } > 1
        return isBareIPv6 ? address(element) : ForwardedHop(node: element)
      }
    }
  }

  /// The hops of all `Forwarded` fields, the sender's end first. A field that breaks the grammar says nothing at all: a quote
  /// that the sender left open would swallow what the proxy put behind it.
  static func forwarded(_ headers: HTTPHeaders) -> [ForwardedHop] {
    headers.values("forwarded").flatMap { value in
      var field = ForwardedField(value)
      return field.hops() ?? [.unknown]
    }
  }

  /// `203.0.113.9`, `203.0.113.9:4711`, `[2001:db8::1]`, `[2001:db8::1]:4711` (RFC 7239 §6); anything else is unknown.
  init(node: Substring.UTF8View) {
    let isBracketed = node.first == UInt8(ascii: "[")
    let end = node.firstIndex(of: isBracketed ? UInt8(ascii: "]") : UInt8(ascii: ":")) ?? node.endIndex
    guard !isBracketed || end < node.endIndex else {
      self = .unknown
      return
    }
    let address = isBracketed ? node[..<end].dropFirst() : node[..<end]
    let behind = isBracketed ? node[end...].dropFirst() : node[end...]
    let isRightKind = address.contains(UInt8(ascii: ":")) == isBracketed
    self = isRightKind && (behind.isEmpty || Self.isPort(behind)) ? Self.address(address) : .unknown
  }

  /// `:4711`, or hidden as `:_name`.
  private static func isPort(_ text: Substring.UTF8View) -> Bool {
    guard text.first == UInt8(ascii: ":") else { return false }
    let port = text.dropFirst()
    return port.first == UInt8(ascii: "_")
      || (1...5).contains(port.count) && port.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }

  private static func address(_ text: Substring.UTF8View) -> ForwardedHop {
    guard text.count <= longestAddress, let address = IPAddress(Substring(text)) else { return .unknown }
    return .address(address)
  }

  /// Bytes of an IPv6 address with a zone, and more. Comparing characters takes quadratic time where thousands combine.
  private static let longestAddress = 100

  private static func trimmed(_ text: Substring.UTF8View) -> Substring.UTF8View {
    var text = text.drop(while: isSpace)
    while let last = text.last, isSpace(last) { text.removeLast() }
    return text
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
  }
}
