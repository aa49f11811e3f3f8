import RelayCore

/// What is known of one source's recordings: what the template filter `recording_link`, the command and the listener share.
package struct SourceRecordings: Sendable, Equatable {
  package let source: String
  package let settings: RecordingSettings
  /// `https://rest.telecmi.com`; nil where the source has no `api`.
  let apiOrigin: URLTemplate.Origin?
  private let apiSecret: Secret?

  /// nil where the source has none, or is switched off.
  package init?(_ source: Source) {
    guard source.isEnabled, let settings = source.recordings else { return nil }
    self.source = source.name
    self.settings = settings
    apiOrigin = source.api.flatMap { URLTemplate.origin(of: $0.baseURL) }
    apiSecret = source.api?.secret
  }

  /// Why no link leads to a recording, in a sentence without its name.
  package struct Refusal: Error, Sendable, Equatable {
    package let sentence: String

    package init(_ sentence: String) {
      self.sentence = sentence
    }
  }

  /// - Parameter from: what `expires_after_hours` counts from.
  package func link(to recording: String, from: Instant) throws(Refusal) -> String {
    if settings.isUnresolved { throw Refusal("the link secret of source \(source) was not looked up") }
    guard let file = RecordingFile(recording) else {
      throw Refusal("the recording's name is neither a file name nor a URL that may be given away")
    }
    try check(file)
    let expires = (from + settings.expiresAfter).milliseconds / 1000
    return RecordingLink(source: source, file: file, expires: expires).url(settings)
  }

  /// A URL is fetched only from hosts that the admin knows, and never handed on with the account's secret in it.
  package func check(_ file: RecordingFile) throws(Refusal) {
    guard case .url(let url) = file, let origin = URLTemplate.origin(of: url) else {
      if apiOrigin == nil {
        throw Refusal("source \(source) has no \"api\" to fetch a recording from by its name")
      }
      return
    }
    if let apiSecret, !apiSecret.revealed.isEmpty, url.contains(apiSecret.revealed) {
      throw Refusal("the recording's URL holds the account's secret")
    }
    if origin == apiOrigin { return }
    guard origin.isTLS, origin.port ?? 443 == 443, settings.hosts.contains(origin.host) else {
      throw Refusal(
        "the recording's URL is of another host than the API's (\(origin.host)); write it into the hosts of "
          + "sources.\(source).recordings if recordings lie there, for https on its usual port")
    }
  }

  /// Whether a URL is of the API's own host: only there are its credentials sent.
  package func isOwn(_ url: String) -> Bool {
    apiOrigin != nil && URLTemplate.origin(of: url) == apiOrigin
  }

  /// Whether two URLs have scheme, host and port in common.
  package static func sameOrigin(_ left: String, _ right: String) -> Bool {
    guard let left = URLTemplate.origin(of: left), let right = URLTemplate.origin(of: right) else { return false }
    return left.isTLS == right.isTLS && left.host == right.host && left.effectivePort == right.effectivePort
  }
}

extension RuleFile {
  /// Whether links to recordings of any source are made.
  package var hasRecordings: Bool { sources.contains { SourceRecordings($0) != nil } }
}

extension URLTemplate {
  /// Of a URL without placeholders; nil where it is malformed.
  static func origin(of text: String) -> Origin? {
    (try? origin(of: text, isWhole: true, false)) ?? nil
  }
}

extension URLTemplate.Origin {
  var effectivePort: Int { port ?? (isTLS ? 443 : 80) }
}
