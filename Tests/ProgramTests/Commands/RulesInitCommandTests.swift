import Foundation
import RelayCore
import TestSupport
import Testing

@testable import cdrelay

/// A start for whoever has no rule file yet.
@Suite struct RulesInitCommandTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("rules.json")
  }

  private var written: String? { try? String(contentsOfFile: path, encoding: .utf8) }

  @Test(arguments: Provider.allCases, RulesStart.CRM.allCases)
  func eachStartPassesItsTests(_ provider: Provider, _ crm: RulesStart.CRM) {
    let run = CalledCommand("rules init \(path) --provider \(provider.rawValue) --crm \(crm.rawValue)")
    #expect(run.code == .done, "\(run.errors)")
    let check = CalledCommand("rules check \(path) --without-secrets")
    #expect(check.code == .done, "\(check.output)\(check.errors)")
    #expect(!check.output.contains("warning"), "\(check.output)")
    #expect(check.output.hasSuffix("  2 tests passed\n"))
    #expect(written?.contains(#""role": "call""#) == (provider != .generic && crm != .none))
    let secrets = run.output.split(separator: "\n").filter { $0.hasSuffix("_TOKEN") }
    #expect(!secrets.isEmpty)
  }

  @Test func whatIsThereIsNotOverwritten() throws {
    try "mine".write(toFile: path, atomically: true, encoding: .utf8)
    let words = "rules init \(path) --provider callr --crm none"
    let run = CalledCommand(words)
    #expect(run.code == .failed)
    #expect(run.errors == "cdrelay: \(path) is there already: name another file, or answer on a terminal\n")
    let no = CalledCommand(words, input: "n\n", isTerminal: true)
    #expect(no.code == .failed)
    #expect(no.errors == "\(path) is there already. Overwrite it? [y/N] \(path) stays as it is\n")
    #expect(written == "mine")
    #expect(CalledCommand(words, input: "y\n", isTerminal: true).code == .done)
    #expect(written?.contains("CALLR_SECRET") == true)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("")).count == 1)
  }

  @Test func whatIsMissingIsAskedForOnATerminal() {
    let run = CalledCommand("rules init \(path)", input: "asterisk\ntelecmi\nnone\n", isTerminal: true)
    #expect(run.code == .done)
    let question = "Which provider sends the records? telecmi, callr or generic: "
    #expect(
      run.errors.hasPrefix(
        question + question + "Which CRM gets the calls? hubspot, salesforce, zoho, pipedrive or none: "))
    let silent = CalledCommand("rules init \(path) --provider telecmi")
    #expect(silent.code == .usage)
    #expect(silent.errors.hasPrefix("cdrelay: missing --crm: hubspot, salesforce, zoho, pipedrive or none\n"))
  }

  @Test func itGoesToStandardOutputToo() throws {
    let run = CalledCommand("rules init - --provider telecmi --crm none")
    #expect(try JSONParser.parse(run.output)["rules"]?.array?.count == 1)
    let json = CalledCommand("rules init \(path) --provider telecmi --crm none --json").json.first
    #expect(json?["secrets"] == .array([.string("TELECMI_TOKEN")]))
  }
}
