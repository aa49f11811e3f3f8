import HTTPTypes
import RelayCore

/// What a request asks with: the members of a JSON body, the fields of a form, and those of the query.
struct Parameters {
  private(set) var values: JSONObject

  init(_ request: HTTPRequest) {
    values = JSONObject()
    if case .bytes(let body) = request.body, !body.isEmpty {
      if let object = try? JSONParser.parse(body).object {
        values = object
      } else if let form = FormFields(parsing: String(decoding: body, as: UTF8.self)) {
        add(form)
      }
    }
    if let query = request.query { add(FormFields(keeping: query)) }
  }

  /// `extra_params[name]=value` gathers in an object: the way that TeleCMI's own example of a GET has.
  private mutating func add(_ fields: FormFields) {
    for field in fields.fields {
      guard field.name.last == "]", let bracket = field.name.firstIndex(of: "[") else {
        values[field.name] = .string(field.value)
        continue
      }
      let outer = String(field.name[..<bracket])
      let inner = String(field.name[field.name.index(after: bracket)...].dropLast())
      var object = values[outer]?.object ?? JSONObject()
      object[inner] = .string(field.value)
      values[outer] = .object(object)
    }
  }

  /// Text that is not empty, or a number's digits.
  func text(_ name: String) -> String? {
    switch values[name] {
    case .string(let text)? where !text.isEmpty: text
    case .number(let number)?: number.canonicalText
    default: nil
    }
  }

  /// A number, or digits.
  func integer(_ name: String) -> Int64? {
    values[name]?.integer ?? values[name]?.string.flatMap { Int64($0) }
  }

  /// The digits of a phone number, with or without `+`.
  func phone(_ name: String) -> Int64? {
    guard let text = text(name) else { return nil }
    let digits = text.first == "+" ? text.dropFirst() : text[...]
    guard (3...18).contains(digits.utf8.count), digits.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
    return Int64(digits)
  }

  /// It is there, even if empty.
  func has(_ name: String) -> Bool { values[name] != nil }

  /// An object or a list as the text that the CDR will have; text as it is.
  func extraParams(_ name: String = "extra_params") -> String? {
    switch values[name] {
    case .string(let text)?: text
    case .null?, nil: nil
    case let value?: value.text
    }
  }

  /// All of it but what is secret: by it a request is known again.
  var withoutSecrets: JSONObject {
    var left = values
    for name in ["secret", "token", "password"] { left[name] = nil }
    return left
  }
}
