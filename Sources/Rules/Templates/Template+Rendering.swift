import HTTPTypes
import RelayCore

extension Template {
  /// As JSON: a lone placeholder keeps its type, everything else is text.
  func renderValue(_ input: RenderInput, _ destination: String) throws(TemplateError) -> JSON {
    if let placeholder = lonePlaceholder { return try value(placeholder, input, destination) ?? .null }
    return .string(try renderText(input, destination))
  }

  func renderText(_ input: RenderInput, _ destination: String) throws(TemplateError) -> String {
    try render(input, destination) { $0 }
  }

  /// With every value percent-encoded, whatever stands in it. A person sees what is not known as it is written.
  func renderURL(_ input: RenderInput, _ destination: String) throws(TemplateError) -> String {
    let unknown = input.masksSecrets ? [RenderInput.unknownLookup.string, RenderInput.unknownCaptured.string] : []
    let url = try render(input, destination) { unknown.contains($0) ? $0 : PercentEncoding.encode($0) }
    if !placeholders.isEmpty, Self.hasDotSegment(url) {
      throw TemplateError(path: place, message: "a value of . or .. would lead to another path of the destination")
    }
    return url
  }

  private func render(
    _ input: RenderInput, _ destination: String, encode: (String) -> String
  ) throws(TemplateError) -> String {
    var text = ""
    for segment in segments {
      switch segment {
      case .literal(let literal): text += literal
      case .secret where input.masksSecrets: text += Secret.mask
      case .secret(_, isUnresolved: true):
        throw TemplateError(path: place, message: "its secret was not looked up when the rule file was read")
      case .secret(let secret, isUnresolved: false): text += secret.revealed
      case .placeholder(let placeholder):
        text += encode(try value(placeholder, input, destination)?.plainText ?? "")
      }
    }
    return text
  }

  private func value(
    _ placeholder: Placeholder, _ input: RenderInput, _ destination: String
  ) throws(TemplateError) -> JSON? {
    if placeholder.needsRecord, input.reading == nil {
      throw TemplateError(path: place, message: "\(placeholder.pathText): the record can't be read")
    }
    var value = placeholder.path.value(in: input, destination: destination)
    for filter in placeholder.filters {
      do throws(TemplateFilter.Failure) {
        value = try filter.apply(value) { $0.value(in: input, destination: destination) }
      } catch {
        throw TemplateError(error, placeholder, at: place)
      }
    }
    return value
  }

  /// RFC 3986 §5.2.4: clients take such segments out of a path before sending it.
  private static func hasDotSegment(_ url: String) -> Bool {
    let path = url.utf8.prefix { $0 != UInt8(ascii: "?") }
    return path.split(separator: UInt8(ascii: "/")).contains { segment in
      segment.elementsEqual(".".utf8) || segment.elementsEqual("..".utf8)
    }
  }
}

extension TemplateError {
  fileprivate init(_ failure: TemplateFilter.Failure, _ placeholder: Template.Placeholder, at place: String) {
    switch failure {
    case .missingValue:
      self.init(
        path: place, message: "\(placeholder.pathText) is required, but the record has none", isMissingValue: true)
    case .noLink(let sentence):
      self.init(path: place, message: "\(placeholder.pathText) | recording_link: \(sentence)")
    }
  }
}
