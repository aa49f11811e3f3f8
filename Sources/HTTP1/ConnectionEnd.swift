/// Why the server ended a connection: each connection is counted once, under one of these.
enum ConnectionEnd: Int, CaseIterable {
  // Refused: answered in the handler's place, or handed over unread. Named as the settings are.
  case malformed
  case requestLineBytes
  case headBytes
  case headFields
  case chunkExtensionBytes
  case bodyLimitBytes
  case headSeconds
  case bodySeconds
  /// The handler took too long.
  case answerWithinSeconds
  case bufferedBytes
  /// The application takes no large bodies now.
  case overload
  case connections
  case connectionsPerAddress

  // Closed without an answer of its own.
  case firstByteSeconds
  case idleSeconds
  case writeSeconds
  /// Took an answer in pieces too slowly.
  case slowReader
  case requestsPerConnection
  /// Gave its place to a newer one.
  case shed
  /// The server ends.
  case drain
  /// A `Connection: close` of the peer or of the handler, or HTTP/1.0.
  case asked
  /// An answer in pieces ended before it was whole, or nothing came of it for too long.
  case brokenOff
  /// The peer closed or reset it.
  case peer

  var isRefusal: Bool { rawValue < Self.firstByteSeconds.rawValue }

  /// `head_bytes`: the label of the metric.
  var word: String {
    "\(self)".reduce(into: "") { $0 += $1.isUppercase ? "_" + $1.lowercased() : String($1) }
  }
}
