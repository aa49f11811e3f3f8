import Glibc

/// The reader of a pipe went away.
struct OutputClosed: Error {}

/// Text on its way out, gathered into large writes. Belongs to one thread.
final class Output {
  private let sink: ([UInt8]) throws -> Void
  private var buffer: [UInt8] = []

  private static let bufferSize = 64 << 10

  /// `sink` gets all bytes in order, at the latest when `flush` is called.
  init(sink: @escaping ([UInt8]) throws -> Void) {
    self.sink = sink
  }

  func write(_ text: String) throws {
    buffer.append(contentsOf: text.utf8)
    if buffer.count >= Self.bufferSize { try flush() }
  }

  func line(_ text: String = "") throws {
    try write(text + "\n")
  }

  func flush() throws {
    guard !buffer.isEmpty else { return }
    let bytes = buffer
    buffer.removeAll(keepingCapacity: true)
    try sink(bytes)
  }
}

extension Output {
  /// Writes to an open file. SIGPIPE must be ignored, so that a reader who left is an error instead of the end.
  convenience init(fileDescriptor: Int32) {
    self.init { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        let written = rest.withUnsafeBytes { Glibc.write(fileDescriptor, $0.baseAddress, $0.count) }
        if written < 0, errno == EINTR { continue }
        if written < 0, errno == EPIPE { throw OutputClosed() }
        guard written > 0 else { throw CommandError("can't write the output: \(String(cString: strerror(errno)))") }
        rest = rest.dropFirst(written)
      }
    }
  }
}
