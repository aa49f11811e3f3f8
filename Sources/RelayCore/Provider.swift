/// A dialect of webhook.
package enum Provider: String, Sendable, CaseIterable {
  case telecmi
  case callr
  /// Any JSON webhook.
  case generic
}
