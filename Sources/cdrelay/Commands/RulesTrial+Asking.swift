import Forwarding
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
    if let answers {
      input.lookup = answers.lookup[destination.name]
      input.captured = answers.captured[destination.name]
    } else {
      input.lookup = destination.lookup.map { _ in RenderInput.unknownLookup }
      later.lookup = input.lookup
      later.captured = RenderInput.unknownCaptured
    }
    func made(_ input: RenderInput) -> Rendered {
      Rendered { () throws(TemplateError) in try OutgoingRequest.make(input, for: destination, stamp) }
    }
    let lookup = destination.lookup.map { _ in
      Rendered { () throws(TemplateError) in try OutgoingRequest.lookup(input, for: destination, stamp) }
    }
    return Delivery(
      destination: route.destination, rule: route.rule, request: made(input), lookup: lookup,
      update: destination.capture != nil && answers == nil ? made(later) : nil)
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
