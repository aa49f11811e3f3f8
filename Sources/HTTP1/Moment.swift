/// The present, as the pure parts are told it.
struct Moment {
  /// Monotonic: only differences mean anything.
  var milliseconds: Int64
  /// The same, for the `Date` of an answer.
  var date: HTTPDate
}
