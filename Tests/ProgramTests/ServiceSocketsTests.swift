import Testing

@testable import cdrelay

@Suite("sd_listen_fds(3)") struct ServiceSocketsTests {
  private func sockets(_ environment: [String: String]) throws -> ServiceSockets {
    try ServiceSockets(environment: environment, process: 7)
  }

  private static let remedy =
    "write FileDescriptorName=hooks, FileDescriptorName=admin or FileDescriptorName=calls into each socket unit"

  private func expected(hooks: [Int32], admin: [Int32], calls: [Int32] = []) -> ServiceSockets {
    var sockets = ServiceSockets()
    sockets.hooks = hooks
    sockets.admin = admin
    sockets.calls = calls
    return sockets
  }

  @Test func withoutVariablesAndWithThoseOfAnotherProcessThereAreNone() throws {
    #expect(try sockets([:]) == ServiceSockets())
    #expect(try sockets(["LISTEN_FDS": "2"]) == ServiceSockets())
    #expect(try sockets(["LISTEN_PID": "", "LISTEN_FDS": "2"]) == ServiceSockets())
    var passedOver = ServiceSockets()
    passedOver.meantFor = "8"
    #expect(try sockets(["LISTEN_PID": "8", "LISTEN_FDS": "2"]) == passedOver)
    #expect(try sockets(["LISTEN_PID": "8", "LISTEN_FDS": "nonsense"]) == passedOver)
  }

  @Test func byPlaceAndByName() throws {
    #expect(try sockets(["LISTEN_PID": "7", "LISTEN_FDS": "1"]) == expected(hooks: [3], admin: []))
    #expect(try sockets(["LISTEN_PID": "7", "LISTEN_FDS": "2"]) == expected(hooks: [3], admin: [4]))
    // Names that nobody wrote: what systemd and its library put in their place.
    for name in ["cdrelay.socket", "unknown", ""] {
      let one = ["LISTEN_PID": "7", "LISTEN_FDS": "1", "LISTEN_FDNAMES": name]
      #expect(try sockets(one) == expected(hooks: [3], admin: []), "\(name)")
      let two = ["LISTEN_PID": "7", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "\(name):\(name)"]
      #expect(try sockets(two) == expected(hooks: [3], admin: [4]), "\(name)")
    }
    let alone = ["LISTEN_PID": "7", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "admin"]
    #expect(try sockets(alone) == expected(hooks: [], admin: [3]))
    let named = ["LISTEN_PID": "7", "LISTEN_FDS": "3", "LISTEN_FDNAMES": "admin:hooks:hooks"]
    #expect(try sockets(named) == expected(hooks: [4, 5], admin: [3]))
    let withCalls = ["LISTEN_PID": "7", "LISTEN_FDS": "3", "LISTEN_FDNAMES": "calls:hooks:admin"]
    #expect(try sockets(withCalls) == expected(hooks: [4], admin: [5], calls: [3]))
  }

  @Test(arguments: [
    (["LISTEN_FDS": "x"], "LISTEN_FDS: expected a number of sockets from 1 to 64, found x"),
    ([:], "LISTEN_FDS: expected a number of sockets from 1 to 64, found none"),
    (
      ["LISTEN_FDS": "3"],
      "LISTEN_FDS: expected one socket for hooks and one for admin, found 3 without these names; \(Self.remedy)"
    ),
    (
      ["LISTEN_FDS": "2", "LISTEN_FDNAMES": "hooks"],
      "LISTEN_FDNAMES: expected 2 names, as many as LISTEN_FDS, found 1"
    ),
    (
      ["LISTEN_FDS": "2", "LISTEN_FDNAMES": "hooks:web"],
      "LISTEN_FDNAMES: expected hooks, admin and calls, found web; \(Self.remedy)"
    ),
    (
      ["LISTEN_FDS": "1", "LISTEN_FDNAMES": "hook"],
      "LISTEN_FDNAMES: expected hooks, admin and calls, found hook; \(Self.remedy)"
    ),
    (
      ["LISTEN_FDS": "2", "LISTEN_FDNAMES": "admin:cdrelay.socket"],
      "LISTEN_FDNAMES: expected hooks, admin and calls, found cdrelay.socket; \(Self.remedy)"
    ),
    (
      ["LISTEN_FDS": "2", "LISTEN_FDNAMES": "cdrelay.socket"],
      "LISTEN_FDNAMES: expected 2 names, as many as LISTEN_FDS, found 1"
    ),
  ])
  func whatCannotBeMeant(environment: [String: String], sentence: String) {
    #expect(throws: ServiceSockets.Malformed(description: sentence)) {
      try sockets(environment.merging(["LISTEN_PID": "7"]) { $1 })
    }
  }
}
