import Forwarding
import Outgoing
import RelayCore
import Rules

extension RulesTrial {
  /// A template error makes a delivery a dead letter.
  typealias Rendered = Swift.Result<OutgoingRequest, TemplateError>

  /// By destination.
  struct Answers {
    var lookup: [String: JSON] = [:]
    var captured: [String: JSON] = [:]
  }

  /// The requests of a destination: what it is asked before, what it is sent, and what it would be sent for a later record of
  /// the same call.
  func delivery(_ destination: Destination, _ route: Route, _ input: RenderInput) -> Delivery {
    let stamp = OutgoingRequest.Stamp(userAgent: Program.userAgent, isReplay: false, at: now)
    var (input, later) = (input, input)
    input.captured = answers?.captured[destination.name]
    later.captured = RenderInput.unknownCaptured
    let lookup = lookup(destination, input, stamp)
    func made(_ input: RenderInput) -> Rendered {
      var input = input
      if destination.asks(input) {
        if lookup == nil, destination.lookup?.ifNone == .deadLetter {
          return .failure(
            TemplateError(path: "destinations.\(destination.name).lookup", message: Lookup.notMadeInWords))
        }
        let given: JSON? = answers == nil ? RenderInput.unknownLookup : answers?.lookup[destination.name]
        input.lookup = lookup == nil ? nil : given
      }
      return Rendered { () throws(TemplateError) in try OutgoingRequest.make(input, for: destination, stamp) }
    }
    let hasUpdate = destination.capture != nil && answers == nil
    let updateAsks = hasUpdate && destination.asks(later)
    return Delivery(
      destination: route.destination, rule: route.rule, request: made(input),
      lookup: destination.asks(input) || updateAsks ? lookup : nil, update: hasUpdate ? made(later) : nil,
      updateAsks: updateAsks)
  }

  /// nil where there is nothing to ask for.
  private func lookup(_ destination: Destination, _ input: RenderInput, _ stamp: OutgoingRequest.Stamp) -> Rendered? {
    do throws(TemplateError) {
      return try OutgoingRequest.lookup(input, for: destination, stamp).map(Rendered.success)
    } catch {
      return .failure(error)
    }
  }
}

extension RulesTrial.Rendered {
  var json: JSONObject {
    switch self {
    case .success(let request):
      [
        "method": .string(request.method), "url": .string(request.url),
        "headers": .object(
          JSONObject(request.headers.fields.map { JSONObject.Member(key: $0.name, value: .string($0.value)) })),
        "body": .string(String(decoding: request.body, as: UTF8.self)),
      ]
    case .failure(let error): ["error": .string("\(error)")]
    }
  }

  func write(to output: Output) throws {
    switch self {
    case .success(let request):
      try output.line("  \(request.method) \(request.url)")
      for field in request.headers.fields { try output.line("  \(field.name): \(field.value)") }
      try output.line()
      if !request.body.isEmpty { try output.line(String(decoding: request.body, as: UTF8.self)) }
    case .failure(let error):
      try output.line("  can't be rendered, and would be a dead letter: \(error)")
    }
  }
}
