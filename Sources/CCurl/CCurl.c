#include "CCurl.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

// MARK: - What comes back

// Adds bytes, as many as fit below the limit, and as memory allows. They grow as they are needed: most answers are short.
static void keep(cdrelay_kept *kept, const char *bytes, size_t count) {
  size_t room = kept->limit - kept->count;
  if (count > room) count = room;
  if (kept->count + count > kept->capacity) {
    size_t capacity = kept->capacity < 4096 ? 4096 : kept->capacity;
    while (capacity < kept->count + count) capacity *= 2;
    char *grown = realloc(kept->bytes, capacity);
    if (grown == NULL) return;
    kept->bytes = grown;
    kept->capacity = capacity;
  }
  if (count > 0) memcpy(kept->bytes + kept->count, bytes, count);
  kept->count += count;
}

static void forget(cdrelay_kept *kept) {
  kept->count = 0;
  if (kept->capacity <= cdrelay_held_on) return;
  free(kept->bytes);
  kept->bytes = NULL;
  kept->capacity = 0;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *context) {
  cdrelay_exchange *exchange = context;
  size_t total = size * count;
  if (exchange->taker != NULL) {
    int outcome = total == 0 ? cdrelay_piece_taken : exchange->taker(exchange->taker_context, bytes, total);
    if (outcome == cdrelay_piece_taken) return total;
    return outcome == cdrelay_piece_later ? cdrelay_write_pause : 0;
  }
  keep(&exchange->body, bytes, total);
  exchange->body_read += total;
  if (exchange->body_read > cdrelay_read_limit) {
    exchange->was_cut = true;
    return 0;  // Fewer bytes than given: libcurl ends the transfer with write_error.
  }
  return total;
}

static size_t take_head(char *bytes, size_t size, size_t count, void *context) {
  cdrelay_exchange *exchange = context;
  size_t total = size * count;
  if (total >= 5 && memcmp(bytes, "HTTP/", 5) == 0) {
    exchange->head.count = 0;
    exchange->head_ended = false;
  }
  // libcurl takes an answer for whole that ends before this line (RFC 9112 §8).
  if ((total == 2 && memcmp(bytes, "\r\n", 2) == 0) || (total == 1 && *bytes == '\n')) exchange->head_ended = true;
  // A line that does not fit as a whole is left out.
  if (total <= exchange->head.limit - exchange->head.count) keep(&exchange->head, bytes, total);
  return total;
}

// MARK: - Which addresses may be connected to

static bool may_use(cdrelay_exchange *exchange, int family, const void *address) {
  if (exchange->check == NULL) return true;
  int count = family == AF_INET ? 4 : family == AF_INET6 ? 16 : 0;
  if (count > 0 && exchange->check(address, count)) return true;
  exchange->was_refused = true;
  if (count == 0 || inet_ntop(family, address, exchange->refused_address, sizeof exchange->refused_address) == NULL)
    strcpy(exchange->refused_address, "unknown");
  return false;
}

// A new connection. CURLOPT_OPENSOCKETFUNCTION
static int open_socket(void *context, int purpose, cdrelay_curl_address *to) {
  (void)purpose;
  const void *address = to->family == AF_INET    ? (const void *)&((struct sockaddr_in *)to->address)->sin_addr
                        : to->family == AF_INET6 ? (const void *)&((struct sockaddr_in6 *)to->address)->sin6_addr
                                                 : NULL;
  if (!may_use(context, to->family, address)) return cdrelay_socket_bad;
  return socket(to->family, to->type | SOCK_CLOEXEC, to->protocol);
}

// Before every request, also on a connection that another destination opened. CURLOPT_PREREQFUNCTION
static int before_request(void *context, char *remote, char *local, int remote_port, int local_port) {
  (void)local, (void)remote_port, (void)local_port;
  unsigned char address[16];
  int family = inet_pton(AF_INET, remote, address) == 1 ? AF_INET : inet_pton(AF_INET6, remote, address) == 1 ? AF_INET6 : 0;
  return may_use(context, family, address) ? cdrelay_prereq_ok : cdrelay_prereq_abort;
}

// MARK: - Making

static int set_what_never_changes(cdrelay_exchange *exchange) {
  void *easy = exchange->easy;
  int code = 0;
  // The sum is zero only if every code is: none is negative.
  code += curl_easy_setopt(easy, cdrelay_opt_private, exchange);
  code += curl_easy_setopt(easy, cdrelay_opt_errorbuffer, exchange->error);
  code += curl_easy_setopt(easy, cdrelay_opt_nosignal, 1L);
  code += curl_easy_setopt(easy, cdrelay_opt_followlocation, 0L);
  code += curl_easy_setopt(easy, cdrelay_opt_http_version, (long)cdrelay_http_version_1_1);
  code += curl_easy_setopt(easy, cdrelay_opt_ssl_verifypeer, 1L);
  code += curl_easy_setopt(easy, cdrelay_opt_ssl_verifyhost, 2L);
  // Unset, libcurl obeys http_proxy and no_proxy of the environment.
  code += curl_easy_setopt(easy, cdrelay_opt_proxy, "");
  code += curl_easy_setopt(easy, cdrelay_opt_noproxy, "");
  code += curl_easy_setopt(easy, cdrelay_opt_writefunction, take_body);
  code += curl_easy_setopt(easy, cdrelay_opt_writedata, exchange);
  code += curl_easy_setopt(easy, cdrelay_opt_headerfunction, take_head);
  code += curl_easy_setopt(easy, cdrelay_opt_headerdata, exchange);
  int protocols = curl_easy_setopt(easy, cdrelay_opt_protocols_str, "http,https");
  if (protocols == cdrelay_code_unknown_option)
    protocols = curl_easy_setopt(easy, cdrelay_opt_protocols, (long)cdrelay_protocols_http_https);
  code += protocols;
  // Without it a name server that does not answer blocks the thread beyond the timeout, until the lookup gives up.
  int quick = curl_easy_setopt(easy, cdrelay_opt_quick_exit, 1L);
  if (quick != cdrelay_code_unknown_option) code += quick;
  return code;
}

cdrelay_exchange *cdrelay_exchange_make(size_t kept_body) {
  cdrelay_exchange *exchange = calloc(1, sizeof *exchange);
  if (exchange == NULL) return NULL;
  exchange->head.limit = cdrelay_kept_head;
  exchange->body.limit = kept_body;
  exchange->easy = curl_easy_init();
  if (exchange->easy == NULL || set_what_never_changes(exchange) != 0) {
    cdrelay_exchange_free(exchange);
    return NULL;
  }
  return exchange;
}

void cdrelay_exchange_free(cdrelay_exchange *exchange) {
  if (exchange->easy != NULL) curl_easy_cleanup(exchange->easy);
  free(exchange->outgoing);
  free(exchange->lines);
  free(exchange->head.bytes);
  free(exchange->body.bytes);
  free(exchange);
}

int cdrelay_exchange_secure(cdrelay_exchange *exchange, const char *ca_file, const char *certificate_file,
                            const char *key_file, const char *key_password, bool verifies) {
  void *easy = exchange->easy;
  int code = 0;
  if (ca_file != NULL) {
    code += curl_easy_setopt(easy, cdrelay_opt_cainfo, ca_file);
    // libcurl would look into the system's folder of CAs too.
    code += curl_easy_setopt(easy, cdrelay_opt_capath, NULL);
  }
  if (certificate_file != NULL) {
    code += curl_easy_setopt(easy, cdrelay_opt_sslcert, certificate_file);
    code += curl_easy_setopt(easy, cdrelay_opt_sslkey, key_file);
    // Without any password OpenSSL would ask for that of an encrypted key on the terminal, and wait.
    code += curl_easy_setopt(easy, cdrelay_opt_keypasswd, key_password == NULL ? "" : key_password);
  }
  code += curl_easy_setopt(easy, cdrelay_opt_ssl_verifypeer, verifies ? 1L : 0L);
  code += curl_easy_setopt(easy, cdrelay_opt_ssl_verifyhost, verifies ? 2L : 0L);
  return code;
}

int cdrelay_exchange_go_through(cdrelay_exchange *exchange, const char *proxy, const char *user, const char *password,
                                bool keeps_connection) {
  int code = 0;
  code += curl_easy_setopt(exchange->easy, cdrelay_opt_proxy, proxy);
  code += curl_easy_setopt(exchange->easy, cdrelay_opt_proxyusername, user);
  code += curl_easy_setopt(exchange->easy, cdrelay_opt_proxypassword, password);
  code += curl_easy_setopt(exchange->easy, cdrelay_opt_forbid_reuse, keeps_connection ? 0L : 1L);
  return code;
}

// MARK: - Bodies in pieces

int cdrelay_exchange_stream(cdrelay_exchange *exchange, cdrelay_piece_taker taker, void *context, long silent_seconds) {
  exchange->taker = taker;
  exchange->taker_context = context;
  int code = 0;
  code += curl_easy_setopt(exchange->easy, cdrelay_opt_low_speed_limit, 1L);
  code += curl_easy_setopt(exchange->easy, cdrelay_opt_low_speed_time, silent_seconds);
  return code;
}

int cdrelay_exchange_go_on(cdrelay_exchange *exchange) {
  return curl_easy_pause(exchange->easy, cdrelay_pause_nothing);
}

// MARK: - Before each exchange

int cdrelay_exchange_aim(cdrelay_exchange *exchange, const char *url, const char *method, long connect_timeout_ms,
                         long timeout_ms, cdrelay_address_check check) {
  void *easy = exchange->easy;
  exchange->check = check;
  int code = 0;
  code += curl_easy_setopt(easy, cdrelay_opt_url, url);
  exchange->has_body = strcmp(method, "GET") != 0;
  code += curl_easy_setopt(easy, exchange->has_body ? cdrelay_opt_post : cdrelay_opt_httpget, 1L);
  code += curl_easy_setopt(easy, cdrelay_opt_customrequest, method);
  code += curl_easy_setopt(easy, cdrelay_opt_connecttimeout_ms, connect_timeout_ms);
  code += curl_easy_setopt(easy, cdrelay_opt_timeout_ms, timeout_ms);
  code += curl_easy_setopt(easy, cdrelay_opt_opensocketfunction, check == NULL ? NULL : open_socket);
  code += curl_easy_setopt(easy, cdrelay_opt_opensocketdata, exchange);
  int prereq = curl_easy_setopt(easy, cdrelay_opt_prereqfunction, check == NULL ? NULL : before_request);
  if (prereq == cdrelay_code_unknown_option) {
    // A kept connection can't be checked, so none is used.
    code += curl_easy_setopt(easy, cdrelay_opt_fresh_connect, check == NULL ? 0L : 1L);
  } else {
    code += prereq + curl_easy_setopt(easy, cdrelay_opt_prereqdata, exchange);
  }
  return code;
}

// Grows the two buffers; false where memory is short.
static bool make_room(cdrelay_exchange *exchange, size_t bytes, size_t lines) {
  if (bytes > exchange->outgoing_capacity || exchange->outgoing == NULL) {
    size_t capacity = (bytes / 4096 + 1) * 4096;
    char *outgoing = realloc(exchange->outgoing, capacity);
    if (outgoing == NULL) return false;
    exchange->outgoing = outgoing;
    exchange->outgoing_capacity = capacity;
  }
  if (lines > exchange->lines_capacity) {
    size_t capacity = (lines / 16 + 1) * 16;
    cdrelay_curl_line *grown = realloc(exchange->lines, capacity * sizeof *grown);
    if (grown == NULL) return false;
    exchange->lines = grown;
    exchange->lines_capacity = capacity;
  }
  return true;
}

int cdrelay_exchange_load(cdrelay_exchange *exchange, const unsigned char *body, size_t body_count,
                          const unsigned char *lines, size_t lines_count) {
  size_t line_total = 0;
  for (size_t i = 0; i < lines_count; i++) line_total += lines[i] == 0;
  if (!make_room(exchange, body_count + lines_count, line_total)) return cdrelay_code_out_of_memory;
  if (body_count > 0) memcpy(exchange->outgoing, body, body_count);
  char *text = exchange->outgoing + body_count;
  if (lines_count > 0) memcpy(text, lines, lines_count);
  for (size_t i = 0; i < line_total; i++) {
    exchange->lines[i].text = text;
    exchange->lines[i].next = i + 1 < line_total ? &exchange->lines[i + 1] : NULL;
    text += strlen(text) + 1;
  }
  cdrelay_exchange_forget(exchange);
  exchange->was_cut = exchange->was_refused = exchange->head_ended = false;
  exchange->error[0] = 0;
  int code = 0;
  if (exchange->has_body) {
    // The size goes first: without it libcurl takes the length of the text up to its first zero byte.
    code += curl_easy_setopt(exchange->easy, cdrelay_opt_postfieldsize_large, (int64_t)body_count);
    code += curl_easy_setopt(exchange->easy, cdrelay_opt_postfields, exchange->outgoing);
  }
  code += curl_easy_setopt(exchange->easy, cdrelay_opt_httpheader, line_total > 0 ? exchange->lines : NULL);
  return code;
}

// MARK: - Afterwards

void cdrelay_exchange_forget(cdrelay_exchange *exchange) {
  forget(&exchange->head);
  forget(&exchange->body);
  exchange->body_read = 0;
}

long cdrelay_exchange_status(const cdrelay_exchange *exchange) {
  long status = 0;
  curl_easy_getinfo(exchange->easy, cdrelay_info_response_code, &status);
  return status;
}

long cdrelay_exchange_proxy_status(const cdrelay_exchange *exchange) {
  long status = 0;
  curl_easy_getinfo(exchange->easy, cdrelay_info_http_connectcode, &status);
  return status;
}

bool cdrelay_exchange_was_sent(const cdrelay_exchange *exchange) {
  long bytes = 0;
  curl_easy_getinfo(exchange->easy, cdrelay_info_request_size, &bytes);
  return bytes > 0;
}

long cdrelay_exchange_system_error(const cdrelay_exchange *exchange) {
  long error = 0;
  curl_easy_getinfo(exchange->easy, cdrelay_info_os_errno, &error);
  return error;
}

// MARK: - For a person

static void keep_text(char *field, size_t capacity, const char *text, size_t count) {
  size_t kept = count < capacity - 1 ? count : capacity - 1;
  memcpy(field, text, kept);
  while (kept > 0 && (unsigned char)field[kept - 1] <= ' ') kept--;
  field[kept] = 0;
}

// CURLOPT_DEBUGFUNCTION: libcurl tells the version of TLS nowhere else.
static int take_note(void *easy, int kind, char *text, size_t count, void *context) {
  (void)easy;
  static const char start[] = "SSL connection using ";
  size_t skipped = sizeof start - 1;
  cdrelay_exchange *exchange = context;
  if (kind == cdrelay_note_text && count > skipped && memcmp(text, start, skipped) == 0)
    keep_text(exchange->tls, sizeof exchange->tls, text + skipped, count - skipped);
  return 0;
}

int cdrelay_exchange_watch(cdrelay_exchange *exchange, bool connects_only) {
  void *easy = exchange->easy;
  exchange->tls[0] = 0;
  int code = 0;
  code += curl_easy_setopt(easy, cdrelay_opt_certinfo, 1L);
  code += curl_easy_setopt(easy, cdrelay_opt_debugfunction, take_note);
  code += curl_easy_setopt(easy, cdrelay_opt_debugdata, exchange);
  code += curl_easy_setopt(easy, cdrelay_opt_verbose, 1L);
  code += curl_easy_setopt(easy, cdrelay_opt_connect_only, connects_only ? 1L : 0L);
  return code;
}

static void keep_value(char *field, size_t capacity, const char *line, const char *name) {
  size_t skipped = strlen(name);
  if (strncmp(line, name, skipped) == 0) keep_text(field, capacity, line + skipped, strlen(line + skipped));
}

static long elapsed(void *easy, int info) {
  int64_t microseconds = 0;
  curl_easy_getinfo(easy, info, &microseconds);
  return (long)microseconds;
}

void cdrelay_exchange_look(cdrelay_exchange *exchange, cdrelay_sight *sight) {
  void *easy = exchange->easy;
  memset(sight, 0, sizeof *sight);
  char *address = NULL;
  curl_easy_getinfo(easy, cdrelay_info_primary_ip, &address);
  if (address != NULL) keep_text(sight->address, sizeof sight->address, address, strlen(address));
  curl_easy_getinfo(easy, cdrelay_info_primary_port, &sight->port);
  sight->looked_up_us = elapsed(easy, cdrelay_info_namelookup_time);
  sight->connected_us = elapsed(easy, cdrelay_info_connect_time);
  sight->secured_us = elapsed(easy, cdrelay_info_appconnect_time);
  sight->answered_us = elapsed(easy, cdrelay_info_starttransfer_time);
  sight->ended_us = elapsed(easy, cdrelay_info_total_time);
  cdrelay_curl_certificates *certificates = NULL;
  curl_easy_getinfo(easy, cdrelay_info_certinfo, &certificates);
  if (certificates == NULL || certificates->count == 0) return;
  // The server's own comes first.
  for (cdrelay_curl_line *line = certificates->certificates[0]; line != NULL; line = line->next) {
    keep_value(sight->subject, sizeof sight->subject, line->text, "Subject:");
    keep_value(sight->issuer, sizeof sight->issuer, line->text, "Issuer:");
    keep_value(sight->expires, sizeof sight->expires, line->text, "Expire date:");
  }
}

cdrelay_exchange *cdrelay_exchange_of(void *easy) {
  char *exchange = NULL;
  curl_easy_getinfo(easy, cdrelay_info_private, &exchange);
  return (cdrelay_exchange *)exchange;
}
