import CSQLite

/// One compiled statement. Bind, step, read columns; parameters count from 1, columns from 0 (sqlite.org/c3ref/bind_blob.html).
package final class Statement {
  private let handle: OpaquePointer
  private let connection: OpaquePointer
  private let sql: String
  /// Where bound texts and blobs stand until the next reset: one copy, without asking the allocator for each.
  private let bound: UnsafeMutableRawPointer
  private var boundCount = 0
  private static let boundCapacity = 4096

  init(_ handle: OpaquePointer, sql: String, connection: OpaquePointer) {
    self.handle = handle
    self.sql = sql
    self.connection = connection
    bound = .allocate(byteCount: Self.boundCapacity, alignment: 1)
  }

  deinit {
    sqlite3_finalize(handle)
    bound.deallocate()
  }

  /// Ends the run and forgets the bindings.
  package func reset() {
    sqlite3_reset(handle)
    sqlite3_clear_bindings(handle)
    boundCount = 0
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
    value.withUTF8 { bind(index, UnsafeRawBufferPointer($0), isText: true) }
  }

  package func bind(_ index: Int32, _ value: String?) {
    if let value { bind(index, value) } else { sqlite3_bind_null(handle, index) }
  }

  package func bind(_ index: Int32, _ value: [UInt8]) {
    value.withUnsafeBytes { bind(index, $0, isText: false) }
  }

  package func bind(_ index: Int32, _ value: [UInt8]?) {
    if let value { bind(index, value) } else { sqlite3_bind_null(handle, index) }
  }

  /// Text whose bytes are known to be UTF-8.
  package func bind(_ index: Int32, textOf bytes: [UInt8]) {
    bytes.withUnsafeBytes { bind(index, $0, isText: true) }
  }

  private func bind(_ index: Int32, _ bytes: UnsafeRawBufferPointer, isText: Bool) {
    guard boundCount + bytes.count <= Self.boundCapacity else {
      if isText {
        _ = cdrelay_bind_text(handle, index, bytes.baseAddress, UInt64(bytes.count))
      } else {
        _ = cdrelay_bind_blob(handle, index, bytes.baseAddress, UInt64(bytes.count))
      }
      return
    }
    // Never a null address, also for no bytes: SQLite would take it for NULL.
    let place = bound + boundCount
    UnsafeMutableRawBufferPointer(start: place, count: bytes.count).copyMemory(from: bytes)
    boundCount += bytes.count
    if isText {
      sqlite3_bind_text64(handle, index, place, UInt64(bytes.count), nil, UInt8(SQLITE_UTF8))
    } else {
      sqlite3_bind_blob64(handle, index, place, UInt64(bytes.count), nil)
    }
  }
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

  /// The bytes of a text or blob where they stand, until the next step; none for NULL.
  package func withBytes<T>(_ column: Int32, _ body: (UnsafeRawBufferPointer) throws -> T) rethrows -> T {
    let bytes = sqlite3_column_blob(handle, column)
    return try body(UnsafeRawBufferPointer(start: bytes, count: bytes == nil ? 0 : byteCount(column)))
  }

  package func optionalBlob(_ column: Int32) -> [UInt8]? {
    isNull(column) ? nil : blob(column)
  }
}
