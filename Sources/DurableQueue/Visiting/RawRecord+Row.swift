import HTTPTypes
import RelayCore
import SQLite

extension RawRecord {
  /// Reads the columns that `record` and `quarantine` share.
  init(_ row: Statement, contentType: Int32, headers: Int32, query: Int32, body: Int32) {
    let fields = Self.pairs(row.text(query)).map { FormFields.Field(name: $0.0, value: $0.1) }
    self.init(
      body: row.blob(body), contentType: row.optionalText(contentType),
      headers: HTTPHeaders(Self.pairs(row.text(headers))),
      query: FormFields(fields))
  }

  /// A JSON list of [name, value]; what is none is left out.
  private static func pairs(_ text: String) -> [(String, String)] {
    let elements = (try? JSONParser.parse(text))?.array ?? []
    return elements.compactMap { element in
      guard let pair = element.array, pair.count == 2, let name = pair[0].string, let value = pair[1].string else {
        return nil
      }
      return (name, value)
    }
  }
}
