// libcurl as cdrelay uses it. Declared here, and linked as the runtime library `libcurl.so.4` that stands on every machine
// with the Swift runtime, because the build needs no curl -dev package. https://curl.se/libcurl/c/libcurl-multi.html
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "CurlNumbers.h"

// MARK: - libcurl itself. Handles are untyped, results are numbers, as the linker sees them.

int curl_global_init(long flags);
char *curl_version(void);
void *curl_easy_init(void);
void curl_easy_cleanup(void *easy);
int curl_easy_setopt(void *easy, int option, ...);
int curl_easy_getinfo(void *easy, int info, ...);
int curl_easy_pause(void *easy, int what);
const char *curl_easy_strerror(int code);
void *curl_multi_init(void);
int curl_multi_cleanup(void *multi);
int curl_multi_setopt(void *multi, int option, ...);
int curl_multi_add_handle(void *multi, void *easy);
int curl_multi_remove_handle(void *multi, void *easy);
int curl_multi_perform(void *multi, int *running);
int curl_multi_poll(void *multi, void *extra, unsigned int extra_count, int timeout_ms, int *ready);
int curl_multi_wakeup(void *multi);
cdrelay_curl_message *curl_multi_info_read(void *multi, int *left);

// MARK: - What Swift cannot call: C variadics

static inline int cdrelay_set_number(void *easy, int option, long value) {
  return curl_easy_setopt(easy, option, value);
}

static inline int cdrelay_set_text(void *easy, int option, const char *value) {
  return curl_easy_setopt(easy, option, value);
}

static inline int cdrelay_set_lines(void *easy, int option, const cdrelay_curl_line *value) {
  return curl_easy_setopt(easy, option, value);
}

static inline int cdrelay_multi_set_number(void *multi, int option, long value) {
  return curl_multi_setopt(multi, option, value);
}

// MARK: - One exchange: an easy handle with what it sends and what it keeps of the answer

enum {
  // Bytes kept of the answer's header: more than anybody sends on purpose. libcurl itself takes 300 KiB.
  cdrelay_kept_head = 64 << 10,
  // Bytes read of an answer's body before the transfer is cut: its status is what counts.
  cdrelay_read_limit = 1 << 20,
  // Bytes of memory that an exchange holds on to for the next answer, for its header and its body each.
  cdrelay_held_on = 16 << 10,
};

// Says whether a connection to this address (4 or 16 bytes, network order) may be used.
typedef bool (*cdrelay_address_check)(const unsigned char *address, int count);

// What becomes of a piece of a body that is handed over.
enum {
  cdrelay_piece_taken = 0,
  // It is kept by libcurl, and nothing more is read, until cdrelay_exchange_go_on.
  cdrelay_piece_later = 1,
  // The transfer ends with write_error.
  cdrelay_piece_unwanted = 2,
};

// Takes a piece of an answer's body, on the thread of the transfer.
typedef int (*cdrelay_piece_taker)(void *context, const char *bytes, size_t count);

// The first bytes of something.
typedef struct {
  char *bytes;
  size_t count;
  size_t capacity;
  // No more than these are kept.
  size_t limit;
} cdrelay_kept;

typedef struct {
  void *easy;
  // For the owner; not touched here.
  long tag;

  // False for GET.
  bool has_body;
  // What goes out lives here, since libcurl copies neither body nor header lines.
  char *outgoing;
  size_t outgoing_capacity;
  cdrelay_curl_line *lines;
  size_t lines_capacity;

  // What came back: the header lines of the last answer (interim ones are dropped), the first bytes of its body.
  cdrelay_kept head;
  cdrelay_kept body;
  size_t body_read;
  bool was_cut;
  // The empty line behind the last answer's header came.
  bool head_ended;
  char error[256];
  // What libcurl said of TLS; only of one that is watched.
  char tls[96];

  // NULL: the body's first bytes are kept.
  cdrelay_piece_taker taker;
  void *taker_context;

  // NULL: every address may be used.
  cdrelay_address_check check;
  bool was_refused;
  char refused_address[64];
} cdrelay_exchange;

// Makes the handle and sets all that never changes: no signals, no redirects, no proxy of the environment, HTTP/1.1 over
// http and https only, TLS verified. NULL where memory is short or libcurl refuses one of them.
// kept_body: bytes kept of an answer's body.
cdrelay_exchange *cdrelay_exchange_make(size_t kept_body);

void cdrelay_exchange_free(cdrelay_exchange *exchange);

// How servers prove themselves, and the handle itself. Files hold PEM; NULL is libcurl's default. ca_file takes the place of
// the system's CAs. Kept by the handle. A libcurl code.
int cdrelay_exchange_secure(cdrelay_exchange *exchange, const char *ca_file, const char *certificate_file,
                            const char *key_file, const char *key_password, bool verifies);

// The proxy that every request goes through: http://host:port. Without keeps_connection every request has a connection of its
// own. Kept by the handle. A libcurl code.
int cdrelay_exchange_go_through(cdrelay_exchange *exchange, const char *proxy, const char *user, const char *password,
                                bool keeps_connection);

// Where and how this exchange goes. Kept by the handle until it is said anew. A libcurl code.
int cdrelay_exchange_aim(cdrelay_exchange *exchange, const char *url, const char *method, long connect_timeout_ms,
                         long timeout_ms, cdrelay_address_check check);

// From now on bodies of any length are handed over in pieces, and none is kept. A transfer that is not paused and gets nothing
// for silent_seconds ends as timed out. A libcurl code.
int cdrelay_exchange_stream(cdrelay_exchange *exchange, cdrelay_piece_taker taker, void *context, long silent_seconds);

// Reads on where a piece was to be taken later. May hand it over before it returns. A libcurl code.
int cdrelay_exchange_go_on(cdrelay_exchange *exchange);

// Copies the body and the header lines (each ended by a zero byte) and forgets the last answer. A libcurl code.
int cdrelay_exchange_load(cdrelay_exchange *exchange, const unsigned char *body, size_t body_count,
                          const unsigned char *lines, size_t lines_count);

// Forgets the last answer's header and body, and gives back the memory of long ones.
void cdrelay_exchange_forget(cdrelay_exchange *exchange);

// The HTTP status of the last answer, 0 without one.
long cdrelay_exchange_status(const cdrelay_exchange *exchange);

// The status with which a proxy answered CONNECT, 0 where none was asked to.
long cdrelay_exchange_proxy_status(const cdrelay_exchange *exchange);

// Whether the request had been sent when the transfer ended.
bool cdrelay_exchange_was_sent(const cdrelay_exchange *exchange);

// The errno of the last failed connection, 0 for none.
long cdrelay_exchange_system_error(const cdrelay_exchange *exchange);

// From now on what a person may look at is kept: TLS and the server's certificate. connects_only: sends nothing, ends once the
// connection stands. A libcurl code.
int cdrelay_exchange_watch(cdrelay_exchange *exchange, bool connects_only);

// What an exchange that was watched came upon. Texts are empty where there is nothing, times are from its beginning, 0 for
// what never came to be.
typedef struct {
  char address[64];
  long port;
  char subject[256];
  char issuer[256];
  char expires[64];
  long looked_up_us;
  long connected_us;
  long secured_us;
  long answered_us;
  long ended_us;
} cdrelay_sight;

void cdrelay_exchange_look(cdrelay_exchange *exchange, cdrelay_sight *sight);

// The exchange that a libcurl handle belongs to.
cdrelay_exchange *cdrelay_exchange_of(void *easy);
