/// Why a database could not be opened, and what to do.
package enum OpeningError: Error, Sendable, Equatable, CustomStringConvertible {
  case alreadyServed(path: String, process: Int32?)
  case newer(path: String, found: Int, known: Int)
  case noFolder(String, path: String)
  /// A file or folder that can't be written.
  case unusable(file: String, reason: String)
  case foreign(path: String)
  /// The disk is full, and so is what the reserve gave.
  case full(path: String)
  case failed(path: String, reason: String)

  package var description: String {
    switch self {
    case .alreadyServed(let path, let process):
      let which = process.map { " (process \($0))" } ?? ""
      return "another cdrelay\(which) already serves \(path): stop it first, or give this one another --database"
    case .newer(let path, let found, let known):
      return
        "\(path) has schema version \(found), this cdrelay knows versions up to \(known): run the newer cdrelay that "
        + "wrote it, or put back the copy made before the migration (\(path).before-\(known + 1))"
    case .noFolder(let folder, let path):
      return "\(path): there is no folder \(folder): make it (mkdir -p \(folder)), or give another --database"
    case .unusable(let file, let reason):
      return "\(file): \(reason): make it writable for this user, or give another --database"
    case .foreign(let path):
      return "\(path) is not a database of cdrelay: give another --database"
    case .full(let path):
      return "\(path): the disk is full: make room on it, or give another --database"
    case .failed(let path, let reason):
      return "\(path): \(reason)"
    }
  }
}
