#!/usr/bin/env python3
"""How fast records are committed, against nginx answering a constant to the same posts, turn about in one run.

usage: ingest.py CDRELAY [--seconds 5] [--rounds 5] [--connections 64] [--filled DATABASE] [--rules COUNT]

Every 200 stands for a record and a delivery that were validated, deduplicated, routed and committed with fsync; at the end
the rows are counted. With --filled a second relay works on that database (made by fill.py) in the same rounds, and
`growth` is its rate as a part of that on an empty database. With --rules another one has that many rules, of which the one
that all others have matches too, and `many_rules_kept` is its rate as a part of that with one rule. Last line: a JSON object; exit 1 where an answer was not 2xx
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
parser.add_argument("--rules", metavar="COUNT", type=int)
options = parser.parse_args()
need("wrk", "nginx")

# Half of the rules ask for a role, a team and a text of the body; the others for one thing of another operator each.
MIXED = ['{"call": {"answered_seconds": {"$gt": 90N}}}', '{"call": {"customer_number": {"$startsWith": "+33N"}}}',
         '{"call": {"customer_number": {"$phone": {"country": ["DE", "AT"], "prefix": "+49N"}}}}',
         '{"body": {"custom": {"score": {"$number": {"$gt": 9N}}}}}', '{"body": {"call_id": {"$regex": "^N-[0-9]+$"}}}',
         '{"call": {"agent": {"$ieq": "Agent N"}}}', '{"$or": [{"call": {"team": "t N"}}, {"call": {"status": "failed"}}]}']


def many(count):
    """The rules of all relays here, with others in front that match nothing."""
    def rule(n):
        team = {"call": {"role": "call", "team": f"Team {n}"}, "body": {"custom": {"crm": "true"}}}
        return {"name": f"r{n}", "when": json.loads(MIXED[n // 2 % 7].replace("N", str(n))) if n % 2 else team,
                "send_to": ["crm"]}
    return {**RULES, "rules": [rule(n) for n in range(count - 1)] + RULES["rules"]}


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
    if options.rules:
        process = relay(options.cdrelay, os.path.join(place, "rules"), rules=many(options.rules))
        measured.append(Measured(f"{options.rules} rules", stack.enter_context(process)))
    for number in range(options.rounds):
        top = wrk(ceiling.url, options.seconds, options.connections)["rate"]
        say(f"round {number + 1}: nginx {top:7.0f}/s" + "".join(each.run(top) for each in measured))
    results = {each.name: each.result() for each in measured}
    result = {"connections": options.connections, **results["empty"]}
    if options.filled:
        result["filled"] = results["filled"]
        result["growth"] = round(results["filled"]["ratio"] / results["empty"]["ratio"], 3)
    if options.rules:
        result["many_rules"] = results[f"{options.rules} rules"]
        result["many_rules_kept"] = round(result["many_rules"]["ratio"] / results["empty"]["ratio"], 3)

print(json.dumps(result))
raise SystemExit(any(r["stored"] < r["acknowledged"] or r["not_2xx"] for r in results.values()))
