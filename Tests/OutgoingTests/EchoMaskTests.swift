import Digests
import Outgoing
import RelayCore
import Rules
import TestSupport
import Testing

@testable import Outgoing

@Suite("What is kept of answers")
struct EchoMaskTests {
  private func kept(_ body: String, hiding secrets: String...) -> String {
    String(decoding: EchoMask(secrets.map(Secret.init)).kept(Array(body.utf8)), as: UTF8.self)
  }

  @Test("Every spelling of a secret is replaced, the longest first")
  func spellings() {
    #expect(kept("a p4ss/w+rd b p4ss/w+rd", hiding: "p4ss/w+rd") == "a ••• b •••")
    #expect(kept(#"{"a":"p4ss\/w+\"rd","b":"p4ss/w+\"rd"}"#, hiding: #"p4ss/w+"rd"#) == #"{"a":"•••","b":"•••"}"#)
    #expect(kept("?key=p4ss%2Fw%2Brd", hiding: "p4ss/w+rd") == "?key=•••")
    #expect(kept("key is p4ss/word", hiding: "p4ss%2Fword") == "key is •••")
    #expect(kept("secret-1-long secret-1", hiding: "secret-1", "secret-1-long") == "••• •••")
    #expect(kept("s3 s3cre s3cret", hiding: "s3cret") == "s3 s3cre •••")
    // What is too short to be a secret.
    #expect(kept("status 200 at 7", hiding: "200", "7", "") == "status 200 at 7")
    #expect(EchoMask([]).adding(Secret("t0ken")).kept(Array("a t0ken".utf8)) == Array("a •••".utf8))
  }

  @Test("4 KiB are kept, and nothing of a secret across their end")
  func limit() {
    let filling = String(repeating: "x", count: 4090)
    #expect(kept(filling + "yyyyyyyyyyyy") == filling + "yyyyyy")
    #expect(kept(filling + "s3cret-and-more", hiding: "s3cret-and-more") == filling + "••")
    let masked = EchoMask([Secret("s3cr")]).kept(Array(String(repeating: "s3cr", count: 2000).utf8))
    #expect(masked.count == EchoMask.kept)
    #expect(kept(String(repeating: "s3cret-of-forty-", count: 300), hiding: "s3cret-of-forty-").contains("s3") == false)
  }

  @Test("All that a destination is sent is a secret: url, headers, auth, body, signing keys, proxy")
  func sent() throws {
    let text = """
      {"destinations": {
         "crm": {"url": "https://crm.example.com/${U}/x", "headers": {"x-a": "a ${H}", "api-key": "written-key"},
           "body": {"deep": [{"key": "${B}"}]}, "signing_secret": ["${S}", "${W}"],
           "auth": {"basic": {"user": "me", "password": "${P}"}},
           "proxy": "http://proxy-user:${X}@proxy.example.com:3128"},
         "zoho": {"url": "https://zoho.example.com/", "auth": {"oauth2": {"token_url": "https://zoho.example.com/token",
           "client_id": "me", "client_secret": "${C}", "refresh_token": "${R}"}}}},
       "rules": [{"name": "all", "send_to": ["crm", "zoho"]}]}
      """
    let environment = [
      "U": "in-url", "H": "in-header", "B": "in-body", "S": "signing-key", "W": "whsec_c2lnbmluZy1rZXktMg==",
      "P": "in-password", "X": "in-proxy", "C": "client-secret", "R": "refresh-token",
    ]
    let resolver = SecretsResolver(mode: .resolved, environment: environment) { _ in
      .failure(SecretsResolver.FileError(reason: "No such file or directory"))
    }
    let file = try RuleFile.parse(Array(text.utf8), path: "rules.json", secrets: resolver)
    let crm = Set(file.destinations[0].sentSecrets.map(\.revealed))
    let basic = Base64.encode(Array("me:in-password".utf8))
    for secret in [
      "in-url", "in-header", "in-body", "written-key", "signing-key", "signing-key-2", "c2lnbmluZy1rZXktMg==",
      "in-password", basic, "in-proxy",
    ] {
      #expect(crm.contains(secret), "\(secret)")
    }
    #expect(Set(file.destinations[1].sentSecrets.map(\.revealed)) == ["client-secret", "refresh-token"])
  }
}
