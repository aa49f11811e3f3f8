/// The tables, by version. A migration is never edited once it has shipped: a later one changes what it made.
///
/// Words and instants: every instant is an integer `…_at_ms` (milliseconds since 1970, UTC); states are the words of
/// `DeliveryState`, since admins look with `sqlite3`.
///
/// Lists of more than two words are written with OR: for `IN` SQLite builds a table of its own at each row, which doubled
/// the CPU of an insert.
package enum Schema {
  package static let migrations: [String] = [
    version1, version2, version3, version4, version5, version6, version7, version8, version9, version10,
    version11, version12,
  ]

  package static var newestVersion: Int { migrations.count }

  /// Ids behind a record's own within which those of its deliveries lie where they were made with it: 16 milliseconds of
  /// `Identifier`, which are 16,384 numbers of one process.
  static let deliverySpan: Int64 = 134_217_728
}
