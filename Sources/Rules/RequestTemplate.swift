import RelayCore

/// What a request is made of: that of a destination, of its `lookup`, and of its `capture.update`.
struct RequestTemplate: Sendable, Equatable {
  let url: URLTemplate
  let method: Destination.Method
  /// With that of the destination's `auth`, unless it is an access token.
  var headers: [Header]
  var body: BodyTemplate?
  /// How `body` is written. Default json.
  let contentType: Destination.ContentType
  /// Members of `body` that turn out empty are left out. Default false.
  let omitsEmpty: Bool

  struct Header: Sendable, Equatable {
    /// In lower case.
    let name: String
    let value: Template
  }

  var templates: [Template] { [url.template] + headers.map(\.value) + (body?.templates ?? []) }

  var placeholders: [Template.Placeholder] { templates.flatMap(\.placeholders) }

  /// Whether it can only be rendered from the record as read, not from its bytes alone.
  var needsRecord: Bool {
    body?.needsRecord == true || placeholders.contains(where: \.needsRecord)
  }

  /// Whether `{{lookup}}` stands in what goes out: a GET has no body, also where it inherits one.
  var usesLookup: Bool {
    var sent = self
    if method == .get { sent.body = nil }
    return sent.placeholders.contains(where: \.usesLookup)
  }
}

extension RequestTemplate {
  static let keys = ["url", "method", "headers", "body", "content_type", "omit_empty"]

  /// Whether loopback and private addresses are allowed, and beside what that is written.
  struct Privacy {
    let isAllowed: Bool
    var place = "the destination"
  }

  /// nil after a problem that leaves no usable request.
  /// - Parameter other: what counts where a key is not there; its url never does.
  init?(_ reader: ObjectReader, method usual: Destination.Method, like other: RequestTemplate? = nil, privacy: Privacy)
  {
    let method = reader["method"]?.word(Destination.Method.self) ?? usual
    let url = reader.required("url", "missing; expected an absolute http or https url").flatMap(URLTemplate.init)
    if let origin = url?.origin, origin.isPrivate, !privacy.isAllowed {
      reader["url"]?.problem(URLTemplate.isPrivate(origin.host, beside: privacy.place))
    }
    let headers = reader["headers"].map(Self.headers) ?? other?.headers ?? []
    let own = reader["body"].map(BodyTemplate.init(readingWhole:))
    let body = own ?? other?.body
    let contentType = reader["content_type"]?.word(Destination.ContentType.self) ?? other?.contentType ?? .json
    let omitsEmpty = reader["omit_empty"]?.flag() ?? other?.omitsEmpty ?? false
    for key in ["content_type", "omit_empty"] where body == nil { reader[key]?.problem("goes with a body only") }
    if contentType == .form, let body, !body.mayBeObject {
      (reader["body"] ?? reader["content_type"])?.expected("an object, as content_type is form")
    }
    if method == .get, own != nil { reader["body"]?.problem("a GET request has no body; put the values in the url") }
    guard let url else { return nil }
    self.init(
      url: url, method: method, headers: headers, body: body, contentType: contentType, omitsEmpty: omitsEmpty)
  }

  func adding(_ header: Header?) -> RequestTemplate {
    var request = self
    if let header { request.headers.append(header) }
    return request
  }
}

// MARK: - Headers

extension RequestTemplate {
  /// What the relay or libcurl says itself about a connection and its content.
  static let ownHeaders = [
    "connection", "content-length", "expect", "host", "transfer-encoding", "te", "upgrade",
  ]

  private static func headers(_ node: Node) -> [Header] {
    guard let object = node.json.object else {
      node.expected("an object of names and texts")
      return []
    }
    var headers: [Header] = []
    for member in object.members {
      let node = Node(json: member.value, path: node.path.key(member.key), loading: node.loading)
      let name = member.key.lowercased()
      guard isHeaderName(name) else {
        node.problem("expected the name of a header")
        continue
      }
      if ownHeaders.contains(name) {
        node.problem("is set by the relay itself; remove it")
      } else if headers.contains(where: { $0.name == name }) {
        node.problem("stands twice; the names of headers are the same in upper and lower case")
      } else if let value = value(node) {
        if holdsSecrets(name), value.isWrittenOut { node.loading.noteWrittenSecret(at: node.path) }
        headers.append(Header(name: name, value: value))
      }
    }
    return headers
  }

  /// Whether what a header of this name holds is a secret.
  static func holdsSecrets(_ name: String) -> Bool {
    ["authorization", "cookie", "token", "secret", "password", "api-key", "apikey"].contains(where: name.hasSuffix)
  }

  private static func value(_ node: Node) -> Template? {
    guard let text = node.json.string else {
      node.expected("a text", showsFound: false)
      return nil
    }
    guard let template = Template(reading: text, at: node) else { return nil }
    for segment in template.segments {
      let fixed: String
      switch segment {
      case .literal(let text): fixed = text
      case .secret(let secret, _): fixed = secret.revealed
      case .placeholder: continue
      }
      if !isHeaderText(fixed) {
        node.problem("holds a line break or another control character")
        return nil
      }
    }
    return template
  }
}

/// Field values hold visible characters, spaces and tabs (RFC 9110 §5.5).
func isHeaderText(_ text: String) -> Bool {
  text.utf8.allSatisfy { ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 }
}
