import Glibc

import class Foundation.ProcessInfo

/// Where a rule file's secrets come from. Tests pass an environment and files of their own.
package struct SecretsResolver: Sendable {
  package enum Mode: Sendable {
    /// A missing secret is a problem.
    case resolved
    /// A missing secret of a source or destination holds that one alone, one of the alerts leaves the log to tell
    /// (`missingSecrets`): for the relay itself.
    case lenient
    /// Secrets are not looked up and stand as written (`${NAME}`): for `rules check --without-secrets` and for commands that
    /// send nothing. What can only be checked on the real value is not checked.
    case unresolved
  }

  package struct FileContent: Sendable {
    package let bytes: [UInt8]
    /// Anyone on the machine may read it.
    package let isReadableByOthers: Bool

    package init(_ text: String, isReadableByOthers: Bool = false) {
      self.init(bytes: Array(text.utf8), isReadableByOthers: isReadableByOthers)
    }

    package init(bytes: [UInt8], isReadableByOthers: Bool = false) {
      self.bytes = bytes
      self.isReadableByOthers = isReadableByOthers
    }
  }

  package struct FileError: Error, Sendable {
    /// In the words of the system: `No such file or directory`.
    package let reason: String

    package init(reason: String) {
      self.reason = reason
    }
  }

  package let mode: Mode
  let environment: [String: String]
  let read: @Sendable (String) -> Result<FileContent, FileError>

  package init(
    mode: Mode = .resolved, environment: [String: String],
    read: @escaping @Sendable (String) -> Result<FileContent, FileError> = SecretsResolver.readFile
  ) {
    self.mode = mode
    self.environment = environment
    self.read = read
  }

  /// The environment of this process and the files of this machine.
  package static func process(_ mode: Mode = .resolved) -> SecretsResolver {
    SecretsResolver(mode: mode, environment: ProcessInfo.processInfo.environment)
  }

  /// Where a path leads: a relative one begins at the working directory.
  static func wholePath(_ path: String) -> String {
    guard !path.hasPrefix("/"), let directory = getcwd(nil, 0) else { return path }
    defer { free(directory) }
    return String(cString: directory) + "/" + path
  }

  /// Reads a regular file whole, or what comes through `/dev/stdin`; 64 MiB at most. Does not wait for a writer of a named
  /// pipe.
  package static let readFile: @Sendable (String) -> Result<FileContent, FileError> = { path in
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return .failure(.ofSystem) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return .failure(.ofSystem) }
    if status.st_mode & S_IFMT == S_IFIFO, !path.hasPrefix("/dev/"), !path.hasPrefix("/proc/") {
      return .failure(FileError(reason: "it is a pipe, not a file"))
    }
    _ = fcntl(descriptor, F_SETFL, 0)
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count < 0 {
        if errno == EINTR { continue }
        return .failure(.ofSystem)
      }
      if count == 0 { break }
      bytes.append(contentsOf: chunk[..<count])
      if bytes.count > 64 << 20 { return .failure(FileError(reason: "larger than 64 MiB")) }
    }
    return .success(FileContent(bytes: bytes, isReadableByOthers: status.st_mode & S_IROTH != 0))
  }
}

extension SecretsResolver.FileError {
  fileprivate static var ofSystem: Self { Self(reason: String(cString: strerror(errno))) }
}
