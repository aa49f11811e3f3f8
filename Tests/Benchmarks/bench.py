"""What the benchmarks share: a folder, nginx as the ceiling, a relay, wrk and its figures."""
import collections, contextlib, gc, json, os, random, re, select, shutil, signal, socket, sqlite3, subprocess, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))


def say(text):
    """Progress; the last line of a benchmark is its result as JSON."""
    print(text, flush=True)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(port, process, seconds=30):
    end = time.time() + seconds
    while time.time() < end and process.poll() is None:
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise SystemExit(f"nothing listens on 127.0.0.1:{port}: see {process.log.name}")


def need(*programs):
    missing = [p for p in programs if not shutil.which(p, path=os.environ["PATH"] + ":/usr/sbin:/sbin")]
    if missing:
        raise SystemExit(f"missing: {' '.join(missing)}; on Debian: apt-get install {' '.join(missing)}")
    os.environ["PATH"] += ":/usr/sbin:/sbin"


class Process(subprocess.Popen):
    """Ended with the block that it was started in; its output goes to `log`."""

    def __init__(self, arguments, log, **options):
        self.log = open(log, "ab")
        super().__init__(arguments, stdout=self.log, stderr=self.log, **options)

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        if self.poll() is None:
            self.send_signal(signal.SIGTERM)
            try:
                self.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
                self.wait()
        self.log.close()

    def memory(self):
        """MiB: now and at most so far."""
        with open(f"/proc/{self.pid}/status") as f:
            found = dict(line.split(":", 1) for line in f)
        return tuple(round(int(found[k].split()[0]) / 1024, 1) for k in ("VmRSS", "VmHWM"))

    def written(self):
        """Bytes, as they were handed to the disk."""
        with open(f"/proc/{self.pid}/io") as f:
            return int(dict(line.split(": ") for line in f)["write_bytes"])

    def cpu_seconds(self):
        with open(f"/proc/{self.pid}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def folder():
    """Kept where the benchmark fails: its logs say why."""
    path = tempfile.mkdtemp(prefix="cdrelay-bench-")
    yield path
    shutil.rmtree(path, ignore_errors=True)


def nginx(place, more="", scheme="http"):
    """Answers all with 200; `more` goes behind its address in `listen`."""
    os.makedirs(place, exist_ok=True)
    port, path = free_port(), os.path.join(place, "nginx.conf")
    text = open(os.path.join(HERE, "nginx.conf")).read().replace("FOLDER", place).replace("PORT", f"{port} {more}")
    with open(path, "w") as f:
        f.write(text)
    process = Process(["nginx", "-c", path], os.path.join(place, "log"))
    wait_for(port, process)
    process.url = f"{scheme}://127.0.0.1:{port}/"
    return process


def fill_disk(path):
    """Writes zeroes until nothing more fits."""
    with open(path, "ab", buffering=0) as file:
        for size in (1 << 20, 4096):
            try:
                while file.write(b"\0" * size):
                    pass
            except OSError:
                pass


RULES = {
    "sources": {"telecmi": {"provider": "telecmi", "auth": "none"}},
    "destinations": {
        "crm": {"url": "http://127.0.0.1:9/crm", "paused": True, "allow_private": True},
        "spare": {"url": "http://127.0.0.1:9/spare", "allow_private": True},
    },
    "rules": [{"name": "crm calls", "when": {"body": {"custom": {"crm": "true"}}}, "send_to": ["crm"]}],
}


_BODY = ('{{"virtual_number":"{to}","call_id":"{call}","custom":"{{\\"crm\\":\\"true\\"}}","leg":"a","type":"cdr",'
         '"appid":2222223,"to":{to},"cmiuuid":"{id}","status":"missed","user":"202_2222223","time":{at},'
         '"direction":"outbound","hangup_reason":"recv_cancel","request_id":"{request}",'
         '"extra_params":"{{\\"click2call\\":\\"true\\"}}"}}')


def record(id, at, to="442000000000", call="c4504776-d91e-123b-29a7-56000429abc3",
           request="D8qpRb27mpXEYgEdAMY6arnQ2ONAB04Y86QrfKbOWZQ"):
    """A TeleCMI record of about 500 bytes, as record.lua writes it for wrk; `at` in milliseconds."""
    return _BODY.format(id=id, at=at, to=to, call=call, request=request)


def relay(binary, place, database=None, rules=RULES, **options):
    """Every record matches one rule and is owed to one paused destination."""
    os.makedirs(place, exist_ok=True)
    path = os.path.join(place, "rules.json")
    with open(path, "w") as f:
        json.dump(rules, f)
    port, admin = free_port(), free_port()
    database = database or os.path.join(place, "cdrelay.db")
    process = Process(
        [os.path.abspath(binary), "serve", "--rules", path, "--database", database, "--listen", f"127.0.0.1:{port}",
         "--admin", f"127.0.0.1:{admin}"], os.path.join(place, "relay.log"), **options)
    wait_for(port, process)
    process.port, process.admin_port, process.database, process.rules = port, admin, database, path
    process.url = f"http://127.0.0.1:{port}/hooks/telecmi"
    return process


def wrk(url, seconds, connections):
    out = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", os.path.join(HERE, "record.lua"), url],
        capture_output=True, text=True, env={**os.environ, "RUN": f"{os.getpid()}-{time.time()}"}).stdout

    def ms(label):
        found = re.search(rf"{label}%\s+([\d.]+)(us|ms|s)\b", out)
        return round(float(found[1]) * {"us": 0.001, "ms": 1, "s": 1000}[found[2]], 2)

    rate = re.search(r"Requests/sec:\s+([\d.]+)", out)
    if not rate:
        raise SystemExit(f"wrk printed no rate:\n{out}")
    other = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    errors = re.search(r"Socket errors: (.*)", out)
    return {"rate": float(rate[1]), "done": int(re.search(r"(\d+) requests in", out)[1]), "p50": ms("50"), "p99": ms("99"),
            "not_2xx": int(other[1]) if other else 0, "errors": errors[1] if errors else ""}


def ask(database, sql):
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)) as c:
        return c.execute(sql).fetchone()[0]


def median(values):
    values = sorted(values)
    return values[len(values) // 2]


def request():
    """Of the same length each time: an id that no other has, and the present time."""
    body = record(f"{random.getrandbits(128):032x}", int(time.time() * 1000))
    return f"POST /hooks/telecmi HTTP/1.1\r\nhost: relay\r\ncontent-length: {len(body)}\r\n\r\n{body}".encode()


def load(port, rate, seconds, connections, make=request):
    """Times in ms, answers that were not 200, and how late the last request left behind its due time, in s."""
    # In turns: a connection on which nothing comes is closed.
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
            sockets[handle].send(make())
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
