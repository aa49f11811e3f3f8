import Foundation
import Glibc
import Synchronization

/// A server of another make, as a process of the test alone: a Python script that prints `port N` once it listens, and then a
/// line for each thing that it saw.
package final class PythonServer: Sendable {
  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }

  package let port: Int
  private let process: Mutex<Process>
  private let output: Lines

  package init(_ script: String, _ arguments: [String] = []) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-c", script] + arguments
    process.standardInput = FileHandle.nullDevice
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = Lines(pipe.fileHandleForReading)
    self.output = output
    self.process = Mutex(process)
    guard let first = output.wait(count: 1).first, first.hasPrefix("port "), let port = Int(first.dropFirst(5)) else {
      throw Failure(
        description: "python3 did not listen: \(output.wait(count: .max, seconds: 1).joined(separator: "\n"))")
    }
    self.port = port
  }

  deinit {
    process.withLock { process in
      if process.isRunning { kill(process.processIdentifier, SIGKILL) }
      process.waitUntilExit()
    }
  }

  /// What it saw, once these are so many lines, or after ten seconds.
  package func lines(_ count: Int) -> [String] {
    Array(output.wait(count: count + 1).dropFirst())
  }
}

/// Lines of a pipe, read on a thread of its own.
private final class Lines: Sendable {
  private let state = Mutex<(lines: [String], isClosed: Bool)>(([], false))
  private let changed = NSCondition()

  init(_ handle: FileHandle) {
    Thread { [self] in
      var rest = Data()
      while true {
        let data = handle.availableData
        rest.append(data)
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
          let line = String(decoding: rest[..<end], as: UTF8.self)
          rest = Data(rest[(end + 1)...])
          state.withLock { $0.lines.append(line) }
        }
        if data.isEmpty { state.withLock { $0.isClosed = true } }
        changed.lock()
        changed.broadcast()
        changed.unlock()
        if data.isEmpty { return }
      }
    }.start()
  }

  func wait(count: Int, seconds: Double = 10) -> [String] {
    let end = Date().addingTimeInterval(seconds)
    changed.lock()
    defer { changed.unlock() }
    while true {
      let (lines, isClosed) = state.withLock { $0 }
      if lines.count >= count || isClosed || !changed.wait(until: end) { return state.withLock { $0.lines } }
    }
  }
}

extension PythonServer {
  /// HTTPS on 127.0.0.1 that answers every POST with 200 and keeps connections open. With `clientCA` a client must show a
  /// certificate of it. A line for each request: number of the connection, name of the client, `authorization`.
  package static func tls(certificate: String, key: String, clientCA: String = "") throws -> PythonServer {
    try PythonServer(
      """
      import http.server, ssl, sys, threading
      certificate, key, client_ca = sys.argv[1:4]
      context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
      context.load_cert_chain(certificate, key)
      if client_ca:
          context.load_verify_locations(client_ca)
          context.verify_mode = ssl.CERT_REQUIRED
      lock, count = threading.Lock(), 0

      class Handler(http.server.BaseHTTPRequestHandler):
          protocol_version = "HTTP/1.1"
          def setup(self):
              global count
              super().setup()
              with lock:
                  count += 1
                  self.number = count
          def do_POST(self):
              self.rfile.read(int(self.headers.get("content-length", 0)))
              shown = self.connection.getpeercert() or {}
              subject = dict(part[0] for part in shown.get("subject", ()))
              with lock:
                  print(self.number, subject.get("commonName", "-"), self.headers.get("authorization", "-"), flush=True)
              self.send_response(200)
              self.send_header("content-length", "0")
              self.end_headers()
          def log_message(self, *_): pass

      class Server(http.server.ThreadingHTTPServer):
          def handle_error(self, *_): pass

      server = Server(("127.0.0.1", 0), Handler)
      server.socket = context.wrap_socket(server.socket, server_side=True)
      print("port", server.server_port, flush=True)
      server.serve_forever()
      """, [certificate, key, clientCA])
  }

  /// A proxy that leads, whatever the host's name, to a port of 127.0.0.1: tunnels for CONNECT, the first request of a
  /// connection otherwise. `credentials`: `user:password` that it asks for. A line for each: method, target, and the names of
  /// the fields but Host.
  package static func proxy(credentials: String = "") throws -> PythonServer {
    try PythonServer(
      """
      import base64, socket, socketserver, sys, threading
      wanted = "Basic " + base64.b64encode(sys.argv[1].encode()).decode() if sys.argv[1] else ""
      lock = threading.Lock()

      def pump(source, sink):
          try:
              while data := source.recv(65536): sink.sendall(data)
          except OSError: pass
          finally:
              for end in (source, sink):
                  try: end.shutdown(socket.SHUT_RDWR)
                  except OSError: pass

      class Handler(socketserver.BaseRequestHandler):
          def handle(self):
              head = b""
              while b"\\r\\n\\r\\n" not in head:
                  data = self.request.recv(65536)
                  if not data: return
                  head += data
              first, *fields = head.split(b"\\r\\n\\r\\n")[0].decode().split("\\r\\n")
              fields = dict(field.split(": ", 1) for field in fields)
              names = sorted(name.lower() for name in fields if name.lower() != "host")
              with lock: print(*first.split()[:2], ",".join(names), flush=True)
              if wanted and fields.get("Proxy-Authorization") != wanted:
                  answer = b"HTTP/1.1 407 No\\r\\nProxy-Authenticate: Basic realm=x\\r\\nContent-Length: 0\\r\\n\\r\\n"
                  return self.request.sendall(answer)
              method, target, _ = first.split()
              place, _, path = target.removeprefix("http://").partition("/")
              with socket.create_connection(("127.0.0.1", int(place.rsplit(":", 1)[1]))) as there:
                  if method == "CONNECT": self.request.sendall(b"HTTP/1.1 200 Made\\r\\n\\r\\n")
                  else: there.sendall(head.replace(target.encode(), b"/" + path.encode(), 1))
                  back = threading.Thread(target=pump, args=(there, self.request))
                  back.start()
                  pump(self.request, there)
                  back.join()

      class Server(socketserver.ThreadingTCPServer):
          daemon_threads = True
          def handle_error(self, *_): pass

      server = Server(("127.0.0.1", 0), Handler)
      print("port", server.server_address[1], flush=True)
      server.serve_forever()
      """, [credentials])
  }
}
