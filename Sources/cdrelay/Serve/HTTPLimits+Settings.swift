import HTTP1
import Rules

extension HTTPLimits {
  /// The receiver's, as the rule file sets them.
  init(_ settings: RelaySettings) {
    self.init()
    bodyLimit = settings.bodyLimitBytes
    bufferedBytes = max(bufferedBytes, 2 * bodyLimit)
    for (name, value) in settings.limits.values { set(name, to: value) }
  }

  private mutating func set(_ name: ReceiverLimits.Name, to value: Int64) {
    switch name {
    case .connections: connections = Int(value)
    case .connectionsPerAddress: connectionsPerAddress = Int(value)
    case .requestsPerConnection: requestsPerConnection = Int(value)
    case .requestLineBytes: requestLineBytes = Int(value)
    case .headBytes: headBytes = Int(value)
    case .headFields: headFields = Int(value)
    case .bufferedBytes: bufferedBytes = Int(value)
    case .firstByteSeconds: firstByteMilliseconds = value
    case .headSeconds: headMilliseconds = value
    case .bodySeconds: bodyMilliseconds = value
    case .bodyBytesPerSecond: bodyBytesPerSecond = Int(value)
    case .idleSeconds: idleMilliseconds = value
    case .writeSeconds: writeMilliseconds = value
    }
  }
}
