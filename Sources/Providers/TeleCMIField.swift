/// The fields of TeleCMI's dialects: CHUB, CHUB-India, both editions of PIOPIY and the webhooks of 2019
/// (doc.telecmi.com/chub, /chub-india, /piopiy, /piopiy-india; github.com/murugancmi/telecmi-webhooks).
enum TeleCMIField: Int, FieldName {
  case appid, appID, inetno
  case type, status, direction, leg
  case cmiuuid, cmiuid, conversationUUID, callID, requestID
  case from, to, callerid, virtualNumber, vn
  case user, agent, team
  case time, startTime, answerTime, endTime
  case answeredsec, waitedsec, duration, billedsec
  case hangupReason, filename, voicename
  case custom, extraParams, extraParam
  case callRate, balance, clickToCall, out, apiInit

  static let named: FieldTable<TeleCMIField> = [
    "appid": .appid, "app_id": .appID, "inetno": .inetno,
    "type": .type, "status": .status, "direction": .direction, "leg": .leg,
    "cmiuuid": .cmiuuid, "cmiuid": .cmiuid, "conversation_uuid": .conversationUUID, "call_id": .callID,
    "request_id": .requestID,
    "from": .from, "to": .to, "callerid": .callerid, "virtual_number": .virtualNumber, "vn": .vn,
    "user": .user, "agent": .agent, "team": .team,
    "time": .time, "start_time": .startTime, "answer_time": .answerTime, "end_time": .endTime,
    "answeredsec": .answeredsec, "waitedsec": .waitedsec, "duration": .duration, "billedsec": .billedsec,
    "hangup_reason": .hangupReason, "filename": .filename, "voicename": .voicename,
    "custom": .custom, "extra_params": .extraParams, "extra_param": .extraParam,
    "call_rate": .callRate, "balance": .balance, "click_to_call": .clickToCall, "out": .out, "api_init": .apiInit,
  ]
}
