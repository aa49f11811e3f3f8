#!/usr/bin/env python3
"""Fills the disk under a loaded relay three times, frees it again, and says what senders saw.

usage: full_disk.py CDRELAY [--size 96] [--senders 8] [--rounds 3] [--seconds 3]

The disk is a tmpfs of --size MiB in a mount namespace of its own: needs root, or user namespaces. Prints the relay's log with
seconds since the start, and as its last line a JSON object: `statuses` (nothing but 200 and 503 is allowed), `missing`
(acknowledged records that are not in the database), `unanswered`, `settled_while_full` (deliveries settled on the full
disk), `seconds_to_refuse` (from the full disk to the first 503), `seconds_to_recover` (from the freed disk to the next 200),
`slowest_answer_seconds`, `peak_mib`, `integrity`. Exit code 1 where something is lost or answered otherwise.
"""
import argparse, http.client, http.server, sys, threading
from bench import *

INSIDE = "CDRELAY_FULL_DISK_INSIDE"


def rules(port):
    """8 MiB must be free, 4 MiB are the reserve; every record is owed to a destination that takes it."""
    return {**RULES, "relay": {"queue": {"min_free_bytes": 8 << 20, "reserve_bytes": 4 << 20}},
            "destinations": {"crm": {"url": f"http://127.0.0.1:{port}/in", "allow_private": True}}}


def body(id):
    """Some 2,500 bytes, so that the disk is soon full; the same each time, since what was not acknowledged is sent again."""
    return record(id, 1650628175336)[:-1] + ',"filename":"' + "r" * 2000 + '"}'


class Sink(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Senders:
    def __init__(self, port, count):
        self.port, self.lock, self.stopped = port, threading.Lock(), False
        self.acknowledged, self.statuses, self.unanswered, self.slowest, self.last = set(), {}, 0, 0.0, {}
        self.threads = [threading.Thread(target=self.run, args=(n,)) for n in range(count)]
        for thread in self.threads:
            thread.start()

    def run(self, sender):
        connection, number = None, 0
        while not self.stopped:
            id, began = f"s{sender}-{number}", time.monotonic()
            try:
                connection = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
                connection.request("POST", "/hooks/telecmi", body(id))
                answer = connection.getresponse()
                answer.read()
                status = answer.status
            except (OSError, http.client.HTTPException):
                connection, status = None, None
            now = time.monotonic()
            with self.lock:
                self.slowest = max(self.slowest, now - began)
                if status is None:
                    self.unanswered += 1
                else:
                    self.statuses[status] = self.statuses.get(status, 0) + 1
                    self.last[status] = now
                if status == 200:
                    self.acknowledged.add(id)
                    number += 1
            if status != 200:
                time.sleep(0.01)

    def next(self, status, since, limit=30):
        """Seconds from `since` to the next answer of this status; None where none comes."""
        while time.monotonic() < since + limit:
            if self.last.get(status, 0) > since:
                return round(self.last[status] - since, 3)
            time.sleep(0.005)

    def stop(self):
        self.stopped = True
        for thread in self.threads:
            thread.join()


def delivered(database):
    return ask(database, "SELECT count(*) FROM delivery WHERE state = 'delivered'")


def rounds(options, disk, process):
    """The senders, and what was seen of each round."""
    senders = Senders(process.port, options.senders)
    result = {"seconds_to_refuse": [], "seconds_to_recover": [], "settled_while_full": []}
    for number in range(options.rounds):
        time.sleep(options.seconds)
        fill_disk(disk + "/fill")
        full = time.monotonic()
        result["seconds_to_refuse"].append(senders.next(503, full))
        before = delivered(process.database)
        time.sleep(options.seconds)
        result["settled_while_full"].append(delivered(process.database) - before)
        free = os.statvfs(disk)
        say(f"round {number + 1}: {free.f_bavail * free.f_frsize} bytes free, "
            f"{', '.join(f'{name} {os.path.getsize(os.path.join(disk, name))}' for name in sorted(os.listdir(disk)))}")
        os.unlink(disk + "/fill")
        result["seconds_to_recover"].append(senders.next(200, time.monotonic()))
    senders.stop()
    return senders, result


@contextlib.contextmanager
def small_disk(path, size):
    os.mkdir(path)
    subprocess.check_call(["mount", "-t", "tmpfs", "-o", f"size={size}m", "cdrelay-test", path])
    try:
        yield path
    finally:
        subprocess.check_call(["umount", path])


def run(options):
    sink = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Sink)
    threading.Thread(target=sink.serve_forever, daemon=True).start()
    with folder() as place, small_disk(place + "/disk", options.size) as disk:
        with relay(options.cdrelay, place, disk + "/cdrelay.db", rules(sink.server_port)) as process:
            senders, result = rounds(options, disk, process)
            result["peak_mib"] = process.memory()[1]
        with contextlib.closing(sqlite3.connect(process.database)) as connection:
            kept = {row[0] for row in connection.execute("SELECT call_id FROM record")}
            result["integrity"] = connection.execute("PRAGMA integrity_check").fetchone()[0]
        result.update(
            exit_code=process.returncode, acknowledged=len(senders.acknowledged),
            missing=len(senders.acknowledged - kept), statuses=senders.statuses, unanswered=senders.unanswered,
            slowest_answer_seconds=round(senders.slowest, 3))
        say(open(process.log.name).read())
    return result


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("cdrelay")
    parser.add_argument("--size", type=int, default=96)
    parser.add_argument("--senders", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3)
    options = parser.parse_args()
    if INSIDE not in os.environ:
        os.environ[INSIDE] = "1"
        os.execvp("unshare", ["unshare", "-m" if os.geteuid() == 0 else "-Urm", sys.executable, *sys.argv])
    result = run(options)
    print(json.dumps(result))
    sys.exit(0 if result["missing"] == 0 and set(result["statuses"]) <= {200, 503} and result["integrity"] == "ok" else 1)


main()
