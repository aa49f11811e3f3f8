import Digests
import Glibc
import RelayCore
import Rules

/// Refresh tokens that servers gave in place of the configured ones (RFC 6749 §6), which they take no more from then on: lost
/// at a restart, they would lock the relay out. `DB.refresh-tokens`, JSON, mode 0600; not in the database, whose copies are
/// handed around. An entry counts only while the rule file names the same refresh token as when it was written, so that a
/// person who enters a new one is obeyed.
struct RefreshTokenFile {
  private struct Entry {
    /// Hash of what is configured.
    let origin: String
    let token: Secret
  }

  /// nil: kept in memory alone.
  private let path: String?
  private var entries: [String: Entry] = [:]

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
    for member in object.members {
      guard let origin = member.value["origin"]?.string, let token = member.value["refresh_token"]?.string else {
        continue
      }
      entries[member.key] = Entry(origin: origin, token: Secret(token))
    }
  }

  /// What took the place of the destination's configured refresh token, else that one; nil where none is configured.
  func refreshToken(of destination: String, _ oauth2: OAuth2) -> Secret? {
    guard let configured = oauth2.refreshToken else { return nil }
    guard let entry = entries[destination], entry.origin == Self.origin(oauth2, configured) else { return configured }
    return entry.token
  }

  /// On disk when it returns. - Parameter destinations: those of the rule file; entries of others go.
  mutating func keep(
    _ token: Secret, of destination: String, _ oauth2: OAuth2, destinations: Set<String>
  ) throws(Unwritable) {
    guard let configured = oauth2.refreshToken else { return }
    entries[destination] = Entry(origin: Self.origin(oauth2, configured), token: token)
    entries = entries.filter { destinations.contains($0.key) }
    guard let path else { throw Unwritable(reason: "there is no file to keep it in") }
    let members = entries.sorted { $0.key < $1.key }.map { name, entry in
      JSONObject.Member(
        key: name,
        value: .object(["origin": .string(entry.origin), "refresh_token": .string(entry.token.revealed)]))
    }
    try Self.replace(path, Array((JSON.object(JSONObject(members)).text + "\n").utf8))
  }

  private static func origin(_ oauth2: OAuth2, _ configured: Secret) -> String {
    let parts = [oauth2.tokenURL, oauth2.clientID.revealed, configured.revealed]
    return Hex.encode(SHA256.hash(Array(parts.joined(separator: "\n").utf8)))
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
