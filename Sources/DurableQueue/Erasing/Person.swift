/// Whom `erase` removes.
package enum Person: Sendable, Equatable {
  /// A phone number, in any spelling.
  case number(NumberSearch)
  /// An agent of the telephone system.
  case agent(AgentSearch)

  /// Whether these bytes speak of the person: as they stand, and with `%2B` and `\u002B` read.
  package func isIn(_ bytes: UnsafeRawBufferPointer) -> Bool {
    if finds(bytes) { return true }
    guard let plain = Unescaped.bytes(bytes) else { return false }
    return plain.withUnsafeBytes(finds)
  }

  package func isIn(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { isIn(UnsafeRawBufferPointer($0)) }
  }

  private func finds(_ bytes: UnsafeRawBufferPointer) -> Bool {
    switch self {
    case .number(let search): search.isIn(bytes)
    case .agent(let search): search.isIn(bytes)
    }
  }
}
