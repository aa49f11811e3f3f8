#!/usr/bin/env python3
"""How long senders wait at half the highest rate, and how long a visiting command waits for its write meanwhile.

usage: steady.py CDRELAY [--seconds 60] [--connections 64] [--rate PER_SECOND] [--filled DATABASE]

Without --rate, half of what wrk gets in five seconds before. Requests are due at even intervals, whatever the relay does;
a request's time counts from when it was due, so one that had to wait for a connection is not flattered. Each second a
command (`destinations pause`, `resume`) writes to the same database; its time is that of the whole command.
Last line: a JSON object; exit 1 where an answer was not 200.
"""
import argparse, collections, gc, random, select, threading
from bench import *

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("cdrelay")
parser.add_argument("--seconds", type=int, default=60)
parser.add_argument("--connections", type=int, default=64)
parser.add_argument("--rate", type=float)
parser.add_argument("--filled", metavar="DATABASE")
options = parser.parse_args()
need(*[] if options.rate else ["wrk"])


def request():
    """Of the same length each time: an id that no other has, and the present time."""
    body = record(f"{random.getrandbits(128):032x}", int(time.time() * 1000))
    return f"POST /hooks/telecmi HTTP/1.1\r\nhost: relay\r\ncontent-length: {len(body)}\r\n\r\n{body}".encode()


class Visitor(threading.Thread):
    """A command that writes, once a second."""

    def __init__(self, process):
        super().__init__(daemon=True)
        self.process, self.times, self.ends = process, [], threading.Event()

    def run(self):
        while not self.ends.wait(1):
            verb = ("pause", "resume")[len(self.times) % 2]
            start = time.perf_counter()
            subprocess.run([os.path.abspath(options.cdrelay), "destinations", verb, "spare", "--database", self.process.database],
                           check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            self.times.append(1000 * (time.perf_counter() - start))


def load(port, rate, seconds, connections):
    """Times in ms, answers that were not 200, and how late the last request left behind its due time, in s."""
    # The longest idle one goes first, so that none stays unused until the relay closes it.
    poll, sockets, idle, due_of = select.epoll(), {}, collections.deque(), {}
    for _ in range(connections):
        s = socket.create_connection(("127.0.0.1", port))
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        s.setblocking(False)
        poll.register(s, select.EPOLLIN)
        sockets[s.fileno()] = s
        idle.append(s.fileno())
    clock, step, times, bad, number = time.perf_counter, 1 / rate, [], 0, 0
    start = clock() + 0.1
    last = int(rate * seconds)
    gc.disable()
    while number < last or due_of:
        now = clock()
        while number < last and idle and start + number * step <= now:
            handle = idle.popleft()
            due_of[handle] = start + number * step
            sockets[handle].send(request())
            number += 1
        for handle, _ in poll.poll(0.001):
            answer = sockets[handle].recv(4096)
            if not answer:
                raise SystemExit("the relay closed a connection")
            bad += not answer.startswith(b"HTTP/1.1 200")
            times.append(1000 * (clock() - due_of.pop(handle)))
            idle.append(handle)
    gc.enable()
    late = clock() - (start + last * step)
    for s in sockets.values():
        s.close()
    return sorted(times), bad, late


def at(values, share):
    return round(values[min(len(values) - 1, int(len(values) * share))], 2)


# One connection may carry the requests of the whole time.
rules = {**RULES, "relay": {"limits": {"requests_per_connection": 1_000_000}}}
filled = options.filled and os.path.abspath(options.filled)
with folder() as place, relay(options.cdrelay, place, filled, rules) as process:
    rate = options.rate or wrk(process.url, 5, options.connections)["rate"] / 2
    say(f"{rate:.0f} requests a second over {options.connections} connections for {options.seconds} s")
    visitor = Visitor(process)
    visitor.start()
    written = process.written()
    times, bad, late = load(process.port, rate, options.seconds, options.connections)
    visitor.ends.set()
    visitor.join()
    visits = sorted(visitor.times)
    rss, written = process.memory()[1], process.written() - written

print(json.dumps({
    "rate": round(rate), "requests": len(times), "not_200": bad, "p50_ms": at(times, 0.5), "p99_ms": at(times, 0.99),
    "p999_ms": at(times, 0.999), "worst_ms": round(times[-1], 2), "late_s": round(late, 2), "visits": len(visits),
    "visit_p50_ms": at(visits, 0.5), "visit_worst_ms": round(visits[-1], 1), "rss_mib": rss,
    "written_bytes_per_record": round(written / len(times))}))
raise SystemExit(bad > 0)
