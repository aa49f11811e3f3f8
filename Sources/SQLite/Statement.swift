import CSQLite

/// One compiled statement. Bind, step, read columns; parameters count from 1, columns from 0 (sqlite.org/c3ref/bind_blob.html).
package final class Statement {
  private let handle: OpaquePointer
  private let connection: OpaquePointer
  private let sql: String

  init(_ handle: OpaquePointer, sql: String, connection: OpaquePointer) {
    self.handle = handle
    self.sql = sql
    self.connection = connection
  }

  deinit {
    sqlite3_finalize(handle)
  }

  /// Ends the run and forgets the bindings.
  package func reset() {
    sqlite3_reset(handle)
    sqlite3_clear_bindings(handle)
  }

  /// True while there is a row to read; false at the end.
  package func step() throws(DatabaseError) -> Bool {
    let code = sqlite3_step(handle)
    if code == SQLITE_ROW { return true }
    if code == SQLITE_DONE { return false }
    let error = DatabaseError(code: code, message: String(cString: sqlite3_errmsg(connection)), sql: sql)
    reset()
    throw error
  }

  /// Runs a statement that gives no rows, and resets it.
  package func run() throws(DatabaseError) {
    while try step() {}
    reset()
  }
}

// MARK: - Parameters

extension Statement {
  package func bind(_ index: Int32, _ value: Int64) {
    sqlite3_bind_int64(handle, index, value)
  }

  package func bind(_ index: Int32, _ value: Int) {
    sqlite3_bind_int64(handle, index, Int64(value))
  }

  package func bind(_ index: Int32, _ value: Int64?) {
    if let value { bind(index, value) } else { sqlite3_bind_null(handle, index) }
  }

  package func bind(_ index: Int32, _ value: String) {
    var value = value
    value.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { text in
        // An empty buffer may have no address, which SQLite would take for NULL.
        _ = cdrelay_bind_text(handle, index, text.baseAddress ?? Self.emptyText, UInt64(text.count))
      }
    }
  }

  package func bind(_ index: Int32, _ value: String?) {
    if let value { bind(index, value) } else { sqlite3_bind_null(handle, index) }
  }

  package func bind(_ index: Int32, _ value: [UInt8]) {
    if value.isEmpty {
      sqlite3_bind_zeroblob(handle, index, 0)
    } else {
      value.withUnsafeBufferPointer { _ = cdrelay_bind_blob(handle, index, $0.baseAddress, UInt64($0.count)) }
    }
  }

  package func bind(_ index: Int32, _ value: [UInt8]?) {
    if let value { bind(index, value) } else { sqlite3_bind_null(handle, index) }
  }

  /// Text whose bytes are known to be UTF-8.
  package func bind(_ index: Int32, textOf bytes: [UInt8]) {
    bytes.withUnsafeBytes { bytes in
      let text = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
      _ = cdrelay_bind_text(handle, index, text ?? Self.emptyText, UInt64(bytes.count))
    }
  }

  private static nonisolated(unsafe) let emptyText: UnsafePointer<CChar> = {
    let text = UnsafeMutablePointer<CChar>.allocate(capacity: 1)
    text.pointee = 0
    return UnsafePointer(text)
  }()
}

// MARK: - Columns

extension Statement {
  package func isNull(_ column: Int32) -> Bool {
    sqlite3_column_type(handle, column) == SQLITE_NULL
  }

  package func integer(_ column: Int32) -> Int64 {
    sqlite3_column_int64(handle, column)
  }

  package func optionalInteger(_ column: Int32) -> Int64? {
    isNull(column) ? nil : integer(column)
  }

  /// Empty for NULL.
  package func text(_ column: Int32) -> String {
    guard let bytes = sqlite3_column_text(handle, column) else { return "" }
    let count = Int(sqlite3_column_bytes(handle, column))
    return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
  }

  package func optionalText(_ column: Int32) -> String? {
    isNull(column) ? nil : text(column)
  }

  /// Bytes of a text or blob; 0 for NULL.
  package func byteCount(_ column: Int32) -> Int {
    Int(sqlite3_column_bytes(handle, column))
  }

  /// Empty for NULL.
  package func blob(_ column: Int32) -> [UInt8] {
    guard let bytes = sqlite3_column_blob(handle, column) else { return [] }
    return Array(UnsafeRawBufferPointer(start: bytes, count: Int(sqlite3_column_bytes(handle, column))))
  }

  package func optionalBlob(_ column: Int32) -> [UInt8]? {
    isNull(column) ? nil : blob(column)
  }
}
