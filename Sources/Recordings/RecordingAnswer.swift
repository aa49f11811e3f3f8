import HTTPTypes
import RelayCore
import Rules

/// What becomes of a provider's answer to a request for a recording, decided from its status and fields.
enum RecordingAnswer: Equatable {
  /// It is the recording, or a part of it: these fields and its content are passed on.
  case pass(status: Int, HTTPHeaders, length: Int?)
  /// It is JSON, which no recording is: what it says is told by `refusal(json:)`.
  case read
  /// To the same host, where it is fetched next.
  case follow(String)
  case refuse(Problem)

  /// - Parameter url: where it was asked for.
  init(status: Int, _ headers: HTTPHeaders, url: String) {
    switch status {
    case 200, 206:
      if Self.isJSON(headers) {
        self = .read
      } else if Self.isRecording(headers) {
        self = .pass(status: status, Self.passed(headers, status), length: Self.length(headers))
      } else {
        self = .refuse(
          Problem(502, "the provider answered with content that is no recording: \(Self.mediaType(headers))"))
      }
    case 301, 302, 303, 307, 308:
      if let target = Self.target(headers, from: url) {
        self = .follow(target)
      } else {
        self = .refuse(Problem(502, "the provider sent us to another host, which is not followed"))
      }
    case 404, 410: self = .refuse(Self.notPublished)
    case 416: self = .refuse(Self.notSatisfiable(headers))
    case 401, 403, 420: self = .refuse(Self.credentials)
    case 429, 503:
      self = .refuse(Problem(503, "the provider takes no more requests now", headers: [.init("retry-after", "60")]))
    default: self = .refuse(Problem(502, "the provider answered with status \(status)"))
    }
  }

  // MARK: In words

  /// TeleCMI says so with HTTP 200 and `{"code":502}` (seen, not documented): the recording is not there yet, or never was.
  static let notPublished = Problem(
    404, "the recording is not published, or not yet: providers need some minutes after a call",
    headers: [.init("retry-after", "120")])

  static let credentials = Problem(502, "the provider refused our credentials")

  /// What JSON in place of a recording says. `code` as number or text; TeleCMI's 420 are wrong credentials (documented for its other
  /// endpoints).
  static func refusal(json body: [UInt8]) -> Problem {
    let code = (try? JSONParser.parse(body))?.object?["code"]?.plainCode
    return switch code {
    case "404", "502": notPublished
    case "401", "403", "420": credentials
    case let code?: Problem(502, "the provider answered with code \(code) in place of the recording")
    case nil: Problem(502, "the provider answered with JSON in place of the recording")
    }
  }

  /// RFC 9110 §15.5.17.
  private static func notSatisfiable(_ headers: HTTPHeaders) -> Problem {
    let range = headers["content-range"].flatMap { sane("content-range", $0) }
    return Problem(
      416, "the recording has no such range", headers: range.map { [.init("content-range", $0)] } ?? [])
  }

  // MARK: Fields

  private static func mediaType(_ headers: HTTPHeaders) -> String {
    let text = headers["content-type"]?.prefix { $0 != ";" }.lowercased().filter { $0 != " " } ?? ""
    let isPlain = text.utf8.count <= 100 && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    return isPlain && !text.isEmpty ? text : "of no type"
  }

  private static func isJSON(_ headers: HTTPHeaders) -> Bool {
    let type = mediaType(headers)
    return type == "application/json" || type.hasSuffix("+json")
  }

  /// Sound, pictures, bytes of no kind, or no type at all: nothing that a browser would run.
  private static func isRecording(_ headers: HTTPHeaders) -> Bool {
    guard headers["content-type"] != nil else { return true }
    let type = mediaType(headers)
    return type.hasPrefix("audio/") || type.hasPrefix("video/")
      || ["application/octet-stream", "binary/octet-stream", "application/ogg", "application/force-download"].contains(
        type)
  }

  private static func length(_ headers: HTTPHeaders) -> Int? {
    guard headers["transfer-encoding"] == nil, headers["content-encoding"] == nil,
      let text = headers["content-length"], (1...18).contains(text.utf8.count),
      text.utf8.allSatisfy({ (0x30...0x39).contains($0) })
    else { return nil }
    return Int(text)
  }

  /// What a player needs, and nothing else. The length is the server's to say.
  private static func passed(_ headers: HTTPHeaders, _ status: Int) -> HTTPHeaders {
    var passed = HTTPHeaders()
    for name in ["content-type", "accept-ranges", "content-range", "content-encoding", "etag"] {
      if name == "content-range", status != 206 { continue }
      if let value = headers[name].flatMap({ sane(name, $0) }) { passed.append(lowercasedName: name, value) }
    }
    if passed["content-type"] == nil { passed.append(lowercasedName: "content-type", "application/octet-stream") }
    // Nobody's browser guesses that it is a page, and no proxy keeps it for somebody else.
    passed.append(lowercasedName: "x-content-type-options", "nosniff")
    passed.append(lowercasedName: "cache-control", "private")
    return passed
  }

  /// nil for a value that is not of its field's form; what a field says in words of its sender's choice is not passed on.
  private static func sane(_ name: String, _ value: String) -> String? {
    guard value.utf8.count <= 200, value.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else { return nil }
    let isSane =
      switch name {
      case "accept-ranges": ["bytes", "none"].contains(value.lowercased())
      case "content-range":
        value.lowercased().hasPrefix("bytes ")
          && value.dropFirst(6).utf8.allSatisfy { (0x30...0x39).contains($0) || "-/*".utf8.contains($0) }
      case "content-encoding": ["gzip", "deflate", "br", "identity"].contains(value.lowercased())
      case "etag": value.hasSuffix("\"") && (value.hasPrefix("\"") || value.hasPrefix("W/\""))
      default: true
      }
    return isSane ? value : nil
  }

  /// Where a redirect leads; nil where that is another host, another port or less than TLS.
  private static func target(_ headers: HTTPHeaders, from url: String) -> String? {
    guard let location = headers["location"], location.utf8.count <= 4000,
      location.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
    else { return nil }
    if location.hasPrefix("/"), !location.hasPrefix("//") {
      guard let scheme = url.range(ofText: "://") else { return nil }
      return url[..<scheme] + "://" + url[scheme...].dropFirst(3).prefix { $0 != "/" && $0 != "?" } + location
    }
    return SourceRecordings.sameOrigin(location, url) ? location : nil
  }
}

extension String {
  fileprivate func range(ofText needle: String) -> Index? {
    indices.first { self[$0...].hasPrefix(needle) }
  }
}

extension JSON {
  /// A code as number or text, in its usual spelling; nil for what is none.
  fileprivate var plainCode: String? {
    let text = integer.map(String.init) ?? string
    return text.flatMap { $0.utf8.count <= 10 && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } ? $0 : nil }
  }
}
