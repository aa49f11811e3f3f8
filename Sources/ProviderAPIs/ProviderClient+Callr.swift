import Outgoing
import RelayCore
import Rules

/// Callr: an export is begun, its task is asked for until it is done, and its file is fetched.
extension ProviderClient {
  /// Milliseconds between two looks at a task: the first, and the longest.
  private static let firstLook: Int64 = 200
  private static let longestPause: Int64 = 10_000
  /// Milliseconds for which a task is waited for. Ten minutes.
  private static let patience: Int64 = 600_000
  /// From one address of the file to the next.
  private static let redirects = 4

  func export(
    _ direction: CallrExport.Direction, _ whole: TimeSlice, _ take: (FetchedCalls) throws -> Void
  ) throws {
    var left = [whole]
    while let slice = left.popLast() {
      switch try file(direction, slice) {
      case .file(let csv):
        try take(
          FetchedCalls(
            endpoint: .export, direction: direction.rawValue, slice: slice, content: .csv(csv), bad: 0, shortfall: 0))
      case .tooLong:
        guard let halves = slice.halves else {
          throw APIFailure.failed(
            "\(conversation.source): the export of a minute is longer than 1 MiB, which is not read")
        }
        left += [halves.second, halves.first]
      }
    }
  }

  private enum Export {
    case file([UInt8])
    /// Longer than is read at once.
    case tooLong
  }

  private enum Standing {
    case task(CallrTask)
    case ended(Export)
    /// The path is there for another method.
    case otherMethod
  }

  private func file(_ direction: CallrExport.Direction, _ slice: TimeSlice) throws(APIFailure) -> Export {
    let export = CallrExport(api: api, userAgent: conversation.surroundings.userAgent)
    let start = conversation.surroundings.clock()
    var standing = try ask(.export, export.begin(direction, slice), id: nil)
    var pause = Self.firstLook
    while true {
      switch standing {
      case .ended(let export): return export
      case .task(.empty): return .file([])
      case .task(.csv(let bytes)): return .file(bytes)
      case .task(.file(let url)): return try download(url, export)
      case .task(.waiting(let id)):
        guard conversation.surroundings.clock() - start < Self.patience else {
          throw .failed("\(conversation.source): the export's task is not done after 10 minutes")
        }
        guard conversation.surroundings.wait(pause) else { throw .stopped }
        pause = min(pause * 2, Self.longestPause)
        standing = try look(id, export)
      case .otherMethod:
        throw .failed("\(conversation.source): \(api.path(.task) ?? "") takes neither GET nor POST")
      }
    }
  }

  private func ask(
    _ endpoint: ProviderAPI.Endpoint, _ request: OutgoingRequest, id: String?
  ) throws(APIFailure) -> Standing {
    try conversation.ask(endpoint, request) { answer in
      if answer.isCut, CallrTask.isCSV(answer) { return .content(.ended(.tooLong)) }
      if id != nil, taskMethod == nil, [404, 405].contains(answer.status) { return .content(.otherMethod) }
      return CallrTask.read(answer, id: id).map(Standing.task)
    }
  }

  /// GET first. 405 says that POST is meant; 404 may, as a path can be there for one method only.
  private func look(_ id: String, _ export: CallrExport) throws(APIFailure) -> Standing {
    if taskMethod == nil {
      let standing = try ask(.task, export.task(id, method: "GET"), id: id)
      if case .otherMethod = standing { taskMethod = "POST" } else { taskMethod = "GET" }
      if taskMethod == "GET" { return standing }
    }
    return try ask(.task, export.task(id, method: taskMethod ?? "POST"), id: id)
  }

  private func download(_ url: String, _ export: CallrExport) throws(APIFailure) -> Export {
    var url = url
    for _ in 0..<Self.redirects {
      guard let request = export.file(url) else {
        throw .failed("\(conversation.source): the task names no address of a file that can be fetched")
      }
      let step: Downloaded = try conversation.ask(nil, request, Downloaded.read)
      switch step {
      case .file(let bytes): return .file(bytes)
      case .tooLong: return .tooLong
      case .elsewhere(let place): url = place.hasPrefix("/") ? CallrExport.origin(request.url) + place : place
      }
    }
    throw .failed("\(conversation.source): the exported file is moved from one address to the next")
  }
}

/// What an answer for the file is.
enum Downloaded: Equatable {
  case file([UInt8])
  case tooLong
  case elsewhere(String)

  static func read(_ answer: Answer) -> APIVerdict<Downloaded> {
    if [301, 302, 303, 307, 308].contains(answer.status), let place = answer.headers["location"] {
      return .content(.elsewhere(place))
    }
    guard (200...299).contains(answer.status) else {
      // A file may be there a little after its task says so.
      return answer.isWorthAnotherTry || answer.status == 404
        ? .again("status \(answer.status)", after: answer.retryAfter) : .failed("status \(answer.status)")
    }
    if answer.isCut { return .content(.tooLong) }
    if answer.json?.object != nil { return .again(CallrTask.told(answer.json, or: "JSON instead of a file")) }
    return .content(.file(answer.body))
  }
}
