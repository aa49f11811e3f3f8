// SQLite from Debian's libsqlite3-dev, with inline wrappers only for what Swift cannot call (C variadics and macros).
#pragma once
#include <sqlite3.h>
