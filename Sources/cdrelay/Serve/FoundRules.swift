import Digests
import DurableQueue
import RelayCore
import Rules

/// A rule file as it was found: read once, so that what is checked, hashed and used are the same bytes.
struct FoundRules {
  /// Absolute.
  let path: String
  /// nil where it could not be read.
  let bytes: [UInt8]?
  let result: Result<RuleFile, RuleFileError>

  init(path: String, secrets: SecretsResolver) {
    self.path = DatabaseFile.absolute(path)
    var bytes: [UInt8]?
    do throws(RuleFileError) {
      let found = try RuleFile.bytes(path: path, secrets: secrets)
      bytes = found
      result = .success(try RuleFile.parse(found, path: path, secrets: secrets))
    } catch {
      result = .failure(error)
    }
    self.bytes = bytes
  }

  func load(_ origin: RulesLoad.Origin, at now: Instant) -> RulesLoad {
    var load = RulesLoad(at: now, origin: origin, path: path, fileHash: bytes.map { SHA256.hash($0) })
    switch result {
    case .success(let rules): load.missingSecrets = rules.missingSecrets.map(\.line)
    case .failure(let error): load.problems = error.problems.map(\.line)
    }
    return load
  }
}

extension RuleProblem {
  /// Without the file.
  var line: String {
    (path.isEmpty ? message : "\(path): \(message)").replacing("\n", with: " ")
  }
}
