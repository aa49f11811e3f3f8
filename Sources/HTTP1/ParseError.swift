import HTTPTypes

/// Why bytes are no request that can be taken. The connection can't be used any more: where the next request begins
/// is not known.
struct ParseError: Error, Equatable {
  /// 400 to 599.
  let status: Int
  /// What was wrong, without what was sent.
  let sentence: String
  /// The limit that was passed, or `malformed`.
  let end: ConnectionEnd

  init(_ status: Int, _ sentence: String, _ end: ConnectionEnd = .malformed) {
    self.status = status
    self.sentence = sentence
    self.end = end
  }

  var response: HTTPResponse {
    Problem(status, sentence).response
  }
}
