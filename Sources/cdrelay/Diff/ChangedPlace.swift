import RelayCore
import Rules

/// Where two requests for one delivery differ: `body.seconds`, `url`, `headers.x-team`.
struct ChangedPlace: Equatable {
  let path: String
  /// As a person may see them: cut, numbers masked; nil where there is nothing.
  let before: String?
  let after: String?

  /// Of one pair of requests.
  private static let most = 20

  private init(path: String, before: String?, after: String?) {
    self.path = path
    self.before = before
    self.after = after
  }

  private init(_ path: String, _ before: String?, _ after: String?) {
    let (before, after) = (before.map(Phrases.maskingNumbers), after.map(Phrases.maskingNumbers))
    let skipped = Self.skipped(before, after)
    self.init(path: path, before: before.map { Self.cut($0, skipped) }, after: after.map { Self.cut($0, skipped) })
  }

  /// `body.seconds: 11 -> 12`
  var sentence: String { "\(path): \(before ?? "missing") -> \(after ?? "missing")" }

  var json: JSON {
    .object(["path": .string(path), "before": .text(before), "after": .text(after)])
  }

  /// Empty where the requests are equal, and where neither is there. A request that can't be rendered differs from one that
  /// can. `name`: what stands before the paths.
  static func between(
    _ old: Result<RenderedRequest?, TemplateError>, _ new: Result<RenderedRequest?, TemplateError>,
    in name: String? = nil
  ) -> [ChangedPlace] {
    let found: [ChangedPlace]
    switch (old, new) {
    case (.success(nil), .success(nil)), (.failure, .failure): return []
    case (.success(let old?), .success(let new?)): found = old == new ? [] : Array(places(old, new).prefix(most))
    default: return [ChangedPlace(name ?? "request", words(old), words(new))]
    }
    guard let name else { return found }
    return found.map { ChangedPlace(path: "\(name).\($0.path)", before: $0.before, after: $0.after) }
  }

  private static func words(_ request: Result<RenderedRequest?, TemplateError>) -> String? {
    switch request {
    case .success(let request): request.map { "\($0.method) \($0.url)" }
    case .failure(let error): "can't be rendered: \(error)"
    }
  }

  private static func places(_ old: RenderedRequest, _ new: RenderedRequest) -> [ChangedPlace] {
    var places: [ChangedPlace] = []
    func note(_ path: String, _ old: String?, _ new: String?) {
      if old != new { places.append(ChangedPlace(path, old, new)) }
    }
    note("method", old.method, new.method)
    note("url", old.url, new.url)
    note("headers.content-type", old.contentType, new.contentType)
    let names =
      old.headers.map(\.name)
      + new.headers.map(\.name).filter { name in
        !old.headers.contains { $0.name == name }
      }
    for name in names {
      note(
        "headers.\(name)", old.headers.first { $0.name == name }?.value, new.headers.first { $0.name == name }?.value)
    }
    guard old.body != new.body else { return places }
    let bodies = places.count
    if let first = try? JSONParser.parse(old.body), let second = try? JSONParser.parse(new.body) {
      compare(first, second, at: "body", &places)
    } else {
      note("body", String(decoding: old.body, as: UTF8.self), String(decoding: new.body, as: UTF8.self))
    }
    if places.count == bodies { places.append(ChangedPlace("body", "the same values", "written otherwise")) }
    return places
  }

  /// Objects member by member; anything else as a whole.
  private static func compare(_ old: JSON, _ new: JSON, at path: String, _ places: inout [ChangedPlace]) {
    guard places.count < most, old != new else { return }
    guard let first = old.object, let second = new.object else {
      places.append(ChangedPlace(path, old.text, new.text))
      return
    }
    for member in first.members {
      let inner = "\(path).\(member.key)"
      if let other = second[member.key] {
        compare(member.value, other, at: inner, &places)
      } else {
        places.append(ChangedPlace(inner, member.value.text, nil))
      }
    }
    for member in second.members where first[member.key] == nil {
      places.append(ChangedPlace("\(path).\(member.key)", nil, member.value.text))
    }
  }

  /// Characters that are shown of a value.
  private static let longest = 60

  /// How many characters to leave out in front: of long values that part late all but the last ones that are the same.
  private static func skipped(_ before: String?, _ after: String?) -> Int {
    guard let before, let after, max(before.count, after.count) > longest else { return 0 }
    let same = zip(before, after).prefix { $0 == $1 }.count
    return same > longest - 20 ? same - 20 : 0
  }

  private static func cut(_ text: String, _ skipped: Int) -> String {
    let rest: String = (skipped > 0 ? "…" : "") + text.dropFirst(skipped)
    return rest.count <= longest ? rest : rest.prefix(longest - 1) + "…"
  }
}

extension Phrases {
  /// Digits in a row that a phone number may have.
  private static let fewestDigits = 7

  /// Of each row of seven digits or more only the last four; parts of ids, which letters stand beside, stay.
  static func maskingNumbers(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    var digits: [Unicode.Scalar] = []
    var before: Unicode.Scalar?
    func isOfID(_ scalar: Unicode.Scalar?) -> Bool {
      scalar.map { $0.properties.isAlphabetic || $0 == "-" || $0 == "_" } ?? false
    }
    func end(_ after: Unicode.Scalar?) {
      let isNumber = digits.count >= fewestDigits && !isOfID(before) && !isOfID(after)
      let hidden = isNumber ? digits.count - 4 : 0
      result.append(contentsOf: digits.enumerated().map { $0.offset < hidden ? "*" : $0.element })
      digits = []
    }
    for scalar in text.unicodeScalars {
      if ("0"..."9").contains(scalar) {
        digits.append(scalar)
      } else {
        end(scalar)
        result.append(scalar)
        before = scalar
      }
    }
    end(nil)
    return String(result)
  }
}
