#!/usr/bin/env python3
"""How fast records are committed, against nginx answering a constant to the same posts, turn about in one run.

usage: ingest.py CDRELAY [--seconds 5] [--rounds 5] [--connections 64] [--filled DATABASE]

Every 200 stands for a record and a delivery that were validated, deduplicated, routed and committed with fsync; at the end
the rows are counted. With --filled a second relay works on that database (made by fill.py) in the same rounds, and
`growth` is its rate as a part of that on an empty database. Last line: a JSON object; exit 1 where an answer was not 2xx
or an acknowledged record is missing.
"""
import argparse
from bench import *

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("cdrelay")
parser.add_argument("--seconds", type=int, default=5)
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--connections", type=int, default=64)
parser.add_argument("--filled", metavar="DATABASE")
options = parser.parse_args()
need("wrk", "nginx")

NEWEST = "SELECT count(*) FROM record WHERE id > {}"


class Measured:
    """One relay through all rounds."""

    def __init__(self, name, process):
        self.name, self.process, self.runs = name, process, []
        wrk(process.url, 2, options.connections)
        self.before = ask(process.database, "SELECT max(id) FROM record")

    def run(self, ceiling):
        cpu = self.process.cpu_seconds()
        run = wrk(self.process.url, options.seconds, options.connections)
        run["ratio"] = run["rate"] / ceiling
        run["cpu_us"] = 1e6 * (self.process.cpu_seconds() - cpu) / max(1, run["done"])
        self.runs.append(run)
        return (f"   {self.name} {run['rate']:7.0f}/s  ratio {run['ratio']:.2f}  p50 {run['p50']} ms  p99 {run['p99']} ms  "
                f"cpu {run['cpu_us']:.0f} us/record  not 2xx {run['not_2xx']} {run['errors']}")

    def result(self):
        acknowledged = sum(r["done"] - r["not_2xx"] for r in self.runs)
        return {"ratio": round(median([r["ratio"] for r in self.runs]), 3),
                "rate": round(median([r["rate"] for r in self.runs])),
                "p99_ms": median([r["p99"] for r in self.runs]),
                "cpu_us": round(median([r["cpu_us"] for r in self.runs]), 1),
                "not_2xx": sum(r["not_2xx"] for r in self.runs), "acknowledged": acknowledged,
                "stored": ask(self.process.database, NEWEST.format(self.before)), "rss_mib": self.process.memory()[1]}


with folder() as place, contextlib.ExitStack() as stack:
    ceiling = stack.enter_context(nginx(os.path.join(place, "nginx")))
    measured = [Measured("empty", stack.enter_context(relay(options.cdrelay, os.path.join(place, "relay"))))]
    if options.filled:
        filled = relay(options.cdrelay, os.path.join(place, "filled"), database=os.path.abspath(options.filled))
        measured.append(Measured("filled", stack.enter_context(filled)))
    for number in range(options.rounds):
        top = wrk(ceiling.url, options.seconds, options.connections)["rate"]
        say(f"round {number + 1}: nginx {top:7.0f}/s" + "".join(each.run(top) for each in measured))
    results = {each.name: each.result() for each in measured}
    result = {"connections": options.connections, **results["empty"]}
    if options.filled:
        result["filled"] = results["filled"]
        result["growth"] = round(results["filled"]["ratio"] / results["empty"]["ratio"], 3)

print(json.dumps(result))
raise SystemExit(any(r["stored"] < r["acknowledged"] or r["not_2xx"] for r in results.values()))
