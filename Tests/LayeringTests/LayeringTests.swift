import Foundation
import Testing

/// Holds the imports of every source file to the picture of the design (README, "Source map"): arrows point down only,
/// siblings never import each other. SwiftPM alone accepts an import of an undeclared target silently.
@Suite struct LayeringTests {
  /// What each target may import of ours.
  private static let picture: [String: Set<String>] = [
    "cdrelay": [
      "AdminWeb", "Calling", "Digests", "DurableQueue", "Forwarding", "HTTP1", "HTTPTypes", "Intake", "Outgoing",
      "ProviderAPIs", "Providers", "Recordings", "RelayCore", "Rules", "Simulator", "Telemetry",
    ],
    "AdminWeb": ["DurableQueue", "HTTPTypes", "RelayCore", "Telemetry"],
    "Calling": ["Digests", "DurableQueue", "HTTPTypes", "Outgoing", "RelayCore", "Rules", "Telemetry"],
    "Forwarding": [
      "Digests", "DurableQueue", "HTTPTypes", "Outgoing", "Providers", "RelayCore", "Rules", "Telemetry",
    ],
    "HTTP1": ["CEpoll", "HTTPTypes", "Telemetry"],
    "Intake": ["Digests", "DurableQueue", "HTTPTypes", "Providers", "RelayCore", "Rules", "Telemetry"],
    "ProviderAPIs": ["HTTPTypes", "Outgoing", "RelayCore", "Rules", "Telemetry"],
    "Recordings": ["HTTPTypes", "Outgoing", "RelayCore", "Rules", "Telemetry"],
    "Outgoing": ["CCurl", "HTTPTypes", "RelayCore", "Rules"],
    "DurableQueue": ["Digests", "HTTPTypes", "RelayCore", "SQLite", "Telemetry"],
    "Providers": ["Digests", "HTTPTypes", "RelayCore"],
    "Rules": ["Digests", "HTTPTypes", "RelayCore"],
    "Simulator": ["Digests", "HTTPTypes", "RelayCore"],
    "RelayCore": ["HTTPTypes"],
    "HTTPTypes": [], "Digests": ["CDigests"], "Telemetry": [], "SQLite": ["CSQLite"],
    "CCurl": [], "CDigests": [], "CEpoll": [], "CSQLite": [],
  ]

  /// What comes with the toolchain and may be imported anywhere it is needed.
  private static let toolchain: Set<String> = ["Foundation", "Glibc", "Synchronization", "Dispatch"]

  @Test func everyTargetStandsInThePicture() throws {
    let folders = try FileManager.default.contentsOfDirectory(atPath: Tree.root + "/Sources")
    #expect(Set(folders) == Set(Self.picture.keys))
  }

  @Test func importsPointDown() throws {
    for file in try Tree.swiftFiles(under: "Sources") {
      let allowed = try #require(Self.picture[file.target]).union(Self.toolchain)
      for module in file.imports {
        #expect(allowed.contains(module), "\(file.path) imports \(module): not below \(file.target) in the picture")
      }
    }
  }

  @Test func thePictureHasNoCircles() {
    func reaches(_ from: String, _ target: String) -> Bool {
      Self.picture[from, default: []].contains { $0 == target || reaches($0, target) }
    }
    for target in Self.picture.keys { #expect(!reaches(target, target), "\(target) reaches itself") }
  }

  @Test func onlyTheQueueContainsSQL() throws {
    let sql = /\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|PRAGMA|CREATE TABLE)\s+[a-z_]+/
    for file in try Tree.swiftFiles(under: "Sources") where file.target != "DurableQueue" && file.target != "SQLite" {
      for line in file.lines where !line.isComment {
        #expect(line.text.firstMatch(of: sql) == nil, "SQL in \(file.path):\(line.number)")
      }
    }
  }

  @Test func uncheckedSendableSaysWhy() throws {
    for file in try Tree.swiftFiles(under: "Sources") {
      for (index, line) in file.lines.enumerated() where line.text.contains("@unchecked Sendable") && !line.isComment {
        let before = index > 0 && file.lines[index - 1].isComment
        #expect(before || line.text.contains("//"), "\(file.path):\(line.number): no reason beside it")
      }
    }
  }

  @Test func nothingIsPublicAndNoPackageIsNeeded() throws {
    for file in try Tree.swiftFiles(under: "Sources") {
      for line in file.lines where !line.isComment {
        #expect(line.text.firstMatch(of: /^\s*public\s/) == nil, "\(file.path):\(line.number) is public")
      }
    }
    let manifest = try String(contentsOfFile: Tree.root + "/Package.swift", encoding: .utf8)
    #expect(!manifest.contains(".package("))
  }
}
