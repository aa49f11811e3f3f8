#!/usr/bin/env python3
"""How long a record takes from its sender to its destination, through the database.

usage: latency.py CDRELAY [--rate 500] [--seconds 30] [--connections 64]

Records come at even intervals; each carries the time at which it was sent, and the destination, in a process of its own,
notes when it came. Last line: a JSON object with both ways in ms: to the destination (`p50`, `p99`, `p999`, `most`) and back
to the sender (`answer_p50`, `answer_p99`). Exit code 1 where an answer was not 200 or a record did not arrive.
"""
import argparse, multiprocessing, sys
from bench import *


def stamped():
    """As `request()`, its id beginning with the time in nanoseconds."""
    body = record(f"{time.time_ns():016x}{random.getrandbits(64):016x}", int(time.time() * 1000))
    return f"POST /hooks/telecmi HTTP/1.1\r\nhost: relay\r\ncontent-length: {len(body)}\r\n\r\n{body}".encode()


def destination(pipe):
    """Answers 200 at once; in the end gives how long each record took, in ms."""
    server, poll, clients, took = socket.create_server(("127.0.0.1", 0), backlog=128), select.epoll(), {}, []
    poll.register(server, select.EPOLLIN)
    poll.register(pipe, select.EPOLLIN)
    pipe.send(server.getsockname()[1])
    while True:
        for handle, _ in poll.poll():
            if handle == pipe.fileno():
                return pipe.send(took)
            if handle == server.fileno():
                client, _ = server.accept()
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                clients[client.fileno()] = [client, b""]
                poll.register(client, select.EPOLLIN)
                continue
            client, read = clients[handle]
            new = client.recv(65536)
            if not new:
                del clients[handle]
                client.close()
                continue
            read += new
            head, end, body = read.partition(b"\r\n\r\n")
            length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
            if end and length and len(body) >= int(length[1]):
                sent = int(re.search(rb'"cmiuuid":"([0-9a-f]{16})', body)[1], 16)
                took.append((time.time_ns() - sent) / 1e6)
                client.send(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
                read = b""
            clients[handle][1] = read


def run(options, place):
    here, there = multiprocessing.Pipe()
    process = multiprocessing.Process(target=destination, args=(there,), daemon=True)
    process.start()
    crm = {"url": f"http://127.0.0.1:{here.recv()}/crm", "allow_private": True}
    with relay(options.cdrelay, place, rules={**RULES, "destinations": {"crm": crm}}) as serving:
        load(serving.port, options.rate, 2, options.connections, stamped)
        answers, bad, late = load(serving.port, options.rate, options.seconds, options.connections, stamped)
        end = time.time() + 30
        while time.time() < end and ask(serving.database, "SELECT count(*) FROM delivery WHERE state <> 'delivered'"):
            time.sleep(0.1)
    here.send("stop")
    arrivals = here.recv()
    counted = sorted(arrivals[-len(answers):])
    return {"rate": options.rate, "records": len(answers), "not_200": bad, "late_s": round(late, 3),
            "missing": int(options.rate * 2) + len(answers) - len(arrivals), "p50": at(counted, 0.5), "p99": at(counted, 0.99),
            "p999": at(counted, 0.999), "most": at(counted, 1), "answer_p50": at(answers, 0.5), "answer_p99": at(answers, 0.99)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cdrelay")
    parser.add_argument("--rate", type=float, default=500)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--connections", type=int, default=64)
    options = parser.parse_args()
    with folder() as place:
        result = run(options, place)
    print(json.dumps(result))
    sys.exit(0 if result["not_200"] == result["missing"] == 0 else 1)


main()
