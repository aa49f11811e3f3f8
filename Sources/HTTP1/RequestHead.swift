import HTTPTypes

/// A request line and its fields, read and found sound.
struct RequestHead {
  /// How the end of the content is known (RFC 9112 §6.3).
  enum Framing: Equatable {
    /// In bytes; `.max` for that and for all that is more.
    case length(Int)
    case chunked
  }

  var method = ""
  var path = ""
  var query: String?
  var headers = HTTPHeaders()
  var isHTTP10 = false
  /// Whether another request may follow on the connection (RFC 9112 §9.3).
  var isPersistent = true
  var framing = Framing.length(0)
  /// Whether the peer waits for `100 Continue` before it sends the content (RFC 9110 §10.1.1).
  var expectsContinue = false
}
