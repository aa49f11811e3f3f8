/// TeleCMI's other documented objects (doc.telecmi.com/chub-india, /chub live events, /piopiy, /piopiy-india; the webhooks
/// of 2019 from github.com/murugancmi/telecmi-webhooks).
extension Documented {
  static let indiaIncomingAnswered = #"""
    {"appid":1111113,"type":"cdr","direction":"inbound","cmiuuid":"dbff2a12-5ea0-4303-908d-72a2e216e74a",
     "user":"103_1111113","status":"answered","to":9100000000,"from":9200000000,"time":1570114729565,"answeredsec":117,
     "team":"Support_1111113","record":"true","filename":"15700950846189478332012_1111113.mp3"}
    """#

  static let indiaIncomingMissed = #"""
    {"appid":1111113,"type":"cdr","direction":"inbound","cmiuuid":"5f0fc753-064f-4c58-82d3-ce62f294fad3",
     "status":"missed","from":9110000000,"time":1570114018000,"waitedsec":119,"team":"Support_1111113",
     "voicemail":"true","voicename":"157009452516312171051293_919677551xxx.mp3"}
    """#

  static let indiaOutgoingAnswered = #"""
    {"type":"cdr","appid":1111113,"to":9100000000,"cmiuuid":"aeb11aa1-4c19-44a6-bb0e-3348007b757a","status":"answered",
     "user":"103_1111113","time":1570184113597,"direction":"outbound","answeredsec":9,"click_to_call":"true",
     "record":"true","filename":"15701841135970_1111113.mp3"}
    """#

  static let indiaOutgoingMissed = #"""
    {"type":"cdr","appid":1111113,"to":9100000000,"cmiuuid":"deb11aa1-4c19-44a6-bb0e-3348007b757a","status":"missed",
     "user":"103_1111113","time":1570184113597,"direction":"outbound","click_to_call":true}
    """#

  static let webhook2019OutgoingMissed = #"""
    {"cmiuid":"deb11aa1-4c19-44a6-bb0e-3348007b757a","direction":"outbound","from":"4471000000","to":9100000000,
     "status":"missed","user":"103_1111113","time":"1570184113597","waitedsec":"12"}
    """#

  static let liveIncomingWaiting = #"""
    {"type":"event","direction":"inbound","conversation_uuid":"5202a928-07c3-4d32-a1a4-d304c9275971",
     "cmiuuid":"5202a928-07c3-4d32-a1a4-d304c9275971","from":"440000000000","app_id":2222223,"time":1634724624830,
     "to":"440000000001","custom":"{\"crm\": \"true\"}","status":"waiting"}
    """#

  static let liveIncomingAnswered = #"""
    {"type":"event","direction":"inbound","conversation_uuid":"5202a928-07c3-4d32-a1a4-d304c9275971",
     "cmiuuid":"5202a928-07c3-4d32-a1a4-d304c9275971","from":"440000000000","app_id":2222223,"time":1634724624830,
     "to":"440000000001","custom":"{\"crm\": \"true\"}","status":"answered"}
    """#

  static let liveAgentAnswered = #"""
    {"leg":"b","type":"event","team":"Sales_2222223","user":"204_2222223",
     "conversation_uuid":"5202a928-07c3-4d32-a1a4-d304c9275971","cmiuuid":"f4c65be7-4b4d-4d38-8aa9-4392fab50bd8",
     "direction":"outbound","from":"440000000000","app_id":2222223,"time":1634724629956,
     "custom":"{\"crm\": \"true\"}","status":"answered"}
    """#

  static let liveOutgoingHangup = #"""
    {"call_id":"e51d5392-d9cf-123b-fe91-3cecefb9bfb6","leg":"b","type":"event","user":"202_2222223",
     "cmiuuid":"ccd826f9-67a4-4467-acfb-a53093ff5c9d","direction":"outbound","callerid":"442000000000","app_id":2223343,
     "time":1650635340436,"custom":"{\"crm\":\"true\"}","extra_params":"{\"click2call\":\"true\"}",
     "request_id":"bvS68LlqtFunYMQO0db6g9klSdfS0UHHDoK9S9Qvaed","status":"hangup","to":"442000000001",
     "conversation_uuid":"ccd826f9-67a4-4467-acfb-a53093ff5c9d"}
    """#

  /// Not JSON: the document prints a number that begins with zero.
  static let indiaLiveOutgoingStarted = #"""
    {"leg":"a","type":"event","user":"103_1111113","cmiuuid":"0f8fad5b-d9cb-469f-a165-70867728950e",
     "direction":"outbound","callerid":04471000000,"app_id":1111113,"time":1571122016617,"to":9100000000,
     "click_to_call":"true","status":"started"}
    """#

  static let piopiyInboundMissed = #"""
    {"to":440000000000,"appid":2222222,"time":1632317071000,"start_time":1632317068,"end_time":1632317073,
     "from":440000000001,"direction":"inbound","duration":0,"extra_params":"{key: value}",
     "cmiuuid":"33079756-faed-4a29-8b36-c8ead67e047c","call_rate":0,"balance":"899.000000",
     "conversation_uuid":"33079756-faed-4a29-8b36-c8ead67e047c","answer_time":1632318515,"leg":"a","status":"missed"}
    """#

  static let piopiyInboundMissedLegB = #"""
    {"to":440000000009,"appid":2222222,"time":1632317071000,"start_time":1632317068,"end_time":1632317073,
     "from":440000000001,"direction":"outbound","duration":0,"extra_params":"{\"key\":\"value\"}",
     "cmiuuid":"33079756-faed-4a29-8b36-c8ead67e047c","call_rate":0,"balance":"899.000000",
     "conversation_uuid":"33079756-faed-4a29-8b36-c8ead67e047c","answer_time":1632318515,"leg":"b","status":"missed"}
    """#

  static let piopiyOutboundMissed = #"""
    {"to":440000000000,"appid":2222222,"time":1632307235000,"start_time":1632307238,"end_time":1632307265,
     "from":19170000000,"direction":"outbound","duration":0,"extra_params":"{\"key\":\"value\"}",
     "cmiuuid":"1edceb4c-4e2c-402d-81b4-1c2f6fca442d","call_rate":0,"balance":"76.349024",
     "conversation_uuid":"S9U4Mo29GHBfCJ2uHczcY75QQDri7HcAxXYZuktJLxf",
     "request_id":"S9U4Mo29GHBfCJ2uHczcY75QQDri7HcAxXYZuktJLxf","callerid":19170000000,"status":"missed","leg":"a"}
    """#

  static let piopiyIndiaInboundHangup = #"""
    {"to":4471000000,"appid":2222222,"time":1637123450000,"from":9100000000,"direction":"inbound","duration":0,
     "cmiuuid":"301a0dce-9674-43e7-9750-7824d4629fd2","conversation_uuid":"301a0dce-9674-43e7-9750-7824d4629fd2",
     "leg":"a","status":"missed","type":"cdr"}
    """#

  static let piopiyStreamDisconnected = #"""
    {"appid":2222224,"direction":"inbound","from":440000000001,"leg":"a","status":"STREAM_DISCONNECTED",
     "time":1725942893683,"cmiuuid":"ade4153c-d8bd-4a62-bd6d-30774e0aa30a","ws_status":"{\"code\":200}"}
    """#

  static let dialects: [(name: String, text: String)] = [
    ("chub-india/incoming-answered", indiaIncomingAnswered), ("chub-india/incoming-missed", indiaIncomingMissed),
    ("chub-india/outgoing-answered", indiaOutgoingAnswered), ("chub-india/outgoing-missed", indiaOutgoingMissed),
    ("2019/outgoing-missed", webhook2019OutgoingMissed), ("chub/live-incoming-waiting", liveIncomingWaiting),
    ("chub/live-incoming-answered", liveIncomingAnswered), ("chub/live-outgoing-answered", liveAgentAnswered),
    ("chub/live-outgoing-out-hangup", liveOutgoingHangup),
    ("chub-india/live-outgoing-out-started", indiaLiveOutgoingStarted),
    ("piopiy/inbound-webhooks-missed", piopiyInboundMissed), ("piopiy/… leg b", piopiyInboundMissedLegB),
    ("piopiy/outbound-webhooks-missed", piopiyOutboundMissed),
    ("piopiy-india/inbound-webhooks-hangup", piopiyIndiaInboundHangup),
    ("piopiy/live-stream-disconnected", piopiyStreamDisconnected),
  ]
}
