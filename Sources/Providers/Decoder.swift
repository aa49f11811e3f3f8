import HTTPTypes
import RelayCore

/// Why a webhook from an authenticated sender is no record that we can take. It goes to quarantine with this reason.
package struct Unacceptable: Error, Sendable, Equatable {
  /// 400: the body can't be read. 422: it can, and is no record of this provider.
  package let status: Int
  /// What is missing or wrong and what to do; never a value of the body but for an app id.
  package let reason: String

  package init(status: Int, reason: String) {
    self.status = status
    self.reason = reason
  }

  static func unreadable(_ reason: String) -> Unacceptable {
    Unacceptable(status: 400, reason: reason)
  }

  static func notARecord(_ reason: String) -> Unacceptable {
    Unacceptable(status: 422, reason: reason)
  }
}

/// Reads the bytes of a webhook into a record, in the dialect of its source's provider. Pure: the same bytes and settings
/// always give the same record, at receipt and again whenever a delivery is rendered.
package enum Decoder {
  package static func decode(_ raw: RawRecord, settings: SourceSettings) throws(Unacceptable) -> Record {
    let body = try content(of: raw, settings: settings)
    return switch settings.provider {
    case .telecmi: try TeleCMIDecoder.read(body, of: raw, settings: settings)
    case .callr: try CallrDecoder.read(body, of: raw, settings: settings)
    case .generic: try GenericDecoder.read(body, of: raw, settings: settings)
    }
  }

  /// JSON is recognised by its bytes, whatever the content type says.
  private static func content(of raw: RawRecord, settings: SourceSettings) throws(Unacceptable) -> JSONView {
    guard let first = raw.body.first(where: { !isSpace($0) }) else {
      throw .unreadable("nothing came, neither a body nor a query: send the record as a JSON document")
    }
    let looksLikeJSON = first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
    if !looksLikeJSON, isForm(raw.contentType) { return try form(raw.body, settings: settings) }
    if !looksLikeJSON, raw.contentType?.lowercased().hasPrefix("multipart/") == true {
      throw .unreadable("a multipart body is not read: send the record as a JSON document")
    }
    do {
      return try JSONDocument(raw.body, depth: settings.depthLimit).root
    } catch {
      if settings.provider == .telecmi, looksLikeJSON, let body = withZeroLedNumbers(raw.body, settings) { return body }
      throw .unreadable(
        "not JSON: \(error); send the record as a JSON document or as application/x-www-form-urlencoded")
    }
  }

  /// CHUB-India's documents print `"callerid": 04471000000`, which is no JSON; such a number is read as text.
  private static func withZeroLedNumbers(_ bytes: [UInt8], _ settings: SourceSettings) -> JSONView? {
    try? JSONDocument(bytes, depth: settings.depthLimit, zeroLedNumbersAreText: true).root
  }

  private static func form(_ bytes: [UInt8], settings: SourceSettings) throws(Unacceptable) -> JSONView {
    guard let text = String(validating: bytes, as: UTF8.self), let fields = FormFields(parsing: text) else {
      throw .unreadable("the form body has a broken percent-encoding or is not UTF-8: send the record as JSON")
    }
    guard !fields.fields.isEmpty else {
      throw .unreadable("the form body has no fields: send the record as a JSON document")
    }
    guard !fields.fields.contains(where: { $0.name.hasEndlessCharacter || $0.value.hasEndlessCharacter }) else {
      throw .unreadable("the form body has more than \(String.combiningLimit) combining characters in a row")
    }
    return JSONView(QueryRecord.body(from: fields, provider: settings.provider))
  }

  private static func isForm(_ contentType: String?) -> Bool {
    guard let contentType else { return false }
    let essence = contentType.utf8.prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: " ") }
    return String(Substring(essence)).lowercased() == "application/x-www-form-urlencoded"
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
  }
}

extension Record {
  /// What a dialect makes of a body.
  init(
    of raw: RawRecord, settings: SourceSettings, kind: RecordKind, call: Call, body: JSONView,
    identity: RecordIdentity
  ) {
    self.init(
      source: settings.name, provider: settings.provider, kind: kind, call: call, body: body, headers: raw.headers,
      query: raw.query, identity: identity)
  }
}
