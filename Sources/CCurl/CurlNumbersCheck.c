// Compiled to nothing: where a curl -dev package is installed, a number that disagrees with it stops the build.
#if __has_include(<curl/curl.h>)
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#include <curl/curl.h>
#include <stddef.h>

#include "include/CurlNumbers.h"

#define SAME(ours, theirs) _Static_assert((long)(ours) == (long)(theirs), #ours " differs from " #theirs)

SAME(cdrelay_opt_writedata, CURLOPT_WRITEDATA);
SAME(cdrelay_opt_url, CURLOPT_URL);
SAME(cdrelay_opt_proxy, CURLOPT_PROXY);
SAME(cdrelay_opt_errorbuffer, CURLOPT_ERRORBUFFER);
SAME(cdrelay_opt_writefunction, CURLOPT_WRITEFUNCTION);
SAME(cdrelay_opt_postfields, CURLOPT_POSTFIELDS);
SAME(cdrelay_opt_low_speed_limit, CURLOPT_LOW_SPEED_LIMIT);
SAME(cdrelay_opt_low_speed_time, CURLOPT_LOW_SPEED_TIME);
SAME(cdrelay_opt_httpheader, CURLOPT_HTTPHEADER);
SAME(cdrelay_opt_sslcert, CURLOPT_SSLCERT);
SAME(cdrelay_opt_keypasswd, CURLOPT_KEYPASSWD);
SAME(cdrelay_opt_headerdata, CURLOPT_HEADERDATA);
SAME(cdrelay_opt_customrequest, CURLOPT_CUSTOMREQUEST);
SAME(cdrelay_opt_post, CURLOPT_POST);
SAME(cdrelay_opt_followlocation, CURLOPT_FOLLOWLOCATION);
SAME(cdrelay_opt_ssl_verifypeer, CURLOPT_SSL_VERIFYPEER);
SAME(cdrelay_opt_cainfo, CURLOPT_CAINFO);
SAME(cdrelay_opt_fresh_connect, CURLOPT_FRESH_CONNECT);
SAME(cdrelay_opt_forbid_reuse, CURLOPT_FORBID_REUSE);
SAME(cdrelay_opt_headerfunction, CURLOPT_HEADERFUNCTION);
SAME(cdrelay_opt_httpget, CURLOPT_HTTPGET);
SAME(cdrelay_opt_ssl_verifyhost, CURLOPT_SSL_VERIFYHOST);
SAME(cdrelay_opt_http_version, CURLOPT_HTTP_VERSION);
SAME(cdrelay_opt_sslkey, CURLOPT_SSLKEY);
SAME(cdrelay_opt_capath, CURLOPT_CAPATH);
SAME(cdrelay_opt_nosignal, CURLOPT_NOSIGNAL);
SAME(cdrelay_opt_private, CURLOPT_PRIVATE);
SAME(cdrelay_opt_postfieldsize_large, CURLOPT_POSTFIELDSIZE_LARGE);
SAME(cdrelay_opt_certinfo, CURLOPT_CERTINFO);
SAME(cdrelay_opt_connect_only, CURLOPT_CONNECT_ONLY);
SAME(cdrelay_opt_timeout_ms, CURLOPT_TIMEOUT_MS);
SAME(cdrelay_opt_connecttimeout_ms, CURLOPT_CONNECTTIMEOUT_MS);
SAME(cdrelay_opt_opensocketfunction, CURLOPT_OPENSOCKETFUNCTION);
SAME(cdrelay_opt_opensocketdata, CURLOPT_OPENSOCKETDATA);
SAME(cdrelay_opt_proxyusername, CURLOPT_PROXYUSERNAME);
SAME(cdrelay_opt_proxypassword, CURLOPT_PROXYPASSWORD);
SAME(cdrelay_opt_noproxy, CURLOPT_NOPROXY);
SAME(cdrelay_opt_resolve, CURLOPT_RESOLVE);
SAME(cdrelay_opt_protocols, CURLOPT_PROTOCOLS);
#if LIBCURL_VERSION_NUM >= 0x075000
SAME(cdrelay_opt_prereqfunction, CURLOPT_PREREQFUNCTION);
SAME(cdrelay_opt_prereqdata, CURLOPT_PREREQDATA);
SAME(cdrelay_prereq_ok, CURL_PREREQFUNC_OK);
SAME(cdrelay_prereq_abort, CURL_PREREQFUNC_ABORT);
#endif
#if LIBCURL_VERSION_NUM >= 0x075500
SAME(cdrelay_opt_protocols_str, CURLOPT_PROTOCOLS_STR);
#endif
#if LIBCURL_VERSION_NUM >= 0x075700
SAME(cdrelay_opt_quick_exit, CURLOPT_QUICK_EXIT);
#endif

SAME(cdrelay_multi_opt_maxconnects, CURLMOPT_MAXCONNECTS);
SAME(cdrelay_info_primary_ip, CURLINFO_PRIMARY_IP);
SAME(cdrelay_info_certinfo, CURLINFO_CERTINFO);
SAME(cdrelay_info_private, CURLINFO_PRIVATE);
SAME(cdrelay_info_response_code, CURLINFO_RESPONSE_CODE);
SAME(cdrelay_info_request_size, CURLINFO_REQUEST_SIZE);
SAME(cdrelay_info_http_connectcode, CURLINFO_HTTP_CONNECTCODE);
SAME(cdrelay_info_os_errno, CURLINFO_OS_ERRNO);
SAME(cdrelay_info_primary_ip, CURLINFO_PRIMARY_IP);
SAME(cdrelay_info_primary_port, CURLINFO_PRIMARY_PORT);
SAME(cdrelay_info_total_time, CURLINFO_TOTAL_TIME_T);
SAME(cdrelay_info_namelookup_time, CURLINFO_NAMELOOKUP_TIME_T);
SAME(cdrelay_info_connect_time, CURLINFO_CONNECT_TIME_T);
SAME(cdrelay_info_starttransfer_time, CURLINFO_STARTTRANSFER_TIME_T);
SAME(cdrelay_info_appconnect_time, CURLINFO_APPCONNECT_TIME_T);
SAME(cdrelay_opt_verbose, CURLOPT_VERBOSE);
SAME(cdrelay_opt_debugfunction, CURLOPT_DEBUGFUNCTION);
SAME(cdrelay_opt_debugdata, CURLOPT_DEBUGDATA);
SAME(cdrelay_note_text, CURLINFO_TEXT);
SAME(cdrelay_global_all, CURL_GLOBAL_ALL);
SAME(cdrelay_http_version_1_1, CURL_HTTP_VERSION_1_1);
SAME(cdrelay_protocols_http_https, CURLPROTO_HTTP | CURLPROTO_HTTPS);
SAME(cdrelay_socket_bad, CURL_SOCKET_BAD);
SAME(cdrelay_message_done, CURLMSG_DONE);
SAME(cdrelay_write_pause, CURL_WRITEFUNC_PAUSE);
SAME(cdrelay_pause_nothing, CURLPAUSE_CONT);

SAME(cdrelay_code_ok, CURLE_OK);
SAME(cdrelay_code_unsupported_protocol, CURLE_UNSUPPORTED_PROTOCOL);
SAME(cdrelay_code_url_malformat, CURLE_URL_MALFORMAT);
SAME(cdrelay_code_couldnt_resolve_proxy, CURLE_COULDNT_RESOLVE_PROXY);
SAME(cdrelay_code_couldnt_resolve_host, CURLE_COULDNT_RESOLVE_HOST);
SAME(cdrelay_code_couldnt_connect, CURLE_COULDNT_CONNECT);
SAME(cdrelay_code_weird_server_reply, CURLE_WEIRD_SERVER_REPLY);
SAME(cdrelay_code_partial_file, CURLE_PARTIAL_FILE);
SAME(cdrelay_code_write_error, CURLE_WRITE_ERROR);
SAME(cdrelay_code_out_of_memory, CURLE_OUT_OF_MEMORY);
SAME(cdrelay_code_operation_timedout, CURLE_OPERATION_TIMEDOUT);
SAME(cdrelay_code_ssl_connect_error, CURLE_SSL_CONNECT_ERROR);
SAME(cdrelay_code_aborted_by_callback, CURLE_ABORTED_BY_CALLBACK);
SAME(cdrelay_code_unknown_option, CURLE_UNKNOWN_OPTION);
SAME(cdrelay_code_got_nothing, CURLE_GOT_NOTHING);
SAME(cdrelay_code_send_error, CURLE_SEND_ERROR);
SAME(cdrelay_code_recv_error, CURLE_RECV_ERROR);
SAME(cdrelay_code_ssl_certproblem, CURLE_SSL_CERTPROBLEM);
SAME(cdrelay_code_peer_failed_verification, CURLE_PEER_FAILED_VERIFICATION);
SAME(cdrelay_code_ssl_cacert_badfile, CURLE_SSL_CACERT_BADFILE);
#if LIBCURL_VERSION_NUM >= 0x080600
SAME(cdrelay_code_too_large, CURLE_TOO_LARGE);
#endif

SAME(sizeof(cdrelay_curl_message), sizeof(CURLMsg));
SAME(offsetof(cdrelay_curl_message, easy), offsetof(CURLMsg, easy_handle));
SAME(offsetof(cdrelay_curl_message, data), offsetof(CURLMsg, data));
SAME(offsetof(cdrelay_curl_line, text), offsetof(struct curl_slist, data));
SAME(offsetof(cdrelay_curl_line, next), offsetof(struct curl_slist, next));
SAME(offsetof(cdrelay_curl_certificates, count), offsetof(struct curl_certinfo, num_of_certs));
SAME(offsetof(cdrelay_curl_certificates, certificates), offsetof(struct curl_certinfo, certinfo));
SAME(offsetof(cdrelay_curl_address, family), offsetof(struct curl_sockaddr, family));
SAME(offsetof(cdrelay_curl_address, type), offsetof(struct curl_sockaddr, socktype));
SAME(offsetof(cdrelay_curl_address, protocol), offsetof(struct curl_sockaddr, protocol));
SAME(offsetof(cdrelay_curl_address, length), offsetof(struct curl_sockaddr, addrlen));
SAME(offsetof(cdrelay_curl_address, address), offsetof(struct curl_sockaddr, addr));
#endif
