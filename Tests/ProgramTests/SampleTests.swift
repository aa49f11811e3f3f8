import Foundation
import RelayCore
import TestSupport
import Testing

/// The documented payloads of `Samples`, each through the shipped binary.
@Suite struct SampleTests {
  /// `telecmi/incoming-answered.json` and the like.
  static let samples: [String] = {
    let names = (try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasSuffix(".json") }.sorted()
  }()

  private static let folder = String(#filePath.dropLast("SampleTests.swift".count)) + "Samples"

  private static func bytes(_ sample: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: folder + "/" + sample)))
  }

  @Test func thereAreTwelve() {
    #expect(Self.samples.count == 12)
  }

  @Test func eachIsAnswered200AndForwardedByteForByte() throws {
    let destination = try ScriptedDestination { _ in .status(200) }
    // A source for each sample: three of Callr's are one call in three wrappings, which is one record to one source.
    let sources = Self.samples.enumerated().map { number, sample in
      #""s\#(number)": {"provider": "\#(sample.prefix { $0 != "/" })", "auth": "none"}"#
    }
    let bench = try Workbench(
      destinations: #""crm": \#(Workbench.destination(destination.port))"#, sources: sources.joined(separator: ","))
    let relay = try bench.start()
    for (number, sample) in Self.samples.enumerated() {
      let run = try HTTPConnection(port: relay.port).post(
        "/hooks/s\(number)", Self.bytes(sample), headers: [("Content-Type", "application/json; charset=utf-8")])
      #expect(run.status == 200, "\(sample): \(run.text)")
      #expect(run.text.contains(#""status":"accepted""#), "\(sample): \(run.text)")
    }
    #expect(destination.wait(requests: Self.samples.count))
    let arrived = destination.requests
    for sample in Self.samples {
      let bytes = try Self.bytes(sample)
      let copies = arrived.filter { $0.body == bytes }
      #expect(!copies.isEmpty, "\(sample) did not arrive as it was sent")
      #expect(copies.allSatisfy { $0["content-type"] == "application/json; charset=utf-8" })
    }
    #expect(relay.terminate() == 0)
  }

  @Test(arguments: samples)
  func rulesTestExplainsEach(sample: String) throws {
    let provider = sample.prefix { $0 != "/" }
    let bench = try Workbench(
      destinations: #""crm": {"url": "https://crm.example.com/calls"}"#,
      sources: #""hook": {"provider": "\#(provider)", "auth": {"token": "${NOWHERE}"}}"#)
    let path = Self.folder + "/" + sample
    let run = try CommandRun(["rules", "test", bench.rules, "--source", "hook", path, "--json"])
    #expect(run.exitCode == 0, "\(run.errors)")
    let json = try JSONParser.parse(run.output)
    #expect(json["matched"]?.array?.first?.string == "all")
    #expect(json["deliveries"]?.array?.first?["url"]?.string == "https://crm.example.com/calls")
    let words = try CommandRun(
      ["rules", "test", bench.rules, "--source", "hook", "-"],
      input: String(decoding: Self.bytes(sample), as: UTF8.self))
    #expect(words.exitCode == 0, "\(words.errors)")
    #expect(words.output.contains("all"))
  }

  /// chub/docs/outgoing-answered and -missed: TeleCMI can be set to GET.
  @Test(arguments: ["telecmi/outgoing-answered-leg-a.json", "telecmi/outgoing-missed-leg-a.json"])
  func theDocumentedCDRsAlsoArriveByGET(sample: String) throws {
    let destination = try ScriptedDestination { _ in .status(200) }
    let bench = try Workbench(destinations: #""crm": \#(Workbench.destination(destination.port))"#)
    let relay = try bench.start()
    let record = try JSONParser.parse(try Self.bytes(sample))
    let query = try #require(record.object).members.map { member in
      "\(member.key)=\(percentEncoded(member.value.string ?? member.value.text))"
    }
    let byGET = try HTTPConnection(port: relay.port).get("/hooks/telecmi?" + query.joined(separator: "&"))
    #expect(byGET.status == 200, "\(byGET.text)")
    #expect(destination.wait(requests: 1))
    let arrived = try #require(destination.requests.first)
    #expect(try JSONParser.parse(arrived.body) == record, "typed as in the document")
    let byPOST = try HTTPConnection(port: relay.port).post("/hooks/telecmi", Self.bytes(sample))
    #expect(byPOST.text.contains("duplicate"), "the same record, whichever way it came")
    #expect(relay.terminate() == 0)
  }

  private func percentEncoded(_ text: String) -> String {
    text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? text
  }
}
