/// The files of samples/telecmi, byte for byte but for the last line end.
extension Documented {
  static let incomingAnswered = #"""
    {
      "virtual_number": 440000000000,
      "custom": "{\"key\":\"value\"}",
      "appid": 2222223,
      "type": "cdr",
      "direction": "inbound",
      "cmiuuid": "16132200-57fa-47b5-888d-4ab5b7e631ee",
      "user": "204_2222223",
      "status": "answered",
      "to": 440000000001,
      "from": 440000000002,
      "time": 1634720920615,
      "answeredsec": 11,
      "team": "Sales_2222223",
      "hangup_reason": "recv_bye",
      "record": true,
      "filename": "1634720915260737218351_2222223.mp3",
      "conversation_uuid": "16132200-57fa-47b5-888d-4ab5b7e631ee",
      "ivr_name": "salesivr"
    }
    """#

  static let incomingMissedVoicemail = #"""
    {
      "virtual_number": 440000000000,
      "custom": "{\"crm\":\"true\"}",
      "appid": 2222223,
      "type": "cdr",
      "direction": "inbound",
      "cmiuuid": "4d1f9521-50e5-447d-bf5f-c3292995a727",
      "status": "missed",
      "from": 440000000001,
      "time": 1634721099442,
      "waitedsec": 127,
      "hangup_reason": "recv_bye",
      "voicemail": true,
      "voicename": "1634721220656289350027_2222223.mp3",
      "conversation_uuid": "4d1f9521-50e5-447d-bf5f-c3292995a727",
      "team": "Sales_2222223",
      "ivr_name": "salesivr"
    }
    """#

  static let incomingUserMissedLegB = #"""
    {
      "custom": "{\"crm\":\"true\"}",
      "appid": 2222223,
      "type": "cdr",
      "direction": "inbound",
      "leg": "b",
      "cmiuuid": "e3e26d27-7b42-4679-a8a0-96b7d5e21dc7",
      "user": "302_2223343",
      "status": "missed",
      "to": 919999999999,
      "from": 440000000000,
      "time": 1650625417426,
      "team": "support_2223343",
      "hangup_reason": "recv_cancel"
    }
    """#

  static let outgoingAnsweredLegA = #"""
    {
      "virtual_number": "440000000000",
      "call_id": "c4504776-d91e-123b-29a7-56000429abc3",
      "custom": "{\"crm\":\"true\"}",
      "leg": "a",
      "type": "cdr",
      "appid": 2222223,
      "to": 442000000000,
      "cmiuuid": "10ee0eb6-c417-4f5a-b122-bffe28f96eae",
      "status": "answered",
      "user": "202_2222223",
      "time": 1650630551178,
      "direction": "outbound",
      "answeredsec": 15,
      "hangup_reason": "recv_bye",
      "request_id": "c0Sq3mbykoHgVgLfyWTr6cV6HB5Z0Fk4AXpZFkOClSr",
      "extra_params": "{\"click2call\":\"true\"}"
    }
    """#

  static let outgoingAnsweredLegB = #"""
    {
      "virtual_number": "440000000000",
      "call_id": "c4504776-d91e-123b-29a7-56000429abc3",
      "custom": "{\"crm\":\"true\"}",
      "leg": "b",
      "type": "cdr",
      "appid": 2222223,
      "to": 442000000001,
      "cmiuuid": "0da4f02e-6ece-42e4-989b-1e6766b5a81e",
      "status": "answered",
      "user": "202_2222223",
      "time": 1650630551178,
      "direction": "outbound",
      "answeredsec": 6,
      "hangup_reason": "sent_bye",
      "request_id": "c0Sq3mbykoHgVgLfyWTr6cV6HB5Z0Fk4AXpZFkOClSr",
      "extra_params": "{\"click2call\":\"true\"}",
      "record": true,
      "filename": "16506305548176941220057791_2222223.mp3"
    }
    """#

  static let outgoingMissedLegA = #"""
    {
      "virtual_number": "440000000000",
      "call_id": "c4504776-d91e-123b-29a7-56000429abc3",
      "custom": "{\"crm\":\"true\"}",
      "leg": "a",
      "type": "cdr",
      "appid": 2222223,
      "to": 442000000000,
      "cmiuuid": "15b58236-734f-4000-a5e8-78284068f5c7",
      "status": "missed",
      "user": "202_2222223",
      "time": 1650628175336,
      "direction": "outbound",
      "hangup_reason": "recv_cancel",
      "request_id": "D8qpRb27mpXEYgEdAMY6arnQ2ONAB04Y86QrfKbOWZQ",
      "extra_params": "{\"click2call\":\"true\"}"
    }
    """#

  static let piopiyInboundAnswered = #"""
    {
      "to": 440000000000,
      "appid": 2222222,
      "time": 1632318511000,
      "start_time": 1632318510,
      "end_time": 1632318528,
      "from": 440000000001,
      "direction": "inbound",
      "duration": 13,
      "extra_params": "{ 'Name': 'Akil', 'ID':8915726 }",
      "cmiuuid": "55348d77-c515-425d-b22c-f0c6ecd8d780",
      "call_rate": "0.450000",
      "balance": "878.900000",
      "conversation_uuid": "c62abd10-1bab-11ec-8e24-ddb7c33510ad",
      "answer_time": 1632318515,
      "leg": "a",
      "status": "answered",
      "type": "cdr"
    }
    """#

  static let piopiyLiveOutBridged = #"""
    {
      "appid": 2222224,
      "callerid": 440000000000,
      "conversation_uuid": "GQqYoKtV3Tn25SVqbWwdzPkNwMBo9hhLwWadm9N71N5",
      "direction": "outbound",
      "extra_params": "{\"key\":\"value\"}",
      "from": 440000000000,
      "leg": "b",
      "request_id": "GQqYoKtV3Tn25SVqbWwdzPkNwMBo9hhLwWadm9N71N5",
      "status": "out_bridged",
      "time": 1725942893683,
      "to": 19170000001,
      "cmiuuid": "ade4153c-d8bd-4a62-bd6d-30774e0aa30a",
      "vn": 440000000000
    }
    """#
}
