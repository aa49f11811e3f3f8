import RelayCore

/// What a destination that names a CRM is made of: `"preset": "hubspot"`. It is written in the rule file's own language and
/// laid under the keys of the destination, so that each of them can say otherwise.
package struct Preset: Sendable {
  package enum Name: String, Sendable, CaseIterable {
    case hubspot, salesforce, zoho, pipedrive
  }

  package let name: Name
  /// As its maker writes it.
  package let title: String
  /// Where the CRM is the same for all its customers; nil where each has a host of its own.
  package let baseURL: String?
  /// A host for sentences.
  package let exampleURL: String
  /// The destination's keys as text, laid out for people. In its texts stand `<base_url>`, `<time_zone>`, `<country>` and
  /// `<national>`, see `Blanks`.
  let text: String
  /// `tables` that it uses. The rule file may have its own of the same name.
  let tables: String
  /// Beside what the destination says of the same kind of `auth`.
  let auth: String
  /// What a destination without `auth` is told.
  let missingAuth: String
  /// Laid over `text` where the destination has `external_id`, which stands in it as `<external_id>`; nil where the CRM has
  /// no such field.
  var externalID: String?
  /// What a person should know, a sentence or two each: what it needs, duplicates, what is not documented.
  package let notes: [String]

  /// Keys of a destination that are read here only.
  static let keys = ["preset", "base_url", "country", "external_id"]

  package static let all: [Preset] = [hubspot, salesforce, zoho, pipedrive]

  static func named(_ name: Name) -> Preset? {
    all.first { $0.name == name }
  }
}

extension Preset {
  /// What it is made of, as text for people and JSON for programs.
  package struct Parts {
    package let destination: String
    /// What `external_id` changes; nil where there is no such key.
    package let externalID: String?
    package let tables: String
    package let auth: String
    package let missingAuth: String
  }

  /// - Parameter baseURL: nil for where the CRM is, or an example.
  package func parts(baseURL: String? = nil, country: String? = nil) -> Parts {
    let blanks = Blanks(
      baseURL: baseURL ?? self.baseURL ?? exampleURL, timeZone: "UTC", country: country, externalID: "EXTERNAL_ID")
    return Parts(
      destination: blanks.filled(text), externalID: externalID.map(blanks.filled), tables: tables,
      auth: blanks.filled(auth), missingAuth: missingAuth)
  }

  /// A country's two letters, in any case.
  package static func isCountry(_ text: String) -> Bool {
    Country.named[text.uppercased()] != nil
  }

  /// What a preset leaves to the destination.
  struct Blanks {
    let baseURL: String
    /// IANA name, for quotas that are new at midnight.
    let timeZone: String
    /// Two letters; nil: numbers are taken for international.
    let country: String?
    var externalID = ""

    func filled(_ text: String) -> String {
      let home = country.flatMap { Country.named[$0.uppercased()] }
      return text.replacing("<base_url>", with: Self.inJSON(baseURL))
        .replacing("<time_zone>", with: Self.inJSON(timeZone))
        .replacing("<country>", with: home.map { ": \($0.name)" } ?? "")
        .replacing("<national>", with: home.map { " | replace: +\($0.code.text), " + #"\"\""# } ?? "")
        .replacing("<external_id>", with: Self.inJSON(externalID))
    }

    /// As it stands between the quotation marks of a JSON string.
    private static func inJSON(_ text: String) -> String {
      String(JSON.string(text).text.dropFirst().dropLast())
    }
  }
}
