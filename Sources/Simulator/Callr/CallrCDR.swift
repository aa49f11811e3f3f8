import RelayCore

/// The CDR of docs.callr.com/docs/call-detail-records-cdr: every field of its table, with its type. Numbers are E.164 with `+`,
/// amounts are cents as text, times ISO 8601.
extension SimulatedCall {
  /// The columns of an export. Its columns are not documented: these are the table's, in its order.
  package static let callrFields = [
    "billingCredit", "billingDebit", "billingDestinationLabel", "billingPaymentType", "callee", "callerName",
    "callerNumber", "callerRestricted", "callid", "direction", "durationAnswered", "durationBilled", "durationTotal",
    "started", "answered", "ended", "hangupCause", "hangupSource", "hangupTech", "scenarioName", "scenarioSid",
    "scenarioTypeName", "scenarioTypeVersion", "status",
  ]

  /// An int64 above 2^53, which readers that know only doubles round.
  package var callid: Int64 {
    var dice = dice(.callr)
    return 1_000_000_000_000_000_000 + dice.number(0...8_000_000_000_000_000_000)
  }

  /// What is drawn beside the call's own facts.
  private struct CallrDetails {
    let status: String
    let cause: Int64
    let isRestricted: Bool
    let callerName: String
    let scenario: (name: String, sid: String)

    init(_ call: SimulatedCall) {
      var dice = call.dice(.callr)
      _ = dice.next()
      // Q.850: 16 normal clearing, 17 user busy, 19 no answer, 1 unallocated number, 41 temporary failure.
      let missed: [(String, Int64)] =
        call.direction == .inbound
        ? [("canceled", 16), ("canceled", 16), ("busy", 17)]
        : [("canceled", 19), ("busy", 17), ("failed", 41), ("unallocated", 1)]
      (status, cause) = call.isAnswered ? ("answered", 16) : dice.pick(missed)
      isRestricted = call.direction == .inbound && dice.oneIn(20)
      callerName = dice.pick(["", "", "O'Hara, Ann", "Zoë \"Zed\" Müller", "ACME Ltd"])
      scenario = dice.pick([("Support", "abcdef12"), ("Sales, Europe", "0a1b2c3d"), ("Night \"late\"", "9f8e7d6c")])
    }
  }

  /// `hasEnded`: as an ended call has it; otherwise as it is told when it begins.
  func callrCDR(hasEnded: Bool) -> JSONObject {
    JSONObject(zip(Self.callrFields, callrValues(hasEnded: hasEnded)).map { JSONObject.Member(key: $0, value: $1) })
  }

  /// In the order of `callrFields`.
  func callrValues(hasEnded: Bool) -> [JSON] {
    let details = CallrDetails(self)
    let isInbound = direction == .inbound
    let talked = hasEnded ? talkSeconds : 0
    let callerNumber = details.isRestricted ? "" : "+\(isInbound ? customer : line)"
    return [
      .string("0.00"), .string(amount(talked)), .string("United Kingdom"), .string("prepaid"),
      .string("+\(isInbound ? line : customer)"),
      .string(isInbound && !details.isRestricted ? details.callerName : ""), .string(callerNumber),
      .bool(details.isRestricted), .integer(callid), .string(direction.rawValue),
      .integer(talked), .integer(talked), .integer(hasEnded ? (endedAt - startedAt) / 1000 : 0),
      .string(startedAt.rfc3339),
      // How a time that is not there yet is written is not documented; empty text is a guess.
      .string(hasEnded && isAnswered ? ringingEndedAt.rfc3339 : ""), .string(hasEnded ? endedAt.rfc3339 : ""),
      .integer(hasEnded ? details.cause : 0), .string(hasEnded ? hangupSource : ""), .string(""),
      .string(details.scenario.name), .string(details.scenario.sid), .string("Actions"), .string("1.0"),
      .string(hasEnded ? details.status : isInbound ? "ringing" : "dialing"),
    ]
  }

  private var hangupSource: String {
    if !isAnswered { return idSeed % 3 == 0 ? "system" : "caller" }
    return isEndedByAgent == (direction == .inbound) ? "callee" : "caller"
  }

  /// `1.20`: 1.2 cents for each begun minute.
  private func amount(_ seconds: Int64) -> String {
    let hundredths = (seconds + 59) / 60 * 120
    return "\(hundredths / 100).\(hundredths % 100 / 10)\(hundredths % 10)"
  }

  // MARK: v1

  /// The data of `call.inbound_hangup` and `call.outbound_hangup`: snake_case, UTC without a zone. Which of these names are
  /// on the wire is known for some only; the others are those of the .NET SDK in snake_case.
  var callrV1Data: JSONObject {
    let isInbound = direction == .inbound
    let details = CallrDetails(self)
    var data: JSONObject = [
      "callid": .integer(callid), "start": .string(Self.v1(startedAt)),
      "answer": .string(isAnswered ? Self.v1(ringingEndedAt) : ""), "hangup": .string(Self.v1(endedAt)),
      "hangupcause": .integer(details.cause), "hangupsource": .string(hangupSource),
      "duration": .integer((endedAt - startedAt) / 1000), "duration_answered": .integer(talkSeconds),
      "duration_billed": .integer(talkSeconds), "cli_name": .string(""),
      "cli_number": .string("+\(isInbound ? customer : line)"), "cli_pres": .string("ALLOWED"),
      "customer_field": .string(""), "scenario_hash": .string(details.scenario.sid.uppercased()),
      "scenario_name": .string(details.scenario.name), "package_name": .string(""),
      "billing_customer_cost_label": .string("United Kingdom"), "billing_customer_credit_eur": .string("0.00"),
      "billing_customer_debit_eur": .string(amount(talkSeconds)),
    ]
    if isInbound {
      data["cli_country_code"] = .string("GB")
      data["did_hash"] = .string("DID\(line % 1000)")
      data["did_intl_number"] = .string("+\(line)")
    } else {
      data["dialstatus"] = .string(Self.dialStatuses[details.status] ?? "NOANSWER")
      data["number"] = .string("+\(customer)")
      data["number_country_code"] = .string("GB")
    }
    return data
  }

  /// Asterisk's words for v2's, of which only ANSWER was seen. Nobody picked up: NOANSWER, where v2 says canceled.
  private static let dialStatuses = [
    "answered": "ANSWER", "busy": "BUSY", "failed": "CONGESTION", "unallocated": "CHANUNAVAIL",
  ]

  /// `2016-05-04 12:29:32`.
  private static func v1(_ instant: Instant) -> String {
    let text = instant.rfc3339
    return "\(text.prefix(10)) \(text.dropFirst(11).prefix(8))"
  }
}
