import RelayCore

/// A text with placeholders, compiled.
struct Template: Sendable, Equatable {
  enum Segment: Sendable, Equatable {
    case literal(String)
    case secret(Secret, isUnresolved: Bool)
    case placeholder(Placeholder)
  }

  struct Placeholder: Sendable, Equatable {
    let path: ValuePath
    let filters: [TemplateFilter]
    /// The path as written, for errors.
    let pathText: String

    /// Whether it takes anything from the record as read.
    var needsRecord: Bool { path.needsRecord || filters.contains { $0.path?.needsRecord == true } }

    /// Whether it takes anything of what the lookup gave.
    var usesLookup: Bool { path.isLookup || filters.contains { $0.path?.isLookup == true } }
  }

  let segments: [Segment]
  /// Where it stands in the rule file.
  let place: String

  var placeholders: [Placeholder] {
    segments.compactMap { if case .placeholder(let placeholder) = $0 { placeholder } else { nil } }
  }

  /// Text, and nothing that is looked up or filled in.
  var isWrittenOut: Bool {
    !segments.isEmpty && segments.allSatisfy { if case .literal = $0 { true } else { false } }
  }

  /// A single placeholder and nothing else: its value keeps its JSON type.
  var lonePlaceholder: Placeholder? {
    guard segments.count == 1, case .placeholder(let placeholder) = segments[0] else { return nil }
    return placeholder
  }

  init(segments: [Segment], place: String) {
    self.segments = segments
    self.place = place
  }

  /// nil after a problem was noted.
  init?(reading text: String, at node: Node) {
    var segments: [Segment] = []
    var rest = text[...]
    while let opening = rest.range(ofText: "{{") {
      guard let literal = Self.literals(rest[..<opening.lowerBound], node) else { return nil }
      segments += literal
      rest = rest[opening.upperBound...]
      guard let end = Self.end(of: rest) else {
        node.problem("\"{{\" has no \"}}\"")
        return nil
      }
      do throws(ValuePath.Malformed) {
        segments.append(.placeholder(try Placeholder(rest[..<end], node.loading)))
      } catch {
        node.problem(error.message)
        return nil
      }
      rest = rest[end...].dropFirst(2)
    }
    guard let literal = Self.literals(rest, node) else { return nil }
    self.segments = segments + literal
    place = node.path.text
  }

  static func literals(_ text: Substring, _ node: Node) -> [Segment]? {
    guard let references = node.references(in: String(text)) else { return nil }
    var segments: [Segment] = []
    for reference in references {
      if case .literal(Secret.mask) = reference, node.json.string == Secret.mask, !node.loading.isUnresolved {
        guard node.loading.resolve(reference, at: node.path) != nil else { return nil }
      } else if case .literal(let text) = reference {
        segments.append(.literal(text))
      } else if node.loading.isUnresolved {
        segments.append(.secret(Secret(reference.written), isUnresolved: true))
      } else {
        guard let value = node.loading.resolve(reference, at: node.path) else { return nil }
        segments.append(.secret(Secret(value), isUnresolved: false))
      }
    }
    return segments
  }

  /// Where `}}` stands, outside of quotes.
  private static func end(of text: Substring) -> Substring.Index? {
    var isQuoted = false
    var index = text.startIndex
    while index < text.endIndex {
      switch text[index] {
      case "\\" where isQuoted: index = text.index(after: index)
      case "\"": isQuoted.toggle()
      case "}" where !isQuoted && text[index...].hasPrefix("}}"): return index
      default: break
      }
      if index < text.endIndex { index = text.index(after: index) }
    }
    return nil
  }
}

extension Template.Placeholder {
  /// `path | filter | filter: argument`.
  init(_ text: Substring, _ loading: Loading) throws(ValuePath.Malformed) {
    let parts = text.split(unquoted: "|")
    let pathText = parts[0].trimmed
    guard !pathText.isEmpty else {
      throw ValuePath.Malformed(message: "expected a path such as call.id between {{ and }}")
    }
    var filters: [TemplateFilter] = []
    for part in parts.dropFirst() {
      let halves = part.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      let argument = halves.count == 2 ? String(halves[1].trimmed) : nil
      filters.append(try TemplateFilter(name: String(halves[0].trimmed), argument: argument, loading))
    }
    let path = try ValuePath(pathText)
    if let problem = loading.offers.problem(path) { throw ValuePath.Malformed(message: problem) }
    self.init(path: path, filters: filters, pathText: String(pathText))
  }
}

extension Substring {
  /// At each separator outside of quotes.
  func split(unquoted separator: Character) -> [Substring] {
    var parts: [Substring] = []
    var start = startIndex
    var isQuoted = false
    var isEscaped = false
    for index in indices {
      if isEscaped {
        isEscaped = false
      } else if self[index] == "\\", isQuoted {
        isEscaped = true
      } else if self[index] == "\"" {
        isQuoted.toggle()
      } else if self[index] == separator, !isQuoted {
        parts.append(self[start..<index])
        start = self.index(after: index)
      }
    }
    return parts + [self[start...]]
  }

  fileprivate func range(ofText needle: String) -> Range<Index>? {
    var index = startIndex
    while index < endIndex {
      if self[index...].hasPrefix(needle) { return index..<self.index(index, offsetBy: needle.count) }
      index = self.index(after: index)
    }
    return nil
  }
}
