import RelayCore
import Testing

@testable import Rules

@Suite struct ImportSettingsTests {
  private func text(_ settings: String, provider: String = "telecmi") -> String {
    #"{"sources": {"s": {"provider": "\#(provider)", "auth": "none", "import": \#(settings)}}}"#
  }

  private func read(_ settings: String, provider: String = "telecmi") throws -> ImportSettings {
    try parseRules(text(settings, provider: provider)).sources[0].importing
  }

  @Test func allOfItHasADefault() throws {
    let settings = try read("{}")
    #expect(settings.columns.isEmpty && settings.timeZone == "UTC" && settings.timeFormat == nil)
    #expect(settings.time("2025-10-01 09:00:00")?.rfc3339 == "2025-10-01T09:00:00.000Z")
    #expect(settings.time("2025-10-01T09:00:00+02:00")?.rfc3339 == "2025-10-01T07:00:00.000Z")
    #expect(settings.time("1634720920615") == nil)
    #expect(try read(#"{"enabled": false, "time_zone": "Europe/Paris"}"#) == settings)
  }

  @Test func columnsAreNamedByTheProvidersFieldsOrTheCalls() throws {
    let telecmi = try read(#"{"columns": {"time": "Call date", "call.agent": "User", "crm_id": "Ref"}}"#)
    #expect(telecmi.columns.map(\.field) == ["time", "user", "crm_id"])
    #expect(telecmi.columns.map(\.title) == ["Call date", "User", "Ref"])
    let callr = try read(#"{"columns": {"call.started_at": "Start"}}"#, provider: "callr")
    #expect(callr.columns.map(\.field) == ["started"])
  }

  @Test(arguments: [
    ("dd/MM/yyyy HH:mm:ss", "01/10/2025 09:00:07", "2025-10-01T07:00:07.000Z"),
    ("d.M.yy H:mm", "1.1.26 9:05", "2026-01-01T08:05:00.000Z"),
    ("MM/dd/yyyy hh:mm a", "10/01/2025 12:30 AM", "2025-09-30T22:30:00.000Z"),
    ("MM/dd/yyyy h:mm a", "10/01/2025 1:30 pm", "2025-10-01T11:30:00.000Z"),
    ("yyyy-MM-ddTHH:mm:ss.SSSXXX", "2025-10-01T09:00:00.250+05:30", "2025-10-01T03:30:00.250Z"),
    ("dd MMM yyyy", "01 Oct 2025", "2025-09-30T22:00:00.000Z"),
    // The hour that comes twice, and the one that is left out.
    ("dd/MM/yyyy HH:mm:ss", "26/10/2025 02:30:00", "2025-10-26T01:30:00.000Z"),
    ("dd/MM/yyyy HH:mm:ss", "30/03/2025 02:30:00", "2025-03-30T01:30:00.000Z"),
  ])
  func timesAreReadInTheFilesFormatAndZone(format: String, text: String, instant: String) throws {
    let settings = try read(#"{"time_zone": "Europe/Paris", "time_format": "\#(format)"}"#)
    #expect(settings.time(text)?.rfc3339 == instant)
  }

  @Test(arguments: [
    "31/02/2025 09:00:00", "1/10/2025 09:00:00", "01/10/2025 25:00:00", "01/10/2025", "", "01/10/2025 09:00:00 ",
  ])
  func whatIsWrittenOtherwiseIsNoTime(text: String) throws {
    #expect(try read(#"{"time_format": "dd/MM/yyyy HH:mm:ss"}"#).time(text) == nil)
  }

  @Test(arguments: [
    (#"{"columns": ["time"]}"#, #"columns: expected an object such as {"time": "Call date"}, found an array"#),
    (#"{"columns": {"time": 5}}"#, "columns.time: expected the title of a column, found 5"),
    (
      #"{"time_format": "HH:mm"}"#,
      "time_format: expected a date format with year, month and day, such as dd/MM/yyyy HH:mm:ss"
    ),
    (#"{"other": "UTC"}"#, "other: unknown key; known are columns, time_zone, time_format, enabled and note"),
  ])
  func whatIsWrongIsSaid(settings: String, sentence: String) {
    let found = problems(text(settings))
    #expect(found.count == 1 && found[0].hasPrefix("rules.json: sources.s.import.\(sentence.prefix(60))"), "\(found)")
  }

  @Test func aFieldOfTheCallThatNoFileFillsIsAProblem() {
    #expect(problems(text(#"{"columns": {"call.role": "Role"}}"#))[0].contains("no file can fill it"))
    #expect(problems(text(#"{"time_format": "dd/MM/yyyy QQ"}"#))[0].contains("QQ is no part of a date"))
  }
}
