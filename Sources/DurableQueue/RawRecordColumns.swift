import HTTPTypes
import RelayCore
import SQLite

/// How headers and queries stand in the database: a JSON list of [name, value], in the order sent.
enum RawRecordColumns {
  static func text(_ headers: HTTPHeaders) -> [UInt8] {
    list(headers.fields) { ($0.name, $0.value) }
  }

  static func text(_ query: FormFields) -> [UInt8] {
    list(query.fields) { ($0.name, $0.value) }
  }

  /// The raw record of a row with `content_type, headers, query, body` from this column on.
  static func read(_ row: Statement, from column: Int32) -> RawRecord {
    var headers = HTTPHeaders()
    for (name, value) in pairs(row.blob(column + 1)) { headers.append(lowercasedName: name, value) }
    return RawRecord(
      body: row.blob(column + 3),
      contentType: row.optionalText(column),
      headers: headers,
      query: FormFields(pairs(row.blob(column + 2)).map { FormFields.Field(name: $0.0, value: $0.1) })
    )
  }

  private static func list<T>(_ fields: [T], _ pair: (T) -> (String, String)) -> [UInt8] {
    guard !fields.isEmpty else { return emptyList }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(fields.count * 48)
    var separator = UInt8(ascii: "[")
    for field in fields {
      let (name, value) = pair(field)
      bytes.append(separator)
      bytes.append(UInt8(ascii: "["))
      JSON.append(quoted: name, to: &bytes)
      bytes.append(UInt8(ascii: ","))
      JSON.append(quoted: value, to: &bytes)
      bytes.append(UInt8(ascii: "]"))
      separator = UInt8(ascii: ",")
    }
    bytes.append(UInt8(ascii: "]"))
    return bytes
  }

  /// Empty where somebody has put something else there.
  private static func pairs(_ bytes: [UInt8]) -> [(String, String)] {
    guard bytes.count > 2, let list = (try? JSONParser.parse(bytes))?.array else { return [] }
    return list.compactMap { element in
      guard let pair = element.array, pair.count == 2, let name = pair[0].string, let value = pair[1].string else {
        return nil
      }
      return (name, value)
    }
  }

  private static let emptyList = Array("[]".utf8)
}
