import Foundation
import RelayCore
import Testing

@testable import Rules

/// The schema and the loader know the same keys and the same words.
@Suite struct SchemaKeysTests {
  private let schema: JSON

  init() throws {
    schema = try JSONParser.parse(RuleFileSchema.text)
  }

  /// Each list of keys that an `ObjectReader` is given, and where the schema has it.
  private static let keys: [(place: String, keys: [String])] = [
    ("", RuleFile.sections + ["$schema"]),
    ("relay", RelaySettings.keys),
    ("limits", ReceiverLimits.Name.allCases.map(\.rawValue)),
    ("queue", QueueSettings.keys),
    ("retention", RetentionSettings.keys),
    ("alerts", AlertSettings.keys),
    ("source", Source.keys),
    ("source/keep_refused", KeepRefused.keys),
    ("source/expect", ExpectedTraffic.keys),
    ("source/import", ImportSettings.keys),
    ("provider_api", ProviderAPI.keys),
    ("source/reconcile", ReconcileSettings.keys),
    ("recordings", RecordingSettings.keys),
    ("source_auth/any_of", ["any_of"]),
    ("source_requirement", SourceAuth.keys),
    ("source_requirement/basic", ["user", "password"]),
    ("source_requirement/hmac", SourceAuth.HMACRequirement.keys),
    ("client", CallClient.keys),
    ("destination", Destination.keys),
    ("lookup", Lookup.keys),
    ("capture", Capture.keys),
    ("capture/update", Capture.updateKeys),
    ("retry", RetryPolicy.keys),
    ("answer", AnswerRule.keys),
    ("destination_auth", DestinationAuth.keys),
    ("destination_auth/basic", ["user", "password"]),
    ("destination_auth/header", ["name", "value"]),
    ("oauth2", OAuth2.keys),
    ("tls", TLSSettings.keys),
    ("rule", Rule.keys),
    ("test", RuleTest.keys),
    ("operators/$time", TimeFilter.keys),
    ("operators/$phone", PhoneFilter.keys),
  ]

  @Test func theLoadersKeysAreTheSchemas() throws {
    for (place, keys) in Self.keys {
      let object = try #require(definition(at: place), "\(place)")
      let found = Set(object["properties"]?.object?.members.map(\.key) ?? [])
      #expect(found == Set(keys + ["enabled", "note"]), "\(place)")
      #expect(object["additionalProperties"] == .bool(false), "\(place)")
    }
  }

  /// So that a new object of the rule file finds its way into the list above.
  @Test func noListIsLeftOut() throws {
    let folder = #filePath.replacing("Tests/RulesTests/Schema/SchemaKeysTests.swift", with: "Sources/Rules")
    let files = try #require(FileManager.default.enumerator(atPath: folder)).compactMap { $0 as? String }
    let readers = try files.filter { $0.hasSuffix(".swift") }.reduce(0) { count, file in
      let text = try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
      return count + text.split(separator: "ObjectReader(").count - 1
    }
    #expect(readers == Self.keys.count)
  }

  @Test func theEndpointsOfAnAPIAreTheSchemas() throws {
    let paths = try #require(definition(at: "provider_api/paths")?["properties"]?.object)
    #expect(Set(paths.members.map(\.key)) == Set(ProviderAPI.Endpoint.allCases.map(\.rawValue)))
  }

  @Test func filtersKnowTheSameKeysAndOperators() throws {
    let operators = FilterOperator.allCases.map(\.rawValue)
    for (place, keys) in [
      ("record_filter", FilterSubject.record.keys), ("call_filter", FilterSubject.call.keys),
      ("answer_filter", FilterSubject.answer.keys), ("value_filter", []),
    ] {
      let own = try #require(definition(at: place)?["properties"]?.object).members.map(\.key)
      let common = try #require(definition(at: "operators")?["properties"]?.object).members.map(\.key)
      #expect(Set(own + common) == Set(keys + operators), "\(place)")
    }
  }

  @Test func wordsAreTheSame() throws {
    func words<Word: RawRepresentable & CaseIterable>(_ place: String, _: Word.Type) where Word.RawValue == String {
      let found = definition(at: place)
      let words = (found?["enum"] ?? found?["items"]?["enum"])?.array?.compactMap(\.string) ?? []
      #expect(Set(words) == Set(Word.allCases.map(\.rawValue)), "\(Word.self)")
    }
    words("source/provider", Provider.self)
    words("source_requirement/hmac/algorithm", SourceAuth.HMACRequirement.Algorithm.self)
    words("source_requirement/hmac/encoding", SourceAuth.HMACRequirement.Encoding.self)
    words("source/expect/days", ExpectedTraffic.Day.self)
    words("alerts/conditions", AlertSettings.Condition.self)
    words("alerts/holds", AlertSettings.Holder.self)
    words("destination/preset", Preset.Name.self)
    words("lookup/if_none", Lookup.IfNone.self)
    words("method", Destination.Method.self)
    words("content_type", Destination.ContentType.self)
    words("destination/on_revision", Destination.RevisionPolicy.self)
    words("destination/order", Destination.Order.self)
    words("answer/then", AnswerRule.Word.self)
    words("oauth2/client_auth", OAuth2.ClientAuth.self)
  }

  /// A definition, and from there by property: `source/expect`; empty for the whole.
  private func definition(at place: String) -> JSON? {
    let steps = place.split(separator: "/").map(String.init)
    guard let first = steps.first else { return schema }
    guard first != "source_auth" else { return schema["$defs"]?[first]?["anyOf"]?.array?.last }
    return steps.dropFirst().reduce(schema["$defs"]?[first]) { $0?["properties"]?[$1] }
  }
}
