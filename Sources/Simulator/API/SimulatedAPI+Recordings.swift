import HTTPTypes
import RelayCore

/// `GET /v2/play?appid=&secret=&file=`, `GET /v1/play?appid=&token=&file=`.
extension SimulatedAPI {
  /// nil for another path.
  func recording(_ request: HTTPRequest) -> HTTPResponse? {
    guard request.method == "GET" || request.method == "HEAD", ["/v2/play", "/v1/play"].contains(request.path) else {
      return nil
    }
    let parameters = Parameters(request)
    let account = settings.account
    let secret = parameters.text(request.path == "/v1/play" ? "token" : "secret")
    guard parameters.integer("appid") == account.appID, secret == account.secret else {
      // Not documented for this one.
      return telecmiError(404, "Invalid app id or secret")
    }
    let file = parameters.text("file") ?? ""
    let seconds: Int64? = state.withLock { state in
      guard let seconds = state.book.seconds(ofFile: file, account) else { return nil }
      state.plays[file, default: 0] += 1
      return state.plays[file, default: 0] > settings.unpublishedAnswers ? seconds : nil
    }
    // Seen so, also where the file is there a little later.
    guard let seconds else { return telecmi(["code": .integer(502), "msg": .string("Internal Server Error")]) }
    return Self.ranged(SilentMP3.bytes(seconds: seconds), request.headers["range"])
  }

  /// One range of bytes (RFC 9110 §14.2); of several, or of one that can't be read, the whole. That the real one knows ranges
  /// is not documented.
  static func ranged(_ bytes: [UInt8], _ field: String?) -> HTTPResponse {
    var headers = HTTPHeaders([("content-type", "audio/mpeg"), ("accept-ranges", "bytes")])
    guard let field, field.hasPrefix("bytes="), let range = range(field.dropFirst(6), of: bytes.count) else {
      return HTTPResponse(status: 200, headers: headers, body: bytes)
    }
    guard !range.isEmpty else {
      headers.append("content-range", "bytes */\(bytes.count)")
      return HTTPResponse(status: 416, headers: headers)
    }
    headers.append("content-range", "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(bytes.count)")
    return HTTPResponse(status: 206, headers: headers, body: Array(bytes[range]))
  }

  /// Empty where it lies behind the end; nil where it is no single range.
  private static func range(_ text: Substring, of count: Int) -> Range<Int>? {
    let ends = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    guard ends.count == 2 else { return nil }
    if ends[0].isEmpty { return Int(ends[1]).map { max(0, count - max(0, $0))..<count } }
    guard let first = Int(ends[0]), first >= 0 else { return nil }
    guard first < count else { return count..<count }
    if ends[1].isEmpty { return first..<count }
    guard let last = Int(ends[1]), last >= first else { return nil }
    return first..<min(count, last < Int.max ? last + 1 : last)
  }
}

/// Silence as players take it: MPEG 1 layer III, 32 kbit/s, 44.1 kHz, one channel, frames of 104 bytes without main data. The
/// space behind a frame's side information counts upwards, so that a part that is out of place can be told.
enum SilentMP3 {
  /// At most so much of a call: 1.2 MB.
  private static let mostSeconds: Int64 = 300
  private static let frameBytes = 104

  static func bytes(seconds: Int64) -> [UInt8] {
    // A frame has 1,152 samples.
    let frames = Int(max(1, min(seconds, mostSeconds)) * 44_100 / 1152)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(frames * frameBytes)
    for frame in 0..<frames {
      // Sync, MPEG 1 layer III without CRC; 32 kbit/s, 44.1 kHz, no padding; one channel.
      bytes += [0xFF, 0xFB, 0x10, 0xC0]
      // Side information of one channel: 17 bytes, no main data.
      bytes += repeatElement(0, count: 17)
      for place in 0..<(frameBytes - 21) { bytes.append(UInt8((frame * 83 + place) % 128)) }
    }
    return bytes
  }
}
