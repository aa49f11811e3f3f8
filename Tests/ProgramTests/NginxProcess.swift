import Foundation
import Glibc
import Synchronization
import TestSupport

/// nginx as README.md sets it up, as a process of this test alone: only ports, certificates and folders are others.
final class NginxProcess: Sendable {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  let port: Int
  let folder: TemporaryFolder
  private let process: Mutex<Process>
  private let errors: ProcessOutput

  var certificate: String { folder.file("fullchain.pem") }
  var accessLog: String { (try? String(contentsOfFile: folder.file("hooks.log"), encoding: .utf8)) ?? "" }
  /// What nginx itself complains of, with all levels from `notice` on.
  var errorLog: String { errors.text }

  init(upstream: Int) throws {
    guard FileManager.default.isExecutableFile(atPath: "/usr/sbin/nginx") else {
      throw Failure(description: "no /usr/sbin/nginx: run README's first command, which installs it")
    }
    folder = try TemporaryFolder()
    port = try Self.freePort()
    let place = folder.path
    let made = try CommandRun(
      [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
        "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "\(place)/privkey.pem", "-out",
        "\(place)/fullchain.pem",
      ], program: "/usr/bin/openssl")
    guard made.exitCode == 0 else { throw Failure(description: "openssl req: \(made.errors)") }
    try Self.example(port: port, upstream: upstream, place: place)
      .write(toFile: "\(place)/cdrelay.conf", atomically: true, encoding: .utf8)
    try Self.surroundings(place).write(toFile: "\(place)/nginx.conf", atomically: true, encoding: .utf8)

    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/sbin/nginx")
    process.arguments = ["-p", place, "-c", "\(place)/nginx.conf", "-e", "stderr"]
    process.standardInput = FileHandle.nullDevice
    let errors = ProcessOutput()
    process.standardError = errors.pipe
    try process.run()
    errors.startReading()
    self.errors = errors
    self.process = Mutex(process)
    // By then the port is open.
    do throws(ProcessOutput.Ending) {
      try errors.wait { $0.contains("start worker process ") ? () : nil }
    } catch {
      throw Failure(description: "nginx (\(error)): \(errors.text)")
    }
  }

  /// Ends it once every request is finished and logged.
  func stop() {
    process.withLock { process in
      if process.isRunning { kill(process.processIdentifier, SIGQUIT) }
      process.waitUntilExit()
    }
  }

  deinit {
    process.withLock { process in
      if process.isRunning { process.terminate() }
      process.waitUntilExit()
    }
  }

  /// README's block with this test's own ports and places.
  private static func example(port: Int, upstream: Int, place: String) throws -> String {
    let readme = #filePath.replacing("Tests/ProgramTests/NginxProcess.swift", with: "README.md")
    let blocks = try String(contentsOfFile: readme, encoding: .utf8).components(separatedBy: "```nginx\n")
    guard blocks.count == 2, var example = blocks[1].components(separatedBy: "\n```").first else {
      throw Failure(description: "README.md has \(blocks.count - 1) blocks of nginx, not one")
    }
    let own = [
      ("listen 443 ssl;", "listen 127.0.0.1:\(port) ssl;"), ("server 127.0.0.1:8080;", "server 127.0.0.1:\(upstream);"),
      ("/etc/letsencrypt/live/hooks.example.com/", "\(place)/"), ("/var/log/nginx/", "\(place)/"),
    ]
    for (written, replacement) in own {
      guard example.contains(written) else { throw Failure(description: "README's nginx block has no \(written)") }
      example = example.replacing(written, with: replacement)
    }
    return example
  }

  /// What stands around it in Debian's /etc/nginx/nginx.conf, but for where things lie.
  private static func surroundings(_ place: String) -> String {
    let folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map { "\($0)_temp_path \(place)/\($0);" }
    return """
      daemon off;
      worker_processes 1;
      pid \(place)/nginx.pid;
      error_log stderr notice;
      events {}
      http {
        access_log \(place)/default-access.log;
        \(folders.joined(separator: " "))
        include \(place)/cdrelay.conf;
      }
      """
  }

  private static func freePort() throws -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let code = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 ? getsockname(descriptor, $0, &length) : -1
      }
    }
    guard code == 0 else { throw Failure(description: "no free port: \(String(cString: strerror(errno)))") }
    return Int(UInt16(bigEndian: address.sin_port))
  }
}
