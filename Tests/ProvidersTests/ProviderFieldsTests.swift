import Providers
import RelayCore
import Testing

@Suite struct ProviderFieldsTests {
  @Test func everyFieldOfACallIsListedOnce() {
    let paths = ProviderFields.fields(of: .telecmi).map(\.path)
    for field in CallField.allCases { #expect(paths.filter { $0 == "call.\(field.rawValue)" }.count == 1) }
    #expect(Set(paths).count == paths.count)
  }

  @Test(arguments: Provider.allCases) func theProviderIsItsOwnExample(provider: Provider) {
    let field = ProviderFields.fields(of: provider).first { $0.path == "provider" }
    #expect(field?.example == "\"\(provider.rawValue)\"")
  }

  @Test func everyFieldOfTheDocumentsIsListed() throws {
    let texts = Documented.samples.map { ($0.provider, $0.text) } + Documented.dialects.map { (.telecmi, $0.text) }
    for (provider, text) in texts {
      let paths = Set(ProviderFields.fields(of: provider).map(\.path))
      let body = try JSONParser.parse(Array(text.utf8), zeroLedNumbersAreText: true)
      for member in body.object?.members ?? [] {
        if case .object(let inner) = member.value {
          #expect(paths.contains("body.\(member.key).…"))
          for field in inner.members { #expect(paths.contains("body.\(field.key)")) }
        } else {
          #expect(paths.contains("body.\(member.key)"), "\(member.key)")
        }
      }
    }
  }

  @Test func everyExampleIsJSON() throws {
    for field in ProviderFields.fields(of: nil) {
      #expect(throws: Never.self, "\(field.path)") { try JSONParser.parse(field.example) }
      #expect(!field.meaning.isEmpty && !field.type.isEmpty)
    }
  }
}
