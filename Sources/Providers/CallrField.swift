/// The fields of Callr's CDR under all their names: camelCase (v2, docs.callr.com/docs/call-detail-records-cdr), snake_case
/// (Actions before 1 September 2025) and those of the v1 webhooks.
enum CallrField: Int, FieldName {
  case callid, parent
  case direction, status, dialstatus
  case callerNumber, callee
  case calledNumberIn, calledNumberOut, didHash
  case started, answered, ended
  case durationTotal, durationAnswered, durationBilled
  case hangupCause, hangupSource
  case customerField

  static let named: FieldTable<CallrField> = [
    "callid": .callid, "callid_in": .parent,
    "direction": .direction, "status": .status, "dialstatus": .dialstatus,
    "callerNumber": .callerNumber, "caller_number": .callerNumber, "cli_number": .callerNumber,
    "callee": .callee, "did_intl_number": .calledNumberIn, "did_hash": .didHash, "number": .calledNumberOut,
    "started": .started, "start": .started,
    "answered": .answered, "answer": .answered,
    "ended": .ended, "hangup": .ended,
    "durationTotal": .durationTotal, "duration_total": .durationTotal, "duration": .durationTotal,
    "durationAnswered": .durationAnswered, "duration_answered": .durationAnswered,
    "durationBilled": .durationBilled, "duration_billed": .durationBilled,
    "hangupCause": .hangupCause, "hangup_cause": .hangupCause, "hangupcause": .hangupCause,
    "hangupSource": .hangupSource, "hangup_source": .hangupSource, "hangupsource": .hangupSource,
    "customer_field": .customerField,
  ]
}
