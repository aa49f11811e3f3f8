// SQLite from Debian's libsqlite3-dev, with inline wrappers only for what Swift cannot call (macros and C variadics).
#pragma once
#include <sqlite3.h>
#include "rows.h"

// SQLITE_TRANSIENT is a cast that Swift does not import: SQLite copies the bytes before the call returns.
static inline int cdrelay_bind_blob(sqlite3_stmt *statement, int index, const void *bytes, sqlite3_uint64 count) {
  return sqlite3_bind_blob64(statement, index, bytes, count, SQLITE_TRANSIENT);
}

static inline int cdrelay_bind_text(sqlite3_stmt *statement, int index, const char *text, sqlite3_uint64 count) {
  return sqlite3_bind_text64(statement, index, text, count, SQLITE_TRANSIENT, SQLITE_UTF8);
}

// Extended result codes are computed macros, which Swift does not import.
static const int cdrelay_constraint_primary_key = SQLITE_CONSTRAINT_PRIMARYKEY;
static const int cdrelay_constraint_rowid = SQLITE_CONSTRAINT_ROWID;
// The WAL's index could not grow: no room on the disk.
static const int cdrelay_io_error_shm_size = SQLITE_IOERR_SHMSIZE;

// sqlite3_config is variadic. Without its own statistics SQLite takes no global lock around each allocation
// (sqlite.org/c3ref/c_config_covering_index_scan.html#sqliteconfigmemstatus). Only before the first connection.
static inline int cdrelay_disable_memory_statistics(void) {
  return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}
