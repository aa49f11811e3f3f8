/// Records of the documented shape, as many as a test wants.
enum TeleCMISample {
  /// An outgoing missed CDR (chub/docs/outgoing-missed) with an id of its own.
  static func outgoingMissed(id: String, leg: String = "a", time: Int = 1_650_628_175_336) -> [UInt8] {
    Array(
      #"{"virtual_number":"440000000000","call_id":"c4504776-d91e-123b-29a7-56000429abc3","#.utf8)
      + Array(#""custom":"{\"crm\":\"true\"}","leg":"\#(leg)","type":"cdr","appid":2222223,"to":442000000000,"#.utf8)
      + Array(#""cmiuuid":"\#(id)","status":"missed","user":"202_2222223","time":\#(time),"#.utf8)
      + Array(#""direction":"outbound","hangup_reason":"recv_cancel"}"#.utf8)
  }

  /// The id in such a record's bytes.
  static func id(in body: [UInt8]) -> String? {
    let text = String(decoding: body, as: UTF8.self)
    return text.firstMatch(of: /"cmiuuid":"([^"]+)"/).map { String($0.1) }
  }
}
