#!/usr/bin/env python3
"""What an honest sender feels while others misbehave.

usage: slow_clients.py CDRELAY [--seconds 5] [--dribblers 1000]

One sender posts records, one behind the other, half of them on a connection of their own; each must be answered 200. Beside
it, in a process of its own: nobody; dribblers, which send a byte a second; a flood of connections that say nothing, from a
hundred addresses; both under `ulimit -n 256`; senders of large bodies that stop before the last byte.
Last line: a JSON object with p50, p99 and the largest wait in ms, and the relay's memory, for each.
"""
import argparse, errno, json, os, random, resource, selectors, signal, socket, time
from bench import *

a = argparse.ArgumentParser()
a.add_argument("cdrelay")
a.add_argument("--seconds", type=float, default=5)
a.add_argument("--dribblers", type=int, default=1000)
a = a.parse_args()
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

BODY = 1 << 20


def connected(port, source="127.0.0.1"):
    """A socket that is connecting, from an address of the loopback network."""
    s = socket.socket()
    s.setblocking(False)
    # Closing resets the connection: no port waits for a minute.
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    s.bind((source, 0))
    if s.connect_ex(("127.0.0.1", port)) not in (0, errno.EINPROGRESS):
        s.close()
        return None
    return s


def still_open(s, data=b""):
    try:
        if data:
            s.send(data)
        return s.recv(65536) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def dribble(port, count=None):
    """A byte a second on each, half of them in a head and half in a body; one that is closed is opened anew."""
    count = count or a.dribblers
    head = b"POST /hooks/telecmi HTTP/1.1\r\nHost: relay\r\n"
    begun = [head[:10], head + b"Content-Length: 16000\r\n\r\n"]
    sockets = [None] * count
    while True:
        for i in range(count):
            started = time.time()
            if sockets[i] is None:
                s = sockets[i] = connected(port, f"127.0.1.{1 + i % 100}")
                if s is not None:
                    s.setblocking(True)
                    s.settimeout(0.2)
                    try:
                        s.send(begun[i % 2])
                    except OSError:
                        pass
                    s.setblocking(False)
            elif not still_open(sockets[i], b"x"):
                sockets[i].close()
                sockets[i] = None
            time.sleep(max(0, 1 / count - (time.time() - started)))


def flood(port, rate=3000, held=6000):
    """Connections that say nothing, so many a second; the oldest of ours are closed so that there is a next one."""
    sockets, n = [], 0
    started = time.time()
    while True:
        s = connected(port, f"127.0.2.{1 + n % 100}")
        n += 1
        if s is not None:
            sockets.append(s)
        while len(sockets) > held:
            sockets.pop(0).close()
        time.sleep(max(0, n / rate - (time.time() - started)))


def hold_bodies(port, count=300):
    """Large bodies of which the last byte never comes."""
    head = f"POST /hooks/telecmi HTTP/1.1\r\nHost: relay\r\nContent-Length: {BODY}\r\n\r\n".encode()
    left = {}
    with selectors.DefaultSelector() as selector:
        for i in range(count):
            s = connected(port, f"127.0.3.{1 + i % 100}")
            left[s] = memoryview(head + b"x" * (BODY - 1))
            selector.register(s, selectors.EVENT_WRITE | selectors.EVENT_READ)
        while True:
            for key, events in selector.select(1):
                s = key.fileobj
                try:
                    if events & selectors.EVENT_READ and not s.recv(65536):
                        raise OSError
                    if left[s]:
                        left[s] = left[s][s.send(left[s][:65536]):]
                except BlockingIOError:
                    pass
                except OSError:
                    selector.unregister(s)
                    s.close()
                if not left[s] and s.fileno() >= 0:
                    selector.modify(s, selectors.EVENT_READ)


@contextlib.contextmanager
def beside(*crowds):
    pids = []
    for crowd in crowds:
        pid = os.fork()
        if pid == 0:
            try:
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
                crowd()
            finally:
                os._exit(1)
        pids.append(pid)
    try:
        # Until the crowd stands.
        time.sleep(2 if crowds else 0)
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


class Sender:
    def __init__(self, port):
        self.port, self.kept, self.n = port, None, 0

    def post(self):
        """Milliseconds until the 200, from before the connection is made; None for anything else."""
        self.n += 1
        body = record(f"{os.getpid()}-{self.n}-{random.random()}", int(time.time() * 1000)).encode()
        is_new = self.n % 2 == 0
        started = time.time()
        try:
            if is_new or self.kept is None:
                s = socket.create_connection(("127.0.0.1", self.port), timeout=10)
                s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            else:
                s = self.kept
            s.sendall(b"POST /hooks/telecmi HTTP/1.1\r\nHost: relay\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            answer = s.recv(65536)
        except OSError as error:
            self.kept = None
            return f"{type(error).__name__}"
        took = (time.time() - started) * 1000
        if is_new:
            s.close()
        else:
            self.kept = s
        return took if answer.startswith(b"HTTP/1.1 200 ") else answer[:12].decode(errors="replace") or "closed"

    def run(self, seconds):
        waits, failures, end = [], {}, time.time() + seconds
        while time.time() < end:
            result = self.post()
            if isinstance(result, float):
                waits.append(result)
            else:
                failures[result] = failures.get(result, 0) + 1
            time.sleep(0.002)
        waits.sort()
        return {"done": len(waits), "failed": failures, "p50_ms": round(waits[len(waits) // 2], 2),
                "p99_ms": round(waits[int(len(waits) * 0.99)], 2), "max_ms": round(waits[-1], 2)}


def measure(name, process, *crowds):
    with beside(*crowds):
        cpu, started = process.cpu_seconds(), time.time()
        result = Sender(process.port).run(a.seconds)
        result["cpu"] = round((process.cpu_seconds() - cpu) / (time.time() - started), 2)
        result["rss_mib"], result["peak_mib"] = process.memory()
    say(f"{name:28} p50 {result['p50_ms']:7.2f} ms  p99 {result['p99_ms']:7.2f} ms  max {result['max_ms']:7.2f} ms  "
        f"{result['done']} answered 200  other {result['failed'] or 'none'}  cpu {result['cpu']}  "
        f"memory {result['rss_mib']} MiB (peak {result['peak_mib']})")
    return result


def small():
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))


results = {}
with folder() as place:
    with relay(a.cdrelay, os.path.join(place, "wide")) as process:
        Sender(process.port).run(0.5)
        results["alone"] = measure("alone", process)
        results["dribblers"] = measure(f"beside {a.dribblers} dribblers", process, lambda: dribble(process.port))
        results["flood"] = measure("in a flood of connections", process, lambda: flood(process.port))
        results["alone_again"] = measure("alone again", process)
    with relay(a.cdrelay, os.path.join(place, "bodies")) as process:
        results["large_bodies"] = measure("beside 300 held bodies", process, lambda: hold_bodies(process.port))
    with relay(a.cdrelay, os.path.join(place, "narrow"), preexec_fn=small) as process:
        Sender(process.port).run(0.5)
        results["ulimit_256_alone"] = measure("ulimit -n 256, alone", process)
        results["ulimit_256"] = measure(
            "ulimit -n 256, both", process, lambda: dribble(process.port), lambda: flood(process.port))
        results["ulimit_256_after"] = measure("ulimit -n 256, afterwards", process)
print(json.dumps(results))
raise SystemExit(1 if any(r["failed"] for r in results.values()) else 0)
