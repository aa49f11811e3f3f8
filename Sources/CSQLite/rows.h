// Rows in memory that SQL reads like a table: an eponymous virtual table (sqlite.org/vtab.html section 1.1). Here since its
// functions are called by SQLite for each value of each row.
#pragma once
#include <sqlite3.h>
#include <stdlib.h>

// A value: `kind` is SQLITE_INTEGER, SQLITE_TEXT, SQLITE_BLOB or SQLITE_NULL. A text or blob is `count` bytes at `number` in
// the bytes of its rows.
typedef struct {
  sqlite3_int64 number;
  int count;
  int kind;
} cdrelay_cell;

// `cells` row by row. Whoever fills it keeps it unchanged while a statement runs that reads it.
typedef struct {
  const cdrelay_cell *cells;
  const char *bytes;
  sqlite3_int64 rows;
  int columns;
  const char *declaration;
} cdrelay_rows;

typedef struct {
  sqlite3_vtab base;
  const cdrelay_rows *rows;
} cdrelay_rows_table;

typedef struct {
  sqlite3_vtab_cursor base;
  const cdrelay_rows *rows;
  sqlite3_int64 row;
} cdrelay_rows_cursor;

static int cdrelay_rows_connect(
  sqlite3 *connection, void *rows, int count, const char *const *arguments, sqlite3_vtab **made, char **message) {
  (void)count, (void)arguments, (void)message;
  int code = sqlite3_declare_vtab(connection, ((const cdrelay_rows *)rows)->declaration);
  if (code != SQLITE_OK) return code;
  cdrelay_rows_table *table = calloc(1, sizeof *table);
  if (!table) return SQLITE_NOMEM;
  table->rows = rows;
  *made = &table->base;
  return SQLITE_OK;
}

static int cdrelay_rows_disconnect(sqlite3_vtab *table) {
  free(table);
  return SQLITE_OK;
}

// Always read from the first row to the last: a few dozen.
static int cdrelay_rows_plan(sqlite3_vtab *table, sqlite3_index_info *plan) {
  (void)table;
  plan->estimatedCost = 32;
  plan->estimatedRows = 32;
  return SQLITE_OK;
}

static int cdrelay_rows_open(sqlite3_vtab *table, sqlite3_vtab_cursor **made) {
  cdrelay_rows_cursor *cursor = calloc(1, sizeof *cursor);
  if (!cursor) return SQLITE_NOMEM;
  cursor->rows = ((cdrelay_rows_table *)table)->rows;
  *made = &cursor->base;
  return SQLITE_OK;
}

static int cdrelay_rows_close(sqlite3_vtab_cursor *cursor) {
  free(cursor);
  return SQLITE_OK;
}

static int cdrelay_rows_first(sqlite3_vtab_cursor *cursor, int plan, const char *name, int count, sqlite3_value **values) {
  (void)plan, (void)name, (void)count, (void)values;
  ((cdrelay_rows_cursor *)cursor)->row = 0;
  return SQLITE_OK;
}

static int cdrelay_rows_next(sqlite3_vtab_cursor *cursor) {
  ((cdrelay_rows_cursor *)cursor)->row += 1;
  return SQLITE_OK;
}

static int cdrelay_rows_is_at_end(sqlite3_vtab_cursor *base) {
  const cdrelay_rows_cursor *cursor = (cdrelay_rows_cursor *)base;
  return cursor->row >= cursor->rows->rows;
}

static int cdrelay_rows_value(sqlite3_vtab_cursor *base, sqlite3_context *result, int column) {
  const cdrelay_rows_cursor *cursor = (cdrelay_rows_cursor *)base;
  const cdrelay_rows *rows = cursor->rows;
  const cdrelay_cell *cell = &rows->cells[cursor->row * rows->columns + column];
  // The bytes stand until the statement has run (SQLITE_STATIC).
  switch (cell->kind) {
  case SQLITE_INTEGER: sqlite3_result_int64(result, cell->number); break;
  case SQLITE_TEXT:
    sqlite3_result_text64(result, rows->bytes + cell->number, (sqlite3_uint64)cell->count, SQLITE_STATIC, SQLITE_UTF8);
    break;
  case SQLITE_BLOB:
    sqlite3_result_blob64(result, rows->bytes + cell->number, (sqlite3_uint64)cell->count, SQLITE_STATIC);
    break;
  default: break;
  }
  return SQLITE_OK;
}

// Rows count from 0.
static int cdrelay_rows_number(sqlite3_vtab_cursor *cursor, sqlite3_int64 *number) {
  *number = ((cdrelay_rows_cursor *)cursor)->row;
  return SQLITE_OK;
}

// From now on statements of this connection read `rows` as a table of that name; `rows` must outlive the connection.
static inline int cdrelay_create_rows(sqlite3 *connection, const char *name, cdrelay_rows *rows) {
  static const sqlite3_module module = {
    .xConnect = cdrelay_rows_connect,
    .xBestIndex = cdrelay_rows_plan,
    .xDisconnect = cdrelay_rows_disconnect,
    .xOpen = cdrelay_rows_open,
    .xClose = cdrelay_rows_close,
    .xFilter = cdrelay_rows_first,
    .xNext = cdrelay_rows_next,
    .xEof = cdrelay_rows_is_at_end,
    .xColumn = cdrelay_rows_value,
    .xRowid = cdrelay_rows_number,
  };
  return sqlite3_create_module(connection, name, &module, rows);
}
