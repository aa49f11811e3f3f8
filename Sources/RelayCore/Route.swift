/// That a record goes to a destination, and which rule said so.
package struct Route: Sendable, Equatable {
  package let destination: String
  /// The first rule that named the destination.
  package let rule: String
  /// `on_revision: skip` of the destination: it gets the first version of a record only.
  package let skipsRevisions: Bool

  package init(destination: String, rule: String, skipsRevisions: Bool = false) {
    self.destination = destination
    self.rule = rule
    self.skipsRevisions = skipsRevisions
  }
}
