/// Everything that can be set on a server: how many, how large, how long. Sizes are bytes, times milliseconds. Passing a
/// limit is counted under the name that its setting `relay.limits.…` has (`ConnectionEnd`).
package struct HTTPLimits: Sendable {
  // MARK: How many

  /// Event loops, each on a thread of its own. At least 1. Default 1: one loop answers more than a commit can take.
  package var eventLoops = 1
  /// Connections open at once, over all loops. A further one takes the place of the one that waits longest for its peer
  /// (`EventLoop+Shedding`); where all are at work it is answered 503 and closed. Default 4,096.
  package var connections = 4096
  /// Of these, connections of one IPv4 address, or of one IPv6 network of 64 bits, which is what one site has. A
  /// further one takes the place of one of its own that waits; where all are at work it is answered 503 and closed. nil,
  /// the default, is half of `connections`: a provider posts from few addresses.
  package var connectionsPerAddress: Int?
  /// Requests on one connection; the last one's answer says `Connection: close`. Default 10,000.
  package var requestsPerConnection = 10_000

  // MARK: How large

  /// The request line without its CRLF; longer is 414. Default 8,192 bytes (RFC 9112 §3 asks for at least 8,000).
  package var requestLineBytes = 8192
  /// The whole head, and again the trailers of a chunked body; larger is 431. Default 16,384 bytes.
  package var headBytes = 16_384
  /// Field lines in a head; more is 431. Default 100.
  package var headFields = 100
  /// The content of a request; a larger one reaches the handler as `HTTPRequest.Body.tooLarge`, unread. Default 1 MiB.
  package var bodyLimit = 1 << 20
  /// The chunk extensions of one request together (RFC 9112 §7.1.1); more is 400. Default 16,384 bytes.
  package var chunkExtensionBytes = 16_384
  /// What may wait behind the request in the handler: beyond it the socket is not read. The same number bounds the
  /// answers that wait for a peer which does not read them, before its next request is looked at. Default 16,384 bytes.
  package var pipelinedBytes = 16_384
  /// Requests on their way in and answers on their way out, over all connections of a loop. A large body that does not
  /// fit is answered 503 (`BufferBudget`); beyond the whole, connections that wait are closed. Default 64 MiB.
  package var bufferedBytes = 64 << 20
  /// Counted against `bufferedBytes` for an answer that is given in pieces while it is: what its `BodyStream` may hold
  /// beside what waits to be written. Default 128 KiB.
  package var streamBytes = 131_072
  /// A body above this is a large one, which is taken only where there is room and the application is not overloaded.
  /// Default 16,384 bytes; a call detail record has about 1,000.
  package var smallBodyBytes = 16_384
  /// What is still read and thrown away after a refusal, so that the peer sees the answer. Default 4 MiB.
  package var lingerBytes = 4 << 20

  // MARK: How long

  /// From a connection's beginning to its first byte; then it is closed. Default 10,000 ms.
  package var firstByteMilliseconds: Int64 = 10_000
  /// From a head's first byte to its end; later is 408. Default 10,000 ms.
  package var headMilliseconds: Int64 = 10_000
  /// From a head's end to the body's end; later is 408. Default 30,000 ms, and longer for a peer that keeps up
  /// `bodyBytesPerSecond`.
  package var bodyMilliseconds: Int64 = 30_000
  /// Every so many bytes of content give the body another second. At least 1. Default 4,096 bytes.
  package var bodyBytesPerSecond = 4096
  /// From a request's last byte to the handler's answer; later is 503, whatever becomes of the request. Default 10,000 ms.
  package var answerMilliseconds: Int64 = 10_000
  /// Without a byte between two requests; then the connection is closed. Default 75,000 ms.
  package var idleMilliseconds: Int64 = 75_000
  /// Without the peer taking a byte of what waits to be written; then the connection is closed. Default 30,000 ms.
  package var writeMilliseconds: Int64 = 30_000
  /// From one piece of an answer to the next, while its giver has none; then the connection is closed and the client sees that
  /// the answer is not whole. Default 60,000 ms.
  package var pieceMilliseconds: Int64 = 60_000
  /// A client that takes an answer in pieces must take them as fast as this on the whole, with `writeMilliseconds` to begin
  /// with for each batch. At least 1. Default 1,024 bytes: half of what the slowest telephone codec in use plays.
  package var streamBytesPerSecond = 1024
  /// After a refusal, for the peer to see it and close. Default 2,000 ms.
  package var lingerMilliseconds: Int64 = 2000
  /// For a request half read when `drain` begins to arrive wholly, and for a new connection to send its first. Default
  /// 2,000 ms.
  package var drainReadMilliseconds: Int64 = 2000

  package init() {}
}
