import RelayCore
import TestSupport
import Testing

/// The scanner against a second reader of RFC 8259. Long runs: `Tests/Benchmarks/fuzz.sh`.
@Suite("Fuzz: mangled JSON")
struct JSONFuzzTests {
  @Test func twoReadersAgree() {
    let run = FuzzRun("CDRELAY_FUZZ_JSON", orElse: 10_000)
    var accepted = 0
    for index in 0..<run.count {
      var random = run.random(of: index)
      let bytes = MangledJSON.make(&random)
      let (isAccepted, failure) = Self.failure(bytes)
      if isAccepted { accepted += 1 }
      if let failure {
        let shown = String(reflecting: String(decoding: bytes, as: UTF8.self))
        Issue.record("CDRELAY_FUZZ_SEED=\(run.seed &+ UInt64(index)): \(failure): \(shown) \(bytes)")
        return
      }
    }
    print("CDRELAY_FUZZ_JSON: \(accepted) texts accepted, \(run.count - accepted) refused")
    // Otherwise the cases have become too dull to find anything.
    if run.count >= 1000 { #expect(accepted > run.count / 5 && accepted < 4 * run.count / 5) }
  }

  private static func failure(_ bytes: [UInt8]) -> (isAccepted: Bool, String?) {
    let reference = ReferenceJSON(bytes)
    do throws(JSONError) {
      let value = try JSONParser.parse(bytes)
      guard let reference else { return (true, "accepted what the grammar refuses") }
      if !reference.isSame(as: value) { return (true, "read as \(value.text)") }
      if try JSONParser.parse(value.bytes) != value { return (true, "written and read again it is another value") }
      let canonical = value.canonicalBytes
      if try JSONParser.parse(canonical).canonicalBytes != canonical {
        return (true, "canonical twice is not the same")
      }
      return (true, nil)
    } catch {
      if reference != nil { return (false, "refused what the grammar accepts: \(error)") }
      if !(0...bytes.count).contains(error.offset) { return (false, "offset \(error.offset) of \(bytes.count)") }
      return (false, error.reason.isEmpty ? "no reason" : nil)
    }
  }
}
