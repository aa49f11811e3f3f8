#!/usr/bin/env bash
# Long fuzz runs of the request parser and of the JSON scanner: in process, in release mode, under AddressSanitizer.
#
#   fuzz.sh [REQUESTS] [JSON_TEXTS]        default 10,000,000 and 1,000,000
#
# The cases follow from CDRELAY_FUZZ_SEED (default: random, printed). A failure prints the seed of its case: with
# CDRELAY_FUZZ_SEED set to it, `fuzz.sh 1 1` tries that case alone. What is held to: Tests/HTTP1Tests/RequestFuzzTests.swift,
# Tests/RelayCoreTests/JSONFuzzTests.swift. Short runs of both are part of `swift test`.
#
# Only the targets under test are built, as a package in .build-fuzz that points to their folders: the whole one takes long
# with sanitizers.
set -euo pipefail
cd "$(dirname "$0")/../.."
export CDRELAY_FUZZ_REQUESTS="${1:-10000000}" CDRELAY_FUZZ_JSON="${2:-1000000}"
# Swift Testing itself keeps a few bytes to the end. Where a block of memory was allocated is not kept: it takes a third of
# the time, and a case that fails is tried again by its seed.
export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_leaks=0:malloc_context_size=0}"

mkdir -p .build-fuzz
ln -sfn ../Sources .build-fuzz/Sources
ln -sfn ../Tests .build-fuzz/Tests
cat > .build-fuzz/Package.swift <<'MANIFEST'
// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "fuzz",
  targets: [
    .systemLibrary(name: "CEpoll"),
    .target(name: "HTTPTypes"),
    .target(name: "Telemetry"),
    .target(name: "RelayCore", dependencies: ["HTTPTypes"]),
    .target(name: "HTTP1", dependencies: ["CEpoll", "HTTPTypes", "Telemetry"]),
    .target(name: "TestSupport", path: "Tests/TestSupport", sources: ["BackgroundThread.swift", "FuzzRun.swift", "SeededRandom.swift", "SeededRandom+Mangling.swift"]),
    .testTarget(name: "HTTP1Tests", dependencies: ["HTTP1", "HTTPTypes", "Telemetry", "TestSupport"]),
    .testTarget(name: "RelayCoreTests", dependencies: ["RelayCore", "HTTPTypes", "TestSupport"]),
  ],
  swiftLanguageModes: [.v6]
)
MANIFEST

swift test --package-path .build-fuzz -c release --sanitize=address -Xswiftc -enable-testing --no-parallel --filter Fuzz
