import Foundation
import TestSupport
import Testing

@testable import Forwarding

/// Our requests before a verifier that others wrote: the `standardwebhooks` package of PyPI.
@Suite("Standard Webhooks, verified by others")
struct StandardWebhooksTests {
  private struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// Reads `{"secret", "headers", "body", "json"}` and prints `verified`, or why not.
  private static let verifier = """
    import json, sys
    from standardwebhooks.webhooks import Webhook, WebhookVerificationError
    given = json.load(sys.stdin)
    try:
        Webhook(given["secret"]).verify(bytes.fromhex(given["body"]), given["headers"], json_parse=False)
        print("verified", end="")
    except WebhookVerificationError as error:
        print(error, end="")
    """

  private func verify(_ request: ScriptedDestination.Request, _ secret: String, body: [UInt8]? = nil) throws -> String {
    let python = #filePath.replacing(
      "Tests/ForwardingTests/StandardWebhooksTests.swift", with: ".build/python/bin/python")
    guard FileManager.default.isExecutableFile(atPath: python) else {
      throw Failure(description: "no \(python): run README's second command, which installs it")
    }
    let given: [String: Any] = [
      "secret": secret, "body": (body ?? request.body).map { String(format: "%02x", $0) }.joined(),
      "headers": Dictionary(request.headers.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first }),
    ]
    let process = Process()
    process.executableURL = URL(fileURLWithPath: python)
    process.arguments = ["-c", Self.verifier]
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    process.standardError = output
    try process.run()
    try input.fileHandleForWriting.write(contentsOf: JSONSerialization.data(withJSONObject: given))
    try input.fileHandleForWriting.close()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return text
  }

  @Test("Both secrets verify during rotation, also on a retry; no other does, nor a changed body")
  func verifies() throws {
    let server = try ScriptedDestination { $0.number == 1 ? .status(503) : .status(200) }
    let (new, old) = ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")
    let relay = try RelayFixture(
      """
      {"crm": {"url": "\(server.url)", "allow_private": true, "signing_secret": ["\(new)", "\(old)"],
        "retry": {"first_delay_seconds": 0.1}}}
      """)
    relay.admit(2, to: "crm")
    #expect(relay.watch.wait(2, "delivery.attempted", "status=200"))
    relay.stop()
    #expect(server.requests.count == 3)
    for request in server.requests {
      #expect(try verify(request, new) == "verified")
      #expect(try verify(request, old) == "verified")
    }
    let request = try #require(server.requests.last)
    #expect(request["webhook-id"] == request["idempotency-key"] && request["user-agent"] == "cdrelay/test")
    #expect(try verify(request, "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA") == "No matching signature found")
    #expect(try verify(request, new, body: request.body + [0x20]) == "No matching signature found")
  }
}
