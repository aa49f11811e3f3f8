/// A text that must not be seen: every way of printing it gives `•••`.
package struct Secret: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// What is shown in its place.
  package static let mask = "•••"

  private let text: String
  package let bytes: [UInt8]

  package init(_ text: String) {
    self.text = text
    bytes = Array(text.utf8)
  }

  /// The secret itself, for comparing it and for sending it, never for printing.
  package var revealed: String { text }

  package var description: String { Self.mask }
  package var debugDescription: String { Self.mask }
  package var customMirror: Mirror { Mirror(self, children: []) }
}

/// A key with which outgoing requests are signed (Standard Webhooks).
package struct SigningKey: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
  package let bytes: [UInt8]

  package var description: String { Secret.mask }
  package var customMirror: Mirror { Mirror(self, children: []) }
}
