import CSQLite
import Glibc

/// Rows in memory that statements of one connection read like a table: a batch is looked up or inserted by one statement,
/// without binding and starting anew for each row, which was a third of the CPU of an insert. Belongs to its connection's thread;
/// unchanged while a statement runs that reads it.
package final class RowBuffer {
  let rows = UnsafeMutablePointer<cdrelay_rows>.allocate(capacity: 1)
  private let declaration: UnsafeMutablePointer<CChar>
  private let columns: Int
  private var cells: UnsafeMutablePointer<cdrelay_cell>
  private var cellCapacity = 1024
  private var cellCount = 0
  /// Of the row that is being put together.
  private var columnsLeft: Int
  private var bytes: UnsafeMutableRawPointer
  private var byteCapacity = 64 << 10
  private var byteCount = 0

  /// Bytes above which the memory of a large batch is given back: 4 MiB.
  private static let keptBytes = 4 << 20

  init(columns: [String]) {
    self.columns = columns.count
    columnsLeft = columns.count
    cells = .allocate(capacity: cellCapacity)
    bytes = .allocate(byteCount: byteCapacity, alignment: 1)
    declaration = strdup("CREATE TABLE rows (\(columns.joined(separator: ", ")))")
    rows.initialize(
      to: cdrelay_rows(
        cells: cells, bytes: bytes.assumingMemoryBound(to: CChar.self), rows: 0, columns: Int32(columns.count),
        declaration: declaration))
  }

  deinit {
    rows.deallocate()
    cells.deallocate()
    bytes.deallocate()
    free(declaration)
  }

  package var isEmpty: Bool { cellCount == 0 }

  package func removeAll() {
    cellCount = 0
    columnsLeft = columns
    byteCount = 0
    rows.pointee.rows = 0
    if byteCapacity > Self.keptBytes { growBytes(to: 64 << 10) }
  }

  /// The values of a row, one after the other, all of its columns.
  package func append(_ value: Int64) {
    append(cdrelay_cell(number: value, count: 0, kind: SQLITE_INTEGER))
  }

  package func append(_ value: Int) {
    append(Int64(value))
  }

  package func append(_ value: Int64?) {
    if let value { append(value) } else { append(cdrelay_cell(number: 0, count: 0, kind: SQLITE_NULL)) }
  }

  package func append(_ value: String) {
    var value = value
    value.withUTF8 { append(UnsafeRawBufferPointer($0), kind: SQLITE_TEXT) }
  }

  package func append(_ value: String?) {
    if let value { append(value) } else { append(Int64?.none) }
  }

  package func append(_ value: [UInt8]) {
    value.withUnsafeBytes { append($0, kind: SQLITE_BLOB) }
  }

  /// Text whose bytes are known to be UTF-8.
  package func append(textOf value: [UInt8]) {
    value.withUnsafeBytes { append($0, kind: SQLITE_TEXT) }
  }

  private func append(_ value: UnsafeRawBufferPointer, kind: Int32) {
    if byteCount + value.count > byteCapacity { growBytes(to: max(byteCapacity * 2, byteCount + value.count)) }
    UnsafeMutableRawBufferPointer(start: bytes + byteCount, count: value.count).copyMemory(from: value)
    append(cdrelay_cell(number: Int64(byteCount), count: Int32(value.count), kind: kind))
    byteCount += value.count
  }

  private func append(_ cell: cdrelay_cell) {
    if cellCount == cellCapacity { growCells() }
    cells[cellCount] = cell
    cellCount += 1
    columnsLeft -= 1
    guard columnsLeft == 0 else { return }
    columnsLeft = columns
    rows.pointee.rows += 1
  }

  private func growCells() {
    let larger = UnsafeMutablePointer<cdrelay_cell>.allocate(capacity: cellCapacity * 2)
    larger.moveInitialize(from: cells, count: cellCount)
    cells.deallocate()
    cells = larger
    cellCapacity *= 2
    rows.pointee.cells = UnsafePointer(cells)
  }

  private func growBytes(to capacity: Int) {
    let other = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 1)
    other.copyMemory(from: bytes, byteCount: byteCount)
    bytes.deallocate()
    bytes = other
    byteCapacity = capacity
    rows.pointee.bytes = UnsafePointer(bytes.assumingMemoryBound(to: CChar.self))
  }
}
