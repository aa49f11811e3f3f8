/// What a decoder must know of the source that a webhook came to.
package struct SourceSettings: Sendable, Equatable {
  package var name: String
  package var provider: Provider
  /// `generic`: the path of the value that identifies a record; nil takes the whole body.
  package var key: [String]?
  /// TeleCMI: the app ids whose records are expected; empty takes all.
  package var appIDs: [Int64]
  /// Top-level keys of the content whose change makes no revision, beside those that each provider has.
  package var ignoreChanges: [String]
  /// Levels of JSON nesting.
  package var depthLimit: Int

  package init(
    name: String, provider: Provider, key: [String]? = nil, appIDs: [Int64] = [], ignoreChanges: [String] = [],
    depthLimit: Int = JSONParser.defaultDepth
  ) {
    self.name = name
    self.provider = provider
    self.key = key
    self.appIDs = appIDs
    self.ignoreChanges = ignoreChanges
    self.depthLimit = depthLimit
  }
}
