import Foundation

/// A certificate authority for one test, made by openssl.
package struct TestAuthority {
  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }

  private let folder: TemporaryFolder
  package var certificate: String { folder.file("ca.pem") }

  package init() throws {
    folder = try TemporaryFolder()
    try openssl(["-subj", "/CN=CA of a test", "-keyout", folder.file("ca.key"), "-out", certificate, "-nodes"])
  }

  /// Signs a certificate for 127.0.0.1 and this name, and gives the paths of both PEM files.
  package func issue(_ name: String, keyPassword: String? = nil) throws -> (certificate: String, key: String) {
    let paths = (certificate: folder.file("\(name).pem"), key: folder.file("\(name).key"))
    try openssl(
      [
        "-subj", "/CN=\(name)", "-addext", "subjectAltName=IP:127.0.0.1", "-CA", certificate, "-CAkey",
        folder.file("ca.key"), "-keyout", paths.key, "-out", paths.certificate,
      ] + (keyPassword.map { ["-passout", "pass:\($0)"] } ?? ["-nodes"]))
    return paths
  }

  /// A file of its own with these one behind the other.
  package func joined(_ files: String..., as name: String) throws -> String {
    let text = try files.map { try String(contentsOfFile: $0, encoding: .utf8) }.joined()
    try text.write(toFile: folder.file(name), atomically: true, encoding: .utf8)
    return folder.file(name)
  }

  private func openssl(_ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
    process.arguments =
      ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-days", "2"] + arguments
    process.standardInput = FileHandle.nullDevice
    let errors = Pipe()
    process.standardError = errors
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failure(description: "openssl: \(text)") }
  }
}
