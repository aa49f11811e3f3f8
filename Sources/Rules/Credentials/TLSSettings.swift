import RelayCore

/// `tls` of a destination: whom to believe, and what to show. Files are PEM.
package struct TLSSettings: Sendable, Hashable {
  /// Believed in place of the system's CAs; nil for those.
  package var caFile: String?
  /// Shown to a server that asks who we are; may be followed by its chain.
  package var clientCertificateFile: String?
  /// nil: the key stands in the certificate's file.
  package var clientKeyFile: String?
  package var clientKeyPassword: Secret?
  /// Whether the server's certificate must be of a CA that is believed, and of the host's name. Default true.
  package var verifies = true

  package init() {}
}

extension TLSSettings {
  static let keys = ["ca_file", "client_certificate_file", "client_key_file", "client_key_password", "verify"]

  /// nil after a problem, and where it is switched off.
  init?(reading node: Node) {
    guard let reader = ObjectReader(node, keys: Self.keys) else { return nil }
    self.init()
    caFile = reader["ca_file"].flatMap { PEMFile(reading: $0, .certificate)?.path }
    let certificate = reader["client_certificate_file"].flatMap { PEMFile(reading: $0, .certificate) }
    let key = reader["client_key_file"].flatMap { PEMFile(reading: $0, .privateKey) }
    clientCertificateFile = certificate?.path
    clientKeyFile = key?.path
    clientKeyPassword = (reader["client_key_password"]?.text(isSecret: true)).map { Secret($0.text) }
    for name in ["client_key_file", "client_key_password"] where reader["client_certificate_file"] == nil {
      reader[name]?.problem("has no effect without client_certificate_file")
    }
    Self.checkKey(reader, certificate: certificate, key: key)
    verifies = reader["verify"]?.flag() ?? true
    guard reader.isEnabled else { return nil }
    if !verifies {
      reader["verify"]?.warning(
        "false: anyone on the way can read and change what is sent, secrets too; name the server's CA in ca_file instead"
      )
    }
  }

  private static func checkKey(_ reader: ObjectReader, certificate: PEMFile?, key: PEMFile?) {
    guard let certificate else { return }
    if reader["client_key_file"] == nil, certificate.kinds?.contains(.privateKey) == false {
      reader["client_certificate_file"]?.problem(
        "\(certificate.path) holds no private key; name its file in client_key_file")
    }
    let holder = key ?? certificate
    if holder.isEncrypted, reader["client_key_password"] == nil {
      reader["client_key_file"]?.problem("\(holder.path) is encrypted; add client_key_password")
    }
  }
}

/// A file of certificates or keys (RFC 7468), looked into when the rule file is read: what is wrong with it then is said there
/// and not at the first delivery.
struct PEMFile {
  enum Kind: String {
    case certificate = "certificate"
    case privateKey = "private key"

    var end: String { self == .certificate ? "CERTIFICATE-----" : "PRIVATE KEY-----" }
  }

  let path: String
  /// What stands in it; nil where it was not looked into.
  let kinds: Set<Kind>?
  let isEncrypted: Bool

  /// nil after a problem. Not looked into where secrets aren't looked up.
  init?(reading node: Node, _ kind: Kind) {
    guard let path = node.text("the path of a file") else { return nil }
    self.path = path.text
    guard !path.isUnresolved, !node.loading.isUnresolved else {
      (kinds, isEncrypted) = (nil, false)
      return
    }
    switch node.loading.resolver.read(path.text) {
    case .failure(let error):
      node.problem("can't read \(path.text): \(error.reason)")
      return nil
    case .success(let file):
      let lines = String(decoding: file.bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
      let begins = lines.filter { $0.hasPrefix("-----BEGIN ") }
      let found = Set([Kind.certificate, .privateKey].filter { kind in begins.contains { $0.hasSuffix(kind.end) } })
      guard found.contains(kind) else {
        node.problem("\(path.text) holds no \(kind.rawValue) in PEM form (-----BEGIN …\(kind.end))")
        return nil
      }
      if found.contains(.privateKey), file.isReadableByOthers {
        node.warning("everybody on this machine can read \(path.text); run chmod o-r \(path.text)")
      }
      kinds = found
      isEncrypted =
        begins.contains { $0.contains(" ENCRYPTED ") } || lines.contains { $0.hasPrefix("Proc-Type: 4,ENCRYPTED") }
    }
  }
}
