import RelayCore

/// One thing that the doctor looked at.
struct DoctorCheck: Equatable {
  enum Verdict: String {
    case ok, warn
    /// Something does not work, or soon will not.
    case fail
  }

  /// What was looked at: `rules`, `database`, `disk`, ….
  let name: String
  /// Which destination or file.
  var about: String?
  let verdict: Verdict
  let text: String
  /// What a person does about it.
  var remedy: String?

  static func ok(_ name: String, _ text: String, about: String? = nil) -> DoctorCheck {
    DoctorCheck(name: name, about: about, verdict: .ok, text: text)
  }

  static func warn(_ name: String, _ text: String, about: String? = nil, do remedy: String? = nil) -> DoctorCheck {
    DoctorCheck(name: name, about: about, verdict: .warn, text: text, remedy: remedy)
  }

  static func fail(_ name: String, _ text: String, about: String? = nil, do remedy: String? = nil) -> DoctorCheck {
    DoctorCheck(name: name, about: about, verdict: .fail, text: text, remedy: remedy)
  }

  /// `FAIL  disk: 3 MiB are free. To do: make room`.
  var line: String {
    let verdict = verdict == .fail ? "FAIL" : self.verdict.rawValue
    let subject = name + (about.map { " \($0)" } ?? "")
    return verdict + String(repeating: " ", count: 6 - verdict.count) + "\(subject): \(text)"
      + (remedy.map { ". To do: \($0)" } ?? "")
  }

  var json: JSONObject {
    [
      "check": .string(name), "about": .text(about), "verdict": .string(verdict.rawValue), "text": .string(text),
      "do": .text(remedy),
    ]
  }
}
