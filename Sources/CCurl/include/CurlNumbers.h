// The numbers and layouts of libcurl's interface that cdrelay uses, under names of our own, so that `CurlNumbersCheck.c` can
// compare them with the real header where one is installed. Source: curl.h and multi.h; libcurl never changes a number that
// it has published (https://curl.se/libcurl/c/libcurl.html, "ABI").
#pragma once

enum {
  cdrelay_opt_writedata = 10001,
  cdrelay_opt_url = 10002,
  cdrelay_opt_proxy = 10004,
  cdrelay_opt_errorbuffer = 10010,
  cdrelay_opt_writefunction = 20011,
  cdrelay_opt_postfields = 10015,
  cdrelay_opt_low_speed_limit = 19,
  cdrelay_opt_low_speed_time = 20,
  cdrelay_opt_httpheader = 10023,
  cdrelay_opt_sslcert = 10025,
  cdrelay_opt_keypasswd = 10026,
  cdrelay_opt_headerdata = 10029,
  cdrelay_opt_customrequest = 10036,
  cdrelay_opt_verbose = 41,
  cdrelay_opt_post = 47,
  cdrelay_opt_followlocation = 52,
  cdrelay_opt_ssl_verifypeer = 64,
  cdrelay_opt_cainfo = 10065,
  cdrelay_opt_fresh_connect = 74,
  cdrelay_opt_forbid_reuse = 75,
  cdrelay_opt_headerfunction = 20079,
  cdrelay_opt_httpget = 80,
  cdrelay_opt_ssl_verifyhost = 81,
  cdrelay_opt_http_version = 84,
  cdrelay_opt_sslkey = 10087,
  cdrelay_opt_capath = 10097,
  cdrelay_opt_debugfunction = 20094,
  cdrelay_opt_debugdata = 10095,
  cdrelay_opt_nosignal = 99,
  cdrelay_opt_private = 10103,
  cdrelay_opt_postfieldsize_large = 30120,
  cdrelay_opt_connect_only = 141,
  cdrelay_opt_timeout_ms = 155,
  cdrelay_opt_connecttimeout_ms = 156,
  cdrelay_opt_opensocketfunction = 20163,
  cdrelay_opt_certinfo = 172,
  cdrelay_opt_opensocketdata = 10164,
  cdrelay_opt_proxyusername = 10175,
  cdrelay_opt_proxypassword = 10176,
  cdrelay_opt_noproxy = 10177,
  // For tests: names that resolve to what the test says.
  cdrelay_opt_resolve = 10203,
  // CURLOPT_PROTOCOLS: a bit mask, for libcurl before 7.85.
  cdrelay_opt_protocols = 181,
  // Since 7.80. Older versions answer unknown_option.
  cdrelay_opt_prereqfunction = 20312,
  cdrelay_opt_prereqdata = 10313,
  // Since 7.85.
  cdrelay_opt_protocols_str = 10318,
  // Since 7.87.
  cdrelay_opt_quick_exit = 322,

  cdrelay_multi_opt_maxconnects = 6,

  cdrelay_info_private = 0x100000 + 21,
  cdrelay_info_primary_ip = 0x100000 + 32,
  cdrelay_info_certinfo = 0x400000 + 34,
  // Microseconds, as 64 bits.
  cdrelay_info_total_time = 0x600000 + 50,
  cdrelay_info_namelookup_time = 0x600000 + 51,
  cdrelay_info_connect_time = 0x600000 + 52,
  cdrelay_info_starttransfer_time = 0x600000 + 54,
  cdrelay_info_appconnect_time = 0x600000 + 56,
  cdrelay_info_response_code = 0x200000 + 2,
  cdrelay_info_request_size = 0x200000 + 12,
  cdrelay_info_http_connectcode = 0x200000 + 22,
  cdrelay_info_os_errno = 0x200000 + 25,
  cdrelay_info_primary_port = 0x200000 + 40,

  cdrelay_global_all = 3,
  cdrelay_http_version_1_1 = 2,
  cdrelay_protocols_http_https = 3,
  cdrelay_prereq_ok = 0,
  cdrelay_prereq_abort = 1,
  cdrelay_socket_bad = -1,
  cdrelay_message_done = 1,
  cdrelay_write_pause = 0x10000001,
  cdrelay_pause_nothing = 0,
  cdrelay_note_text = 0,

  cdrelay_code_ok = 0,
  cdrelay_code_unsupported_protocol = 1,
  cdrelay_code_url_malformat = 3,
  cdrelay_code_couldnt_resolve_proxy = 5,
  cdrelay_code_couldnt_resolve_host = 6,
  cdrelay_code_couldnt_connect = 7,
  cdrelay_code_weird_server_reply = 8,
  cdrelay_code_partial_file = 18,
  cdrelay_code_write_error = 23,
  cdrelay_code_out_of_memory = 27,
  cdrelay_code_operation_timedout = 28,
  cdrelay_code_ssl_connect_error = 35,
  cdrelay_code_aborted_by_callback = 42,
  cdrelay_code_unknown_option = 48,
  cdrelay_code_got_nothing = 52,
  cdrelay_code_send_error = 55,
  cdrelay_code_recv_error = 56,
  cdrelay_code_ssl_certproblem = 58,
  cdrelay_code_peer_failed_verification = 60,
  cdrelay_code_ssl_cacert_badfile = 77,
  // Since 8.6.
  cdrelay_code_too_large = 100,
};

// struct CURLMsg
typedef struct {
  int kind;
  void *easy;
  union {
    void *whatever;
    int result;
  } data;
} cdrelay_curl_message;

// struct curl_slist
typedef struct cdrelay_curl_line {
  char *text;
  struct cdrelay_curl_line *next;
} cdrelay_curl_line;

// struct curl_certinfo
typedef struct {
  int count;
  cdrelay_curl_line **certificates;
} cdrelay_curl_certificates;

// struct curl_sockaddr up to its address, which is of `length` bytes.
typedef struct {
  int family;
  int type;
  int protocol;
  unsigned int length;
  char address[];
} cdrelay_curl_address;
