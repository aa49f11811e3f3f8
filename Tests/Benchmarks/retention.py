#!/usr/bin/env python3
"""Retention removes millions of settled deliveries while records come in: how long senders wait meanwhile.

usage: retention.py CDRELAY --filled DATABASE [--rate 1000] [--seconds 60] [--attempts] [--in-place]

DATABASE was made by fill.py; it is copied first (or, with --in-place, used up). Records come at even intervals, first with
retention switched off, then while it removes all that was settled more than a day ago; then the relay is left alone until
retention is done. --attempts gives each settled delivery the attempt that it had. Last line: a JSON object; exit 1 where
an answer was not 200, something is left that should be gone, or an unsettled delivery is gone.
"""
import argparse, threading, urllib.request
from bench import *

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("cdrelay")
parser.add_argument("--filled", metavar="DATABASE", required=True)
parser.add_argument("--rate", type=float, default=1000)
parser.add_argument("--seconds", type=int, default=60)
parser.add_argument("--attempts", action="store_true")
parser.add_argument("--in-place", action="store_true")
options = parser.parse_args()
DAY_MS = 86_400_000


def with_retention(days):
    rules = json.loads(json.dumps(RULES))
    rules["relay"] = {"retention": {f"{what}_days": days for what in ("bodies", "delivered", "cancelled", "records")}}
    return rules


def page(process):
    """The metrics of retention, by name with labels."""
    with urllib.request.urlopen(f"http://127.0.0.1:{process.admin_port}/metrics") as answer:
        lines = [line.rsplit(" ", 1) for line in answer.read().decode().splitlines() if line.startswith("cdrelay_retention")]
    return {name: float(value) for name, value in lines}


def removed(process):
    return int(page(process).get('cdrelay_retention_removed_total{table="delivery"}', 0))


def started(days):
    """A relay on the database; a migration copies it first, which takes its time."""
    process = relay(options.cdrelay, place, database=database, rules=with_retention(days))
    with urllib.request.urlopen(f"http://127.0.0.1:{process.port}/readyz", timeout=600):
        return process


class LogWatch(threading.Thread):
    """The largest that the write-ahead log was."""

    def __init__(self, database):
        super().__init__(daemon=True)
        self.path, self.largest, self.ends = database + "-wal", 0, threading.Event()
        self.start()

    def run(self):
        while not self.ends.wait(0.05):
            if os.path.exists(self.path):
                self.largest = max(self.largest, os.path.getsize(self.path))


def measure(process):
    times, bad, late = load(process.port, options.rate, options.seconds, 64)
    return {"p50_ms": at(times, 0.5), "p99_ms": at(times, 0.99), "p999_ms": at(times, 0.999),
            "worst_ms": round(times[-1], 1), "late_s": round(late, 2), "not_200": bad}


with folder() as place:
    database = os.path.abspath(options.filled)
    if not options.in_place:
        database = os.path.join(place, "filled.db")
        say("copying the database")
        subprocess.run(["cp", "--reflink=auto", options.filled, database], check=True)
    with started("forever"):
        say("brought to today's schema")
    if options.attempts:
        say("adding attempts")
        with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as c:
            c.execute("PRAGMA synchronous = OFF")
            c.execute("""INSERT OR IGNORE INTO attempt SELECT id, 1, created_at_ms, 300, randomblob(32), 200, 'delivered', 'status 200',
                         CAST('{"status":"ok","id":"' || id || '"}' AS BLOB) FROM delivery WHERE state = 'delivered'""")
            c.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = {"file_mib": os.path.getsize(database) >> 20, "deliveries": ask(database, "SELECT count(*) FROM delivery"),
              "waiting": ask(database, "SELECT count(*) FROM delivery WHERE state = 'waiting'")}
    say(f"before: {before}")

    with started("forever") as process:
        without = measure(process)
    say(f"without retention: {without}")

    due = ask(database, f"SELECT count(*) FROM delivery WHERE settled_at_ms < {int(time.time() * 1000) - 2 * DAY_MS - 60_000}")
    with started(1) as process:
        watch, begun, cpu = LogWatch(database), time.time(), process.cpu_seconds()
        beside = measure(process)
        busy, took = removed(process), time.time() - begun
        say(f"beside retention: {beside}, {busy / took:,.0f} deliveries removed a second, "
            f"{(process.cpu_seconds() - cpu) / took:.2f} of a core")
        begun, last = time.time(), -1
        while last != (last := removed(process)) or "retention.done" not in open(process.log.name).read():
            time.sleep(2)
            say(f"\r{last:,} removed")
        idle_rate = (last - busy) / max(1, time.time() - begun)
        batches, rss = page(process), process.memory()[1]
        watch.ends.set()
        grown = os.path.getsize(database)
        again = measure(process)
        grown = os.path.getsize(database) - grown

    left = ask(database, f"SELECT count(*) FROM delivery WHERE settled_at_ms < {int(time.time() * 1000) - 2 * DAY_MS - 600_000}")
    waiting = ask(database, "SELECT count(*) FROM delivery WHERE state = 'waiting'")
    expected = before["waiting"] + 3 * int(options.rate * options.seconds)
    free = ask(database, "SELECT freelist_count * page_size FROM pragma_freelist_count, pragma_page_size") >> 20
    sound = ask(database, "PRAGMA quick_check(1)")

name = 'cdrelay_retention_batch_seconds_bucket{le="%s"}'
count = batches["cdrelay_retention_batch_seconds_count"]
say(json.dumps({
    "rate": options.rate, "due": due, "removed": last, "left": left, "waiting_lost": expected - waiting, "check": sound,
    "without": without, "beside": beside, "removed_per_s_beside": round(busy / took), "removed_per_s_idle": round(idle_rate),
    "batches": int(count), "batch_mean_ms": round(1000 * batches["cdrelay_retention_batch_seconds_sum"] / count, 2),
    "batches_within_5_ms": round(batches[name % "0.005"] / count, 4), "batches_within_10_ms": round(batches[name % "0.01"] / count, 4),
    "log_mib": watch.largest >> 20, "file_mib_before": before["file_mib"], "free_mib_after": free,
    "file_grew_mib_with_next_records": grown >> 20, "rss_mib": rss}))
raise SystemExit(without["not_200"] + beside["not_200"] + again["not_200"] + left > 0 or expected != waiting or sound != "ok")
