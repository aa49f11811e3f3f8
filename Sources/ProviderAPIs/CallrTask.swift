import HTTPTypes
import Outgoing
import RelayCore

/// How an export of Callr stands. That it is asked for with POST and gives CSV is documented; that it is a task (`202`, then
/// `/tasks/{taskid}`) follows from the migration table of v2. What a task looks like is not documented, so each spelling
/// that is likely is taken, and an answer that fits none is kept for a person to read.
enum CallrTask: Equatable {
  /// Ask for this task again.
  case waiting(id: String)
  /// The file is there.
  case file(url: String)
  /// The answer is the file itself.
  case csv([UInt8])
  /// No calls (204).
  case empty

  /// `id`: of the task that was asked for; nil for the answer to the export itself.
  static func read(_ answer: Answer, id: String? = nil) -> APIVerdict<CallrTask> {
    let json = answer.json
    if [401, 403].contains(answer.status) { return .credentialsRefused(told(json, or: "\(answer.status)")) }
    guard (200...299).contains(answer.status) else {
      let words = told(json, or: "status \(answer.status)")
      return answer.isWorthAnotherTry ? .again(words, after: answer.retryAfter) : .failed(words)
    }
    if answer.status == 204 { return .content(.empty) }
    guard let json, json.object != nil || json.array != nil else { return notJSON(answer, id) }
    if let word = CallrTask.status(in: json), failed.contains(word) {
      return .failed(told(json, or: "the task ended as \(word)"))
    }
    if let url = fileURL(in: json) { return .content(.file(url: url)) }
    if let word = CallrTask.status(in: json), done.contains(word), id != nil {
      return .failed("the task is \(word) and its answer names no file")
    }
    if let found = id ?? taskID(in: json) ?? idInLocation(answer) { return .content(.waiting(id: found)) }
    return .failed("an answer that names neither a task nor a file")
  }

  /// The file may stand in the answer itself; a body that is cut is one too, and shows that the slice was too long.
  private static func notJSON(_ answer: Answer, _ id: String?) -> APIVerdict<CallrTask> {
    if !answer.body.isEmpty, isCSV(answer) { return .content(.csv(answer.body)) }
    if answer.body.isEmpty, let id = id ?? idInLocation(answer) { return .content(.waiting(id: id)) }
    return .again("an answer that is neither JSON nor CSV")
  }

  /// A first line with a name of a CDR's field, whatever the content type says.
  static func isCSV(_ answer: Answer) -> Bool {
    let line = String(decoding: answer.body.prefix { $0 != 10 && $0 != 13 }.prefix(4096), as: UTF8.self).lowercased()
    return line.contains("callid") || line.contains("call_id")
      || answer.headers["content-type"]?.contains("csv") == true
  }

  // MARK: - Spellings, all of them guesses

  private static let idNames = ["taskid", "task_id", "jobid", "job_id", "id", "sid", "uuid", "hash"]
  private static let urlNames = [
    "url", "fileurl", "file_url", "downloadurl", "download_url", "file", "download", "link", "href", "location",
    "result",
  ]
  private static let containers = ["task", "job", "data", "result", "export", "output", "links", "file"]
  private static let done: Set<String> = [
    "done", "completed", "complete", "finished", "success", "succeeded", "successful", "ready", "ended", "ok",
  ]
  private static let failed: Set<String> = [
    "failed", "failure", "error", "errored", "canceled", "cancelled", "aborted", "expired",
  ]

  /// In lower case.
  private static func status(in json: JSON) -> String? {
    first(["status", "state"], in: json) { $0.string?.lowercased() }
  }

  private static func taskID(in json: JSON) -> String? {
    if let text = json["task"]?.idText ?? json["job"]?.idText { return text }
    return first(idNames, in: json) { $0.idText }
  }

  private static func fileURL(in json: JSON) -> String? {
    first(urlNames, in: json) { value in
      guard let text = value.string ?? value.array?.first?.string else { return nil }
      return text.hasPrefix("https://") || text.hasPrefix("http://") || text.hasPrefix("/") ? text : nil
    }
  }

  /// Looks for these names, in this order and in any case, at the top and two levels of containers down.
  private static func first<Value>(_ names: [String], in json: JSON, _ read: (JSON) -> Value?) -> Value? {
    var level = [json.array?.first ?? json]
    for _ in 0..<3 {
      for name in names {
        for object in level {
          for member in object.object?.members ?? [] where member.key.lowercased() == name {
            if let value = read(member.value) { return value }
          }
        }
      }
      level = level.flatMap { object in
        (object.object?.members ?? []).filter { containers.contains($0.key.lowercased()) }
          .map { $0.value.array?.first ?? $0.value }
      }
    }
    return nil
  }

  private static func idInLocation(_ answer: Answer) -> String? {
    guard let place = answer.headers["location"]?.split(separator: "?").first else { return nil }
    return place.split(separator: "/").last.map(String.init)
  }

  /// `{"code": "machine-error-code", "message": "…"}` is documented.
  static func told(_ json: JSON?, or otherwise: String) -> String {
    let parts = [json?["code"], json?["message"]].compactMap { $0?.string }.filter { !$0.isEmpty }
    return parts.isEmpty ? otherwise : "\(otherwise): " + ProviderWords.shown(parts.joined(separator: ": "))
  }
}

extension JSON {
  /// Text or a whole number that can stand in a path.
  fileprivate var idText: String? {
    if let integer { return String(integer) }
    guard let string, !string.isEmpty, string.utf8.count <= 200 else { return nil }
    return string
  }
}
