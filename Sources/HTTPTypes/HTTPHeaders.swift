/// The fields of a request or response, in the order sent. Names compare without regard to case (RFC 9110 §5.1);
/// they are kept in lower case.
package struct HTTPHeaders: Sendable, Equatable {
  package struct Field: Sendable, Equatable {
    package let name: String
    package let value: String
  }

  package private(set) var fields: [Field]

  package init() {
    fields = []
  }

  package init(_ pairs: [(String, String)]) {
    fields = pairs.map { Field(name: $0.0.lowercased(), value: $0.1) }
  }

  /// Appends a field whose name is already in lower case: the parser's way, which lowers bytes as it reads.
  package mutating func append(lowercasedName name: consuming String, _ value: consuming String) {
    fields.append(Field(name: name, value: value))
  }

  package mutating func append(_ name: String, _ value: String) {
    append(lowercasedName: name.lowercased(), value)
  }

  package mutating func remove(_ name: String) {
    let name = name.lowercased()
    fields.removeAll { $0.name == name }
  }

  /// The fields whose name, in lower case, is included.
  package func filter(_ isIncluded: (_ name: String) -> Bool) -> HTTPHeaders {
    var headers = HTTPHeaders()
    headers.fields.reserveCapacity(fields.count)
    for field in fields where isIncluded(field.name) { headers.fields.append(field) }
    return headers
  }

  package mutating func reserveCapacity(_ count: Int) {
    fields.reserveCapacity(count)
  }

  /// The value of the first field of this name. `name` in lower case.
  package subscript(name: String) -> String? {
    // Most names differ in length, which is seen faster than that they are other texts.
    for field in fields where field.name.utf8.count == name.utf8.count && field.name == name { return field.value }
    return nil
  }

  /// The values of all fields of this name, in the order sent. `name` in lower case.
  package func values(_ name: String) -> [String] {
    fields.lazy.filter { $0.name == name }.map(\.value)
  }
}
