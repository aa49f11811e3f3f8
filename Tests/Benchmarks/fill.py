#!/usr/bin/env python3
"""Fills a database of cdrelay's with records and deliveries, as months of traffic would have.

usage: fill.py DATABASE [--rows 5000000] [--days 150] [--destination crm] [--waiting SHARE]

DATABASE was made by `cdrelay serve`, which must not be running. Each row is a TeleCMI record of some 500 bytes with ids
drawn at random and a time of its own, and one delivery, `delivered` with one attempt unless --waiting names a share that
waits. Nineteen in twenty lie in the days before today, evenly; the others in the last 24 hours. Rows come in the order of
their times, as they would have come to the relay. Written without a journal: what breaks off half way is of no use.
"""
import argparse, fcntl, itertools, os, sqlite3, struct, sys, time
from bench import record

EPOCH_MS = 1_735_689_600_000  # 2025-01-01, where the ids of the relay begin
DAY_MS = 86_400_000
BATCH = 50_000

RECORD = """INSERT INTO record (id, source, provider, kind, received_at_ms, dedup_key, content_hash, revision, unrouted, sender,
  credential, body_sha256, rules_version, call_id, conversation_id, request_id, from_number, to_number, content_type,
  headers, query, body)
  VALUES (?, 'telecmi', 'telecmi', 'cdr', ?, ?, ?, 0, 0, '127.0.0.1', 'none', ?, 1, ?, ?, ?, ?, ?, 'application/json',
  '[["host","127.0.0.1:8080"],["content-length","523"],["content-type","application/json"]]', '[]', ?)"""
DELIVERY = """INSERT INTO delivery (id, record, destination, rule, state, created_at_ms, attempts, tries, clock_started_at_ms,
  held_before_ms, next_attempt_at_ms, settled_at_ms, reason)
  VALUES (?, ?, ?, 'crm calls', ?, ?, ?, ?, ?, 0, ?, ?, ?)"""

ATTEMPT = """INSERT INTO attempt (delivery, number, started_at_ms, took_ms, request_sha256, status, outcome)
  VALUES (?, 1, ?, 300, ?, 200, 'delivered')"""


def uuid(b):
    h = b.hex()
    return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:32]}"


def instants(rows, days, now):
    """When each record came, rising."""
    past, today = rows - rows // 20, rows // 20
    start = now - days * DAY_MS
    for i in range(past):
        yield start + i * (days - 1) * DAY_MS // past
    for i in range(today):
        yield now - DAY_MS + i * DAY_MS // today


def rows(times, destination, waiting):
    """Of each record its row, that of its delivery, and that of the attempt; None for what waits."""
    last = 0
    for at in times:
        drawn = os.urandom(112)
        # Milliseconds since 2025, 13 bits of a process, 10 bits that count: rising, a delivery behind its record.
        last = max(last + 2, (at - EPOCH_MS) << 23 | 4711 << 10)
        call_id, call, request = uuid(drawn[:16]), uuid(drawn[16:32]), drawn[32:54].hex()
        to, caller = f"44{struct.unpack('>I', drawn[54:58])[0]:010d}", f"33{struct.unpack('>I', drawn[58:62])[0]:010d}"
        sent = at - drawn[62] * 8  # the record's own time: up to two seconds before it came
        body = record(call_id, sent, to, call, request).encode()
        waits = drawn[63] < waiting * 256
        yield ((last, at, struct.pack(">q", sent) + drawn[64:80], drawn[80:96], drawn[80:112], call_id, call, request,
                caller, to, body),
               (last + 1, last, destination, "waiting" if waits else "delivered", at, 0 if waits else 1,
                0 if waits else 1, at, at if waits else None, None if waits else at + 300,
                None if waits else "status 200"),
               None if waits else (last + 1, at, drawn[80:112]))


def main():
    a = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1])
    a.add_argument("database"); a.add_argument("--rows", type=int, default=5_000_000)
    a.add_argument("--days", type=int, default=150); a.add_argument("--destination", default="crm")
    a.add_argument("--waiting", type=float, default=0)
    a = a.parse_args()
    if not os.path.exists(a.database):
        sys.exit(f"{a.database}: no such file; make one with `cdrelay serve --database {a.database} …` and stop it")
    lock = open(a.database + ".lock", "ab")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(f"{a.database}: a relay is running on it; stop it first")

    c = sqlite3.connect(a.database, isolation_level=None)
    c.execute("PRAGMA journal_mode = OFF"); c.execute("PRAGMA synchronous = OFF"); c.execute("PRAGMA cache_size = -262144")
    c.execute("PRAGMA foreign_keys = OFF")
    now, begun, done = int(time.time() * 1000), time.time(), 0
    source = rows(instants(a.rows, a.days, now), a.destination, a.waiting)
    while True:
        batch = list(itertools.islice(source, BATCH))
        if not batch:
            break
        c.execute("BEGIN")
        c.executemany(RECORD, (r for r, _, _ in batch))
        c.executemany(DELIVERY, (d for _, d, _ in batch))
        c.executemany(ATTEMPT, (t for _, _, t in batch if t))
        c.execute("COMMIT")
        done += len(batch)
        print(f"\r{done:,} of {a.rows:,} rows, {done / (time.time() - begun):,.0f}/s ", end="", file=sys.stderr, flush=True)
    c.execute("UPDATE queue_count SET unsettled = (SELECT count(*) FROM delivery WHERE state = 'waiting')"
              " + (SELECT count(*) FROM delivery WHERE state = 'sending')")
    c.execute("PRAGMA journal_mode = WAL")
    c.close()
    print(f"\n{a.database}: {os.path.getsize(a.database) / 2**30:.1f} GiB", file=sys.stderr)


if __name__ == "__main__":
    main()
