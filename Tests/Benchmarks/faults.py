#!/usr/bin/env python3
"""Kills the relay, fills its disk and lets its fdatasync fail, at random moments while it receives and forwards, and says
what got lost on the way.

usage: faults.py CDRELAY [--rounds 50] [--senders 4] [--size 512] [--seed N]

Each round is one fault: `kill` (SIGKILL, then a new process), `disk` (the tmpfs that the database is on is filled to the last
byte, then freed) or `fsync` (`strace` makes every fdatasync fail with EIO for a while). The destination answers 503 to one
request in twenty. Needs root (a tmpfs in a mount namespace of its own; strace). Prints the seed first: the same seed draws the
same faults, though not the same microseconds. Last line: a JSON object with `acknowledged` records, `missing` (of them, at
the destination), `stuck` (deliveries that are neither delivered nor dead in the end), `dead`, `integrity`, and `faults`: what `cdrelay
doctor --full` found wrong with the queue behind each round. Exit code 1 where anything is missing, stuck, dead or wrong.
"""
import argparse, http.client, http.server, random, sys, threading
from bench import *

INSIDE = "CDRELAY_FAULTS_INSIDE"


def rules(port):
    return {**RULES, "relay": {"queue": {"min_free_bytes": 8 << 20, "reserve_bytes": 4 << 20}},
            "destinations": {"crm": {"url": f"http://127.0.0.1:{port}/in", "allow_private": True,
                                     "retry": {"first_delay_seconds": 0.1, "max_delay_seconds": 1}}}}


class Sink(http.server.ThreadingHTTPServer):
    """The destination: remembers which records it took."""
    daemon_threads = True

    def __init__(self, seed):
        super().__init__(("127.0.0.1", 0), Take)
        self.taken, self.requests, self.random, self.lock = set(), 0, random.Random(seed), threading.Lock()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        """The relay died in the middle of a request: that is what this is about."""


class Take(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))))
        with self.server.lock:
            refused = self.server.random.random() < 0.05
            self.server.requests += 1
            if not refused:
                self.server.taken.add(body["cmiuuid"])
        self.send_response(503 if refused else 200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Senders:
    """Post until they are stopped, one record behind the other; what was not acknowledged is sent again."""

    def __init__(self, count):
        self.port, self.stopped, self.acknowledged, self.lock = None, False, set(), threading.Lock()
        self.statuses = {}
        self.threads = [threading.Thread(target=self.run, args=(n,)) for n in range(count)]
        for thread in self.threads:
            thread.start()

    def run(self, sender):
        connection, number, port = None, 0, None
        while not self.stopped:
            if self.port != port or connection is None:
                port, connection = self.port, None
            id, status = f"s{sender}-{number}", None
            try:
                if port:
                    connection = connection or http.client.HTTPConnection("127.0.0.1", port, timeout=20)
                    connection.request("POST", "/hooks/telecmi", record(id, 1650628175336)[:-1] + ',"filename":"' + "r" * 2000 + '"}')
                    answer = connection.getresponse()
                    answer.read()
                    status = answer.status
            except (OSError, http.client.HTTPException):
                connection = None
            with self.lock:
                self.statuses[status] = self.statuses.get(status, 0) + 1
                if status == 200:
                    self.acknowledged.add(id)
            number += status == 200
            if status != 200:
                time.sleep(0.01)

    def wait(self, more, seconds=30):
        """Until so many more are acknowledged; False where that takes too long."""
        goal, end = len(self.acknowledged) + more, time.time() + seconds
        while len(self.acknowledged) < goal and time.time() < end:
            time.sleep(0.002)
        return len(self.acknowledged) >= goal

    def stop(self):
        self.stopped = True
        for thread in self.threads:
            thread.join()


def fail_syncs(process, seconds):
    """Every fdatasync of the process fails for so long."""
    tracer = subprocess.Popen(
        ["strace", "-f", "-q", "-p", str(process.pid), "-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO", "-o", "/dev/null"])
    time.sleep(seconds)
    tracer.terminate()
    tracer.wait()


def doctor(cdrelay, database):
    """What can't be in the queue, in sentences."""
    lines = subprocess.run([cdrelay, "doctor", "--offline", "--full", "--json", "--database", database],
                           stdout=subprocess.PIPE, text=True).stdout.splitlines()
    checks = [json.loads(line) for line in lines]
    if not any(c["check"] == "queue" for c in checks):
        return [c["text"] for c in checks if c["verdict"] == "fail"] or ["the doctor did not look at the queue"]
    return [c["text"] for c in checks if c["check"] == "queue" and c["verdict"] == "fail"]


def run(options, place):
    disk = os.path.join(place, "disk")
    os.mkdir(disk)
    subprocess.check_call(["mount", "-t", "tmpfs", "-o", f"size={options.size}m", "cdrelay-faults", disk])
    draw = random.Random(options.seed)
    sink = Sink(options.seed)
    database, counts = os.path.join(disk, "cdrelay.db"), {"kill": 0, "disk": 0, "fsync": 0}
    serving = relay(options.cdrelay, place, database, rules(sink.server_port))
    senders = Senders(options.senders)
    senders.port = serving.port
    restarts, faults = 0, []
    try:
        for number in range(options.rounds):
            fault = draw.choice(list(counts))
            counts[fault] += 1
            if not senders.wait(draw.randrange(1, 200)):
                raise SystemExit(
                    f"round {number + 1}: nothing is acknowledged any more, answers {senders.statuses}; see {serving.log.name}")
            if fault == "kill":
                serving.kill()
                serving.wait()
            elif fault == "disk":
                fill_disk(disk + "/fill")
                time.sleep(draw.uniform(0.05, 0.5))
                if draw.random() < 0.3:
                    serving.kill()
                    serving.wait()
                os.unlink(disk + "/fill")
            else:
                fail_syncs(serving, draw.uniform(0.05, 0.7))
                if draw.random() < 0.3:
                    serving.kill()
                    serving.wait()
            time.sleep(0.02)
            if serving.poll() is not None:
                restarts += 1
                serving = relay(options.cdrelay, place, database, rules(sink.server_port))
                senders.port = serving.port
            faults += [f"round {number + 1}: {text}" for text in doctor(options.cdrelay, database)]
            say(f"round {number + 1}: {fault}; {len(senders.acknowledged)} acknowledged, {len(sink.taken)} taken")
            # What is delivered makes room only once it is removed: a new disk for the next rounds would hide what is stuck.
            if os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize < options.size << 18:
                raise SystemExit("the disk is nearly full of records: give a larger --size")
        if not senders.wait(100):
            raise SystemExit(f"nothing is acknowledged in the end; see {serving.log.name}")
        senders.stop()
        end = time.time() + 60
        while time.time() < end and ask(database, "SELECT count(*) FROM delivery WHERE state IN ('waiting', 'sending')"):
            time.sleep(0.1)
    finally:
        senders.stop()
        code = serving.poll()
        serving.stop()
    faults += [f"in the end: {text}" for text in doctor(options.cdrelay, database)]
    return {
        "seed": options.seed, "faults": counts, "restarts": restarts, "statuses": {str(k): v for k, v in senders.statuses.items()},
        "acknowledged": len(senders.acknowledged), "missing": len(senders.acknowledged - sink.taken),
        "requests": sink.requests, "taken": len(sink.taken),
        "stuck": ask(database, "SELECT count(*) FROM delivery WHERE state IN ('waiting', 'sending')"),
        "dead": ask(database, "SELECT count(*) FROM delivery WHERE state = 'dead'"),
        "integrity": ask(database, "PRAGMA integrity_check"), "faults": faults, "ended_by_itself": code,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cdrelay")
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--senders", type=int, default=4)
    parser.add_argument("--size", type=int, default=512, help="MiB of the disk")
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    options = parser.parse_args()
    need("strace")
    if INSIDE not in os.environ:
        os.environ[INSIDE] = "1"
        if not any(a.startswith("--seed") for a in sys.argv):
            sys.argv += ["--seed", str(options.seed)]
        os.execvp("unshare", ["unshare", "-m" if os.geteuid() == 0 else "-Urm", sys.executable, *sys.argv])
    say(f"seed {options.seed}")
    with folder() as place:
        result = run(options, place)
    print(json.dumps(result))
    sys.exit(0 if result["missing"] == result["stuck"] == result["dead"] == 0 and result["integrity"] == "ok" and not result["faults"] else 1)


main()
