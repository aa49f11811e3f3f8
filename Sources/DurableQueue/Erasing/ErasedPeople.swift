import Digests
import RelayCore
import SQLite

/// Whom `erase` removed, as hashes under a random key of this database: enough to refuse an import that would bring them
/// back, not enough to read who they are. Whoever has the whole file can try all numbers, so it is no secret from them.
package struct ErasedPeople: Sendable {
  private let key: [UInt8]
  /// True: of a whole number or name. False: of the end of a number, as it is written in its own country.
  private let hashes: [[UInt8]: Bool]

  package var isEmpty: Bool { hashes.isEmpty }

  /// Whether this number, in whatever spelling, was erased.
  package func contains(number: String) -> Bool {
    guard !isEmpty, let search = NumberSearch(number) else { return false }
    if hashes[Self.hash(search.digits[...], key)] != nil { return true }
    return Self.ends(of: search.digits).contains { hashes[Self.hash($0, key)] == true }
  }

  package func contains(agent: String) -> Bool {
    guard !isEmpty, let search = AgentSearch(agent) else { return false }
    return hashes[Self.hash(agent: search, key)] != nil
  }

  /// Whether somebody who was erased takes part in this call.
  package func takePart(in call: Call) -> Bool {
    let numbers = [call.from, call.to, call.customerNumber, call.ourNumber]
    return numbers.contains { $0.map { contains(number: $0) } ?? false }
      || call.agent.map { contains(agent: $0) } ?? false
  }
}

extension ErasedPeople {
  init(_ connection: Connection) throws(DatabaseError) {
    let stored = try connection.prepare("SELECT key FROM erasure_key")
    key = try stored.step() ? stored.blob(0) : []
    let rows = try connection.prepare("SELECT hash, whole FROM erased")
    var hashes: [[UInt8]: Bool] = [:]
    while try rows.step() { hashes[rows.blob(0)] = rows.integer(1) == 1 }
    self.hashes = hashes
  }

  /// Inside a transaction of the caller's.
  static func add(_ person: Person, on connection: Connection, at now: Instant) throws(DatabaseError) {
    let key = try Self.key(connection)
    let insert = try connection.prepare(
      """
      INSERT INTO erased (hash, whole, erased_at_ms) VALUES (?, ?, ?)
      ON CONFLICT (hash) DO UPDATE SET whole = max(whole, excluded.whole)
      """)
    let hashes: [([UInt8], Bool)] =
      switch person {
      case .number(let search):
        [(hash(search.digits[...], key), true)] + ends(of: search.digits).map { (hash($0, key), false) }
      case .agent(let search): [(hash(agent: search, key), true)]
      }
    for (hash, isWhole) in hashes {
      insert.bind(1, hash)
      insert.bind(2, isWhole ? 1 : 0)
      insert.bind(3, now.milliseconds)
      try insert.run()
    }
  }

  private static func key(_ connection: Connection) throws(DatabaseError) -> [UInt8] {
    let drawn = (0..<32).map { _ in UInt8.random(in: 0...255) }
    let insert = try connection.prepare("INSERT INTO erasure_key (one, key) VALUES (1, ?) ON CONFLICT DO NOTHING")
    insert.bind(1, drawn)
    try insert.run()
    let stored = try connection.prepare("SELECT key FROM erasure_key")
    return try stored.step() ? stored.blob(0) : drawn
  }

  /// All but the whole.
  private static func ends(of digits: [UInt8]) -> [ArraySlice<UInt8>] {
    (NumberSearch.leastDigits..<max(NumberSearch.leastDigits, digits.count)).map { digits.suffix($0) }
  }

  private static func hash(_ digits: ArraySlice<UInt8>, _ key: [UInt8]) -> [UInt8] {
    HMAC<SHA256>.authenticate(Array("number:".utf8) + digits, key: key)
  }

  private static func hash(agent: AgentSearch, _ key: [UInt8]) -> [UInt8] {
    HMAC<SHA256>.authenticate(Array("agent:".utf8) + agent.name, key: key)
  }
}

extension QueueVisitor {
  /// For an import: whom it must not bring back.
  package func erasedPeople() throws -> ErasedPeople {
    try naming { try ErasedPeople(connection) }
  }
}
