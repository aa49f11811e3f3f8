#!/usr/bin/env python3
"""What four troubled destinations cost six healthy ones.

usage: destinations.py CDRELAY [--seconds 2] [--rounds 3]

A backlog (what wrk posts in --seconds, owed to each destination) is drained, turn about, to six healthy destinations alone (two
of them over TLS, with a certificate authority of their own), and to the same six beside one that takes connections and never answers, one that refuses connections, one that is limited to
2 requests a second, and one that answers 429 with `Retry-After: 3`. Last line: a JSON object with `kept` (the six's rate
beside the four as a part of their rate alone, the median of the rounds), `limited_most` (requests that the limited one saw in any second, at
most), `told_gap_s` (between two requests to the one that says 429, at least), and what became of the four's deliveries: `dead`
must be none, `held` says what holds the first two in the end (a breaker). Exit code 1 where the
limit was passed, a wait was cut short, something died, or a hold is missing.
"""
import argparse, http.server, multiprocessing, sys, threading
from bench import *

GOOD = [f"good{n}" for n in range(6)]
OVER_TLS = GOOD[4:]
# What holds them in the end. The one that says 429 is held by what it asked for, and now and then tried.
HELD = {"hangs": "breaker", "refuses": "breaker"}


class Server:
    """In a process of its own, before the others where that may be: when it answers late, so does its clock."""

    def __init__(self, status, headers=()):
        here, there = multiprocessing.Pipe()
        self.pipe = here
        self.process = multiprocessing.Process(target=serve, args=(there, status, headers), daemon=True)
        self.process.start()
        self.port = here.recv()

    def stop(self):
        """When each request came."""
        self.pipe.send("stop")
        times = self.pipe.recv()
        self.process.join()
        return times


def serve(pipe, status, headers):
    with contextlib.suppress(PermissionError):
        os.nice(-10)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    server.handle_error = lambda *_: None
    server.status, server.headers, server.times = status, headers, []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    pipe.send(server.server_address[1])
    pipe.recv()
    pipe.send(server.times)


class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.server.times.append(time.monotonic())
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.send_response(self.server.status)
        for name, value in self.server.headers:
            self.send_header(name, value)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def most_in_a_second(times):
    most, first = 0, 0
    for last, time_ in enumerate(times):
        while time_ - times[first] >= 1:
            first += 1
        most = max(most, last - first + 1)
    return most


def healthy(server, place):
    """Where the six are, and how they are trusted."""
    certificate, key = os.path.join(place, "certificate.pem"), os.path.join(place, "key.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
         "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True, capture_output=True)
    tls = nginx(os.path.join(place, "tls"), f"ssl; ssl_certificate {certificate}; ssl_certificate_key {key}", "https")
    six = {name: {"url": (tls if name in OVER_TLS else server).url + name} for name in GOOD}
    for name in OVER_TLS:
        six[name]["tls"] = {"ca_file": certificate}
    return six, tls


def rules(destinations, paused):
    destinations = {
        name: {"allow_private": True, "paused": paused, "max_in_flight": 16, **settings} for name, settings in destinations.items()}
    return {**RULES, "destinations": destinations, "rules": [{"name": "all", "send_to": list(destinations)}]}


def left(database, names):
    listed = ", ".join(f"'{name}'" for name in names)
    return ask(database, f"SELECT count(*) FROM delivery WHERE state IN ('waiting', 'sending') AND destination IN ({listed})")


def drain(options, place, destinations):
    """The six's rate, and the database."""
    serving = relay(options.cdrelay, place, rules=rules(destinations, True))
    wrk(serving.url, options.seconds, 64)
    serving.stop()
    count = left(serving.database, GOOD)
    began = time.monotonic()
    serving = relay(options.cdrelay, place, serving.database, rules(destinations, False))
    try:
        while left(serving.database, GOOD) > 0:
            if time.monotonic() - began > 300:
                raise SystemExit(f"not drained within 300 s; see {serving.log.name}")
            time.sleep(0.05)
        seconds = time.monotonic() - began
        # The told one must have been told twice, or its gap says nothing.
        if "told" in destinations:
            time.sleep(max(0, 8 - seconds))
    finally:
        serving.stop()
    return count / seconds, serving.database


def run(options, place):
    good, hangs = nginx(os.path.join(place, "nginx")), socket.create_server(("127.0.0.1", 0), backlog=128)
    rates, result = {"alone": [], "beside": []}, {"dead": 0, "limited_most": 0, "told_gap_s": None}
    six, tls = healthy(good, place)
    try:
        for number in range(options.rounds):
            limited, told = Server(200), Server(429, [("retry-after", "3")])
            four = {"hangs": hangs.getsockname()[1], "refuses": free_port(), "limited": limited.port, "told": told.port}
            four = {name: {"url": f"http://127.0.0.1:{port}/"} for name, port in four.items()}
            four["limited"]["rate_per_second"] = 2
            four["hangs"]["timeout_seconds"] = 2
            alone, _ = drain(options, os.path.join(place, f"alone{number}"), six)
            beside, database = drain(options, os.path.join(place, f"beside{number}"), {**six, **four})
            limited_times, told_times = limited.stop(), told.stop()
            rates["alone"].append(alone)
            rates["beside"].append(beside)
            # Sixteen may have been on their way when the first was told.
            gaps = [b - a for a, b in zip(told_times[15:], told_times[16:])]
            gap = min(gaps) if gaps else None
            result["told_gap_s"] = gap if result["told_gap_s"] is None else min(gap or 99, result["told_gap_s"])
            result["limited_most"] = max(result["limited_most"], most_in_a_second(limited_times))
            held = ask(database, "SELECT json_group_object(destination, kind) FROM hold WHERE destination <> 'told'")
            result["held"] = json.loads(held) if json.loads(held) != HELD else result.get("held", HELD)
            result["dead"] += ask(database, "SELECT count(*) FROM delivery WHERE state = 'dead'")
            say(f"round {number + 1}: alone {alone:.0f}/s, beside the four {beside:.0f}/s ({beside / alone:.2f}); the limited one saw "
                f"{len(limited_times)}, {most_in_a_second(limited_times)} in a second at most; the told one saw {len(told_times)}")
    finally:
        good.stop()
        tls.stop()
        hangs.close()
    result["told_gap_s"] = result["told_gap_s"] and round(result["told_gap_s"], 2)
    return {"kept": round(median([b / a for a, b in zip(rates["alone"], rates["beside"])]), 2),
            "alone": round(median(rates["alone"])), "beside": round(median(rates["beside"])), **result}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cdrelay")
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    need("nginx", "wrk", "openssl")
    with folder() as place:
        result = run(options, place)
    print(json.dumps(result))
    sys.exit(0 if result["limited_most"] <= 2 and result["dead"] == 0 and result["held"] == HELD and (result["told_gap_s"] or 9) >= 3 else 1)


main()
