#!/usr/bin/env python3
"""Fills the disk under a loaded relay three times, frees it again, and says what senders saw.

usage: full_disk.py CDRELAY [--size 96] [--senders 8] [--rounds 3] [--seconds 3]

The disk is a tmpfs of --size MiB in a mount namespace of its own: needs root, or user namespaces. Prints the relay's log with
seconds since the start, and as its last line a JSON object: `statuses` (nothing but 200 and 503 is allowed), `missing`
(acknowledged records that are not in the database), `unanswered`, `settled_while_full` (deliveries settled on the full
disk), `seconds_to_refuse` (from the full disk to the first 503), `seconds_to_recover` (from the freed disk to the next 200),
`slowest_answer_seconds`, `peak_memory_bytes`, `integrity`. Exit code 1 where something is lost or answered otherwise.
"""
import argparse, http.client, http.server, json, os, re, shutil, sqlite3, subprocess, sys, tempfile, threading, time

INSIDE = "CDRELAY_FULL_DISK_INSIDE"
RULES = """{"relay": {"queue": {"min_free_bytes": 8388608, "reserve_bytes": 4194304}},
 "sources": {"telecmi": {"provider": "telecmi", "auth": {"token": "the-token"}}},
 "destinations": {"crm": {"url": "http://127.0.0.1:%d/in", "allow_private": true}},
 "rules": [{"name": "all", "send_to": ["crm"]}]}"""
BODY = ('{"virtual_number":"440000000000","call_id":"c4504776-d91e-123b-29a7-56000429abc3","custom":"{\\"crm\\":\\"true\\"}",'
        '"leg":"a","type":"cdr","appid":2222223,"to":442000000000,"cmiuuid":"%s","status":"missed","user":"202_2222223",'
        '"time":1650628175336,"direction":"outbound","hangup_reason":"recv_cancel","filename":"' + "r" * 2000 + '"}')


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
            record, began = f"s{sender}-{number}", time.monotonic()
            try:
                connection = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
                connection.request("POST", "/hooks/telecmi/the-token", BODY % record)
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
                    self.acknowledged.add(record)
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


def port_of(log, listener):
    while True:
        found = re.search(rf"relay.listening listener={listener} .*address=127.0.0.1:(\d+)", open(log).read())
        if found:
            return int(found.group(1))
        time.sleep(0.02)


def fill(path):
    with open(path, "ab", buffering=0) as file:
        for size in (1 << 20, 4096):
            try:
                while file.write(b"x" * size):
                    pass
            except OSError:
                pass


def delivered(database):
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        return connection.execute("SELECT count(*) FROM delivery WHERE state = 'delivered'").fetchone()[0]
    finally:
        connection.close()


def run(options):
    folder, disk = tempfile.mkdtemp(), tempfile.mkdtemp()
    subprocess.check_call(["mount", "-t", "tmpfs", "-o", f"size={options.size}m", "cdrelay-test", disk])
    database, log = disk + "/cdrelay.db", folder + "/log"
    sink = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Sink)
    threading.Thread(target=sink.serve_forever, daemon=True).start()
    open(folder + "/rules.json", "w").write(RULES % sink.server_port)
    relay = subprocess.Popen(
        [options.cdrelay, "serve", "--rules", folder + "/rules.json", "--database", database, "--listen", "127.0.0.1:0",
         "--admin", "127.0.0.1:0"], stderr=open(log, "w"))
    try:
        senders = Senders(port_of(log, "hooks"), options.senders)
        result = {"seconds_to_refuse": [], "seconds_to_recover": [], "settled_while_full": []}
        for number in range(options.rounds):
            time.sleep(options.seconds)
            fill(disk + "/fill")
            full = time.monotonic()
            result["seconds_to_refuse"].append(senders.next(503, full))
            before = delivered(database)
            time.sleep(options.seconds)
            result["settled_while_full"].append(delivered(database) - before)
            free = os.statvfs(disk)
            print(f"round {number + 1}: {free.f_bavail * free.f_frsize} bytes free, "
                  f"{', '.join(f'{name} {os.path.getsize(os.path.join(disk, name))}' for name in sorted(os.listdir(disk)))}")
            os.unlink(disk + "/fill")
            result["seconds_to_recover"].append(senders.next(200, time.monotonic()))
        senders.stop()
        peak = re.search(r"VmHWM:\s+(\d+)", open(f"/proc/{relay.pid}/status").read())
        result["peak_memory_bytes"] = int(peak.group(1)) * 1024
    finally:
        relay.terminate()
        result["exit_code"] = relay.wait()
    connection = sqlite3.connect(database)
    kept = {row[0] for row in connection.execute("SELECT call_id FROM record")}
    result.update(
        acknowledged=len(senders.acknowledged), missing=len(senders.acknowledged - kept), statuses=senders.statuses,
        unanswered=senders.unanswered, slowest_answer_seconds=round(senders.slowest, 3),
        integrity=connection.execute("PRAGMA integrity_check").fetchone()[0])
    print(open(log).read())
    shutil.rmtree(folder)
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
