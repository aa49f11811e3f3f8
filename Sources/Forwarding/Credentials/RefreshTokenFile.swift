import Digests
import Glibc
import RelayCore
import Rules

/// Refresh tokens that servers gave in place of the configured ones (RFC 6749 §6), which they take no more from then on: lost
/// at a restart, they would lock the relay out. `DB.refresh-tokens`, JSON, mode 0600; not in the database, whose copies are
/// handed around. An entry counts only while the rule file names the refresh token that it came from, so that a person who
/// enters a new one is obeyed.
struct RefreshTokenFile {
  /// nil: kept in memory alone.
  private let path: String?
  /// By hash of what is configured.
  private var tokens: [String: Secret] = [:]

  /// In the words of the system.
  struct Unwritable: Error {
    let reason: String
  }

  /// A file that is missing or damaged is as good as an empty one: the configured tokens are tried then.
  init(path: String?) {
    self.path = path
    guard let path, case .success(let content) = SecretsResolver.readFile(path),
      let object = (try? JSONParser.parse(content.bytes))?.object
    else { return }
    for member in object.members { tokens[member.key] = member.value.string.map { Secret($0) } }
  }

  /// What took the place of the configured refresh token, else that one; nil where none is configured.
  func refreshToken(for oauth2: OAuth2) -> Secret? {
    guard let configured = oauth2.refreshToken else { return nil }
    return tokens[Self.origin(oauth2)] ?? configured
  }

  /// On disk when it returns. - Parameter all: those of the rule file; entries of others go.
  mutating func keep(_ token: Secret, for oauth2: OAuth2, among all: [OAuth2]) throws(Unwritable) {
    tokens[Self.origin(oauth2)] = token
    let origins = Set(all.map(Self.origin))
    tokens = tokens.filter { origins.contains($0.key) }
    guard let path else { throw Unwritable(reason: "there is no file to keep it in") }
    let members = tokens.sorted { $0.key < $1.key }.map { origin, token in
      JSONObject.Member(key: origin, value: .string(token.revealed))
    }
    try Self.replace(path, Array((JSON.object(JSONObject(members)).text + "\n").utf8))
  }

  private static func origin(_ oauth2: OAuth2) -> String {
    Hex.encode(SHA256.hash(Array(oauth2.identity.joined(separator: "\n").utf8)))
  }

  /// Written beside it, synced, and moved into its place, so that no crash leaves half a file.
  private static func replace(_ path: String, _ bytes: [UInt8]) throws(Unwritable) {
    let draft = path + ".new"
    unlink(draft)
    let file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw .ofSystem }
    let isWritten = write(file, bytes, bytes.count) == bytes.count && fsync(file) == 0
    let failure = Unwritable.ofSystem
    close(file)
    guard isWritten else { throw failure }
    guard rename(draft, path) == 0 else { throw .ofSystem }
    let end = path.lastIndex(of: "/")
    let folder = open(end.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? ".", O_RDONLY | O_CLOEXEC)
    guard folder >= 0 else { throw .ofSystem }
    defer { close(folder) }
    guard fsync(folder) == 0 else { throw .ofSystem }
  }
}

extension RefreshTokenFile.Unwritable {
  fileprivate static var ofSystem: Self { Self(reason: String(cString: strerror(errno)).lowercased()) }
}
