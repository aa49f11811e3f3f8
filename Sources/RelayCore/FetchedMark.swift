/// How a record says that it was not sent to us: it was fetched from the provider's API, or imported from a file.
package enum FetchedMark {
  /// The member of a body that says where it was fetched; no part of its content, so that a webhook that comes later with
  /// the same words is a repetition.
  package static let member = "backfilled"
  /// What an id begins with that we made for a row without one.
  package static let idPrefix = "fetched-"
  /// The credential of a record that the provider's API gave.
  package static let credential = "backfill"

  /// The credential of a record that a person imported.
  package static func imported(by user: String) -> String {
    importPrefix + user
  }

  private static let importPrefix = "import by "

  /// Where rows come from: those of one origin are told apart by their ids alone.
  package enum Origin: Sendable, Equatable {
    case api, file

    /// nil for a record that was sent to us.
    package init?(credential: String) {
      if credential == FetchedMark.credential {
        self = .api
      } else if credential.hasPrefix(FetchedMark.importPrefix) {
        self = .file
      } else {
        return nil
      }
    }
  }
}
