import Forwarding
import RelayCore
import Rules

/// The way by which `alerts` tell somebody.
protocol AlertChannel {
  /// Tells it, and waits until that is done or has failed, for a bounded time; ends early where it is not wanted any more.
  /// nil where it is told, else the reason, without a secret.
  func tell(_ event: [UInt8], isWanted: () -> Bool) -> String?
}

/// `"url"`: posted, through the same curl and guard as deliveries.
struct AlertPosting: AlertChannel {
  let post: AlertSettings.Post
  let timeout: Int64

  func tell(_ event: [UInt8], isWanted: () -> Bool) -> String? {
    SideCall.post(event, to: post, timeout: timeout, userAgent: Program.userAgent, isWanted: isWanted)
  }
}

extension AlertSettings {
  /// nil where the log alone tells. `environment`: of this process.
  func channel(_ environment: [String: String]) -> (any AlertChannel)? {
    switch channel {
    case nil: nil
    case .post(let post): AlertPosting(post: post, timeout: timeout)
    case .run(let command, let variables):
      AlertProgram(
        command: command, environment: AlertProgram.environment(from: environment, adding: variables), timeout: timeout)
    }
  }
}
