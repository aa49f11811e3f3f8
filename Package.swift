// swift-tools-version: 6.2
import PackageDescription

// The target graph of the design, arrows pointing down. `Tests/LayeringTests` reads the imports of every
// file and holds them to the dependencies written here; siblings never import each other.

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

func layer(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(of name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .testTarget(
    name: "\(name)Tests",
    dependencies: [.target(name: name), "TestSupport"] + dependencies,
    swiftSettings: strict
  )
}

let package = Package(
  name: "cdrelay",
  products: [.executable(name: "cdrelay", targets: ["cdrelay"])],
  targets: [
    // The program: commands, wiring, lifetime.
    .executableTarget(
      name: "cdrelay",
      dependencies: [
        "AdminWeb", "Calling", "Digests", "DurableQueue", "Forwarding", "HTTP1", "HTTPTypes", "Intake", "Outgoing",
        "ProviderAPIs", "Providers", "Recordings", "RelayCore", "Rules", "Simulator", "Telemetry",
      ],
      swiftSettings: strict
    ),

    // Moving parts.
    layer("AdminWeb", ["DurableQueue", "HTTPTypes", "RelayCore", "Telemetry"]),
    layer(
      "Calling", ["Digests", "DurableQueue", "HTTPTypes", "Outgoing", "RelayCore", "Rules", "Telemetry"]),
    layer(
      "Forwarding",
      ["Digests", "DurableQueue", "HTTPTypes", "Outgoing", "Providers", "RelayCore", "Rules", "Telemetry"]),
    layer("HTTP1", ["CEpoll", "HTTPTypes", "Telemetry"]),
    layer("Intake", ["Digests", "DurableQueue", "HTTPTypes", "Providers", "RelayCore", "Rules", "Telemetry"]),
    layer("ProviderAPIs", ["HTTPTypes", "Outgoing", "RelayCore", "Rules", "Telemetry"]),
    layer("Recordings", ["HTTPTypes", "Outgoing", "RelayCore", "Rules", "Telemetry"]),

    // Requests of ours to others, by libcurl.
    layer("Outgoing", ["CCurl", "HTTPTypes", "RelayCore", "Rules"]),

    // Durable state, and decisions.
    layer("DurableQueue", ["Digests", "HTTPTypes", "RelayCore", "SQLite", "Telemetry"]),
    layer("Providers", ["Digests", "HTTPTypes", "RelayCore"]),
    layer("Rules", ["Digests", "HTTPTypes", "RelayCore"]),
    layer("Simulator", ["Digests", "HTTPTypes", "RelayCore"]),

    // Words everybody uses, and tools that know nothing of calls.
    layer("RelayCore", ["HTTPTypes"]),
    layer("HTTPTypes"),
    layer("Digests", ["CDigests"]),
    layer("SQLite", ["CSQLite"]),
    layer("Telemetry"),

    // System libraries, and what only C can say.
    .target(name: "CDigests"),
    .target(name: "CCurl", linkerSettings: [.linkedLibrary(":libcurl.so.4")]),
    .systemLibrary(name: "CEpoll"),
    .systemLibrary(name: "CSQLite", providers: [.apt(["libsqlite3-dev"])]),

    // What tests share: a manual clock, temporary folders, a scripted destination, seeded randomness.
    .target(
      name: "TestSupport", dependencies: ["Digests", "DurableQueue", "RelayCore", "SQLite", "Telemetry"],
      path: "Tests/TestSupport", swiftSettings: strict),
    tests(
      of: "Calling", ["DurableQueue", "HTTPTypes", "Outgoing", "RelayCore", "Rules", "Telemetry"]),
    tests(of: "Digests"),
    tests(of: "DurableQueue", ["Digests", "HTTPTypes", "RelayCore", "SQLite", "Telemetry"]),
    tests(
      of: "Forwarding",
      ["CCurl", "Digests", "DurableQueue", "HTTPTypes", "Outgoing", "Providers", "RelayCore", "Rules", "Telemetry"]),
    tests(of: "HTTP1", ["HTTPTypes", "Telemetry"]),
    tests(of: "Intake", ["Digests", "DurableQueue", "HTTPTypes", "Providers", "RelayCore", "Rules", "Telemetry"]),
    tests(of: "Outgoing", ["CCurl", "HTTPTypes", "RelayCore", "Rules"]),
    tests(of: "ProviderAPIs", ["HTTPTypes", "Outgoing", "RelayCore", "Rules", "Telemetry"]),
    tests(of: "Providers", ["Digests", "HTTPTypes", "RelayCore"]),
    tests(of: "Recordings", ["HTTP1", "HTTPTypes", "Outgoing", "RelayCore", "Rules", "Telemetry"]),
    tests(of: "RelayCore", ["HTTPTypes"]),
    tests(of: "Rules", ["Digests", "HTTPTypes", "Providers", "RelayCore"]),
    tests(of: "SQLite"),
    tests(of: "Simulator", ["Digests", "HTTP1", "HTTPTypes", "Providers", "RelayCore", "Telemetry"]),
    tests(of: "Telemetry"),
    .testTarget(name: "LayeringTests", swiftSettings: strict),
    // Measures, and is part of no product: swift run -c release RulesBenchmark
    .executableTarget(
      name: "RulesBenchmark", dependencies: ["HTTPTypes", "Providers", "RelayCore", "Rules"],
      path: "Tests/Benchmarks/RulesBenchmark", swiftSettings: strict),
    .testTarget(
      name: "ProgramTests",
      dependencies: [
        "cdrelay", "Digests", "DurableQueue", "HTTP1", "HTTPTypes", "ProviderAPIs", "Providers", "RelayCore", "Rules",
        "SQLite", "Simulator", "Telemetry", "TestSupport",
      ],
      // Read from the source tree: the providers' documented payloads.
      exclude: ["Samples"],
      swiftSettings: strict
    ),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .c17
)
