import RelayCore

extension Destination {
  /// The request as this destination is configured now: where an earlier delivery of the call left something, the one that
  /// updates what it made.
  package func render(_ input: RenderInput) throws(TemplateError) -> RenderedRequest {
    try render(input.captured == nil ? request : capture?.update ?? request, input)
  }

  /// Whether the lookup is made before the request that is rendered of this: one that does not use `{{lookup}}` neither waits
  /// for it nor fails with it.
  package func asks(_ input: RenderInput) -> Bool { asks(beforeUpdate: input.captured != nil) }

  package func asks(beforeUpdate: Bool) -> Bool {
    lookup != nil && (beforeUpdate && capture != nil ? updateUsesLookup : usesLookup)
  }

  /// The request that is made before the delivery; nil where there is nothing to ask for: no lookup, or a value is missing that
  /// it asks for with `required`.
  package func renderLookup(_ input: RenderInput) throws(TemplateError) -> RenderedRequest? {
    guard let lookup else { return nil }
    do throws(TemplateError) {
      return try render(lookup.request, input)
    } catch {
      if error.isMissingValue { return nil }
      throw error
    }
  }

  /// Without `body` the record goes byte for byte, with its content type.
  private func render(_ request: RequestTemplate, _ input: RenderInput) throws(TemplateError) -> RenderedRequest {
    let method = request.method
    let input =
      dropped.isEmpty
      ? input : try dropped.taken(from: input, destination: name, needsBody: request.body == nil && method != .get)
    var contentType: String?
    var fields: [(name: String, value: String)] = []
    for header in request.headers {
      let value = try header.value.renderText(input, name)
      guard isHeaderText(value) else {
        throw TemplateError(
          path: header.value.place, message: "a value holds a line break or another control character")
      }
      if header.name == "content-type" { contentType = value } else { fields.append((header.name, value)) }
    }
    let url = try request.url.template.renderURL(input, name)
    guard method != .get else {
      return RenderedRequest(method: method.rawValue, url: url, headers: fields, body: [], contentType: contentType)
    }
    let bytes: [UInt8]
    if let body = request.body {
      bytes = try rendered(body, of: request, input)
      contentType = contentType ?? request.contentType.header
    } else {
      bytes = input.record.body
      contentType = contentType ?? input.record.contentType
    }
    return RenderedRequest(method: method.rawValue, url: url, headers: fields, body: bytes, contentType: contentType)
  }

  private func rendered(
    _ body: BodyTemplate, of request: RequestTemplate, _ input: RenderInput
  ) throws(TemplateError) -> [UInt8] {
    let value = try body.render(input, self, omitsEmpty: request.omitsEmpty)
    switch request.contentType {
    case .json: return value.bytes
    case .form:
      guard let object = value.object else {
        throw TemplateError(
          path: "destinations.\(name).body", message: "a form is made of an object, and this is \(value.kindInWords)")
      }
      return Array(FormBody.text(object).utf8)
    }
  }
}
