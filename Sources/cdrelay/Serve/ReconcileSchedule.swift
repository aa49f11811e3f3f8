import DurableQueue
import RelayCore
import Rules

/// When a source is compared with its provider again.
enum ReconcileSchedule {
  /// Milliseconds behind the start before the first comparison: the start has more urgent things to do.
  static let afterStart: Int64 = 30_000
  /// Milliseconds behind one that failed, where the usual time is not shorter.
  static let afterFailure: Int64 = 900_000

  /// `kept`: of the source; nil where it was never compared.
  static func next(_ settings: ReconcileSettings, _ kept: KeptReconciliation?, startedAt: Instant) -> Instant {
    let first = startedAt + min(afterStart, settings.every)
    guard let kept else { return first }
    let regular = kept.comparedAt.map { $0 + settings.every }
    let again = kept.failedAt.map { $0 + min(afterFailure, settings.every) }
    // A failure stands behind the comparison that it followed.
    return max(again ?? regular ?? first, first)
  }
}
