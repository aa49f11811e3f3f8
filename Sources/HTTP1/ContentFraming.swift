import HTTPTypes

/// How a client knows where content that comes in pieces ends (RFC 9112 §6).
enum ContentFraming: Equatable {
  /// So many bytes are still to come (§6.2).
  case length(left: Int)
  /// Each piece says its size (§7.1): HTTP/1.1 where nobody knows how much there will be.
  case chunked
  /// The end of the connection is the end of the content (§6.3): HTTP/1.0.
  case untilClose

  init(_ stream: BodyStream, isHTTP10: Bool) {
    self = stream.length.map { ContentFraming.length(left: $0) } ?? (isHTTP10 ? .untilClose : .chunked)
  }

  /// How a piece ends up.
  enum Outcome {
    case goesOn
    case complete
    /// What was written can't become a whole answer any more.
    case broken
  }

  /// Writes a piece, and the end of the content where it says so. Never more than was promised.
  mutating func write(_ piece: BodyStream.Piece, to out: inout [UInt8]) -> Outcome {
    switch self {
    case .length(let left):
      guard piece.bytes.count <= left else { return .broken }
      out.append(contentsOf: piece.bytes)
      self = .length(left: left - piece.bytes.count)
      // What came in full is whole, however its giver ended.
      if piece.end != nil { return piece.bytes.count == left ? .complete : .broken }
    case .chunked:
      // A chunk of no bytes would be the end (§7.1).
      if !piece.bytes.isEmpty {
        out.append(contentsOf: "\(String(piece.bytes.count, radix: 16))\r\n".utf8)
        out.append(contentsOf: piece.bytes)
        out.append(contentsOf: [Byte.carriageReturn, Byte.lineFeed])
      }
      if piece.end == .complete { out.append(contentsOf: "0\r\n\r\n".utf8) }
    case .untilClose:
      out.append(contentsOf: piece.bytes)
    }
    switch piece.end {
    case nil: return .goesOn
    case .complete: return .complete
    case .brokenOff: return .broken
    }
  }
}
