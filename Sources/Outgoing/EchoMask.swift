import HTTPTypes
import RelayCore
import Rules

/// Takes the secrets that a request carried out of the answer to it: some servers, and most that are there for debugging, send
/// back what they were sent, and what is kept of an answer is shown to people.
package struct EchoMask {
  /// Bytes kept of an answer's body.
  package static let kept = 4096
  /// Shorter ones are left alone: `${NAME}` also stands for numbers and words that are no secrets.
  private static let shortest = 4

  /// How a secret may stand in an answer; the longest first, so that none leaves the rest of a longer one.
  private let spellings: [[UInt8]]
  /// By a byte: whether a spelling begins with it.
  private let begins: [Bool]

  package init(_ secrets: [Secret]) {
    self.init(spellings: Set(secrets.flatMap(Self.spellings)))
  }

  private init(spellings: Set<[UInt8]>) {
    self.spellings = spellings.sorted { $0.count > $1.count }
    var begins = [Bool](repeating: false, count: 256)
    for spelling in spellings { begins[Int(spelling[0])] = true }
    self.begins = begins
  }

  package func adding(_ secret: Secret) -> EchoMask {
    EchoMask(spellings: Set(spellings).union(Self.spellings(secret)))
  }

  /// As it is; inside of a JSON text, with `/` escaped as PHP does; percent-encoded and decoded.
  private static func spellings(_ secret: Secret) -> [[UInt8]] {
    let text = secret.revealed
    let inJSON = JSON.string(text).text.utf8.dropFirst().dropLast()
    let slashed = inJSON.flatMap { $0 == UInt8(ascii: "/") ? Array(#"\/"#.utf8) : [$0] }
    let decoded = text.utf8.contains(UInt8(ascii: "%")) ? PercentEncoding.decode(text) ?? [] : []
    return [secret.bytes, Array(inJSON), slashed, Array(PercentEncoding.encode(text).utf8), decoded]
      .filter { $0.count >= shortest }
  }

  /// What is kept of a body: its first 4 KiB, secrets replaced.
  package func kept(_ body: [UInt8]) -> [UInt8] {
    let end = min(body.count, Self.kept)
    guard let first = body[..<end].firstIndex(where: { begins[Int($0)] }) else { return Array(body[..<end]) }
    var result = Array(body[..<first])
    var position = first
    // One that begins before the end is looked for beyond it.
    while position < end {
      if begins[Int(body[position])], let found = spellings.first(where: { body[position...].starts(with: $0) }) {
        result.append(contentsOf: Secret.mask.utf8)
        position += found.count
      } else {
        result.append(body[position])
        position += 1
      }
    }
    return result.count <= Self.kept ? result : Array(result[..<Self.kept])
  }
}
