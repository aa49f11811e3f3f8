#!/usr/bin/env python3
"""How long `rules diff` takes over stored records where it has the most to do: a hundred rules, and every request another.

usage: rules_diff.py CDRELAY [--records 100000] [--rules 100] [--rounds 3]

Every record stops going to one destination, begins going to another, and goes to a third as another request, which both
files render from templates. Last line: a JSON object; exit 1 where the counts are wrong or the median is above 10 s.
"""
import argparse, sys
from bench import *

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("cdrelay")
parser.add_argument("--records", type=int, default=100_000)
parser.add_argument("--rules", type=int, default=100)
parser.add_argument("--rounds", type=int, default=3)
options = parser.parse_args()

BODY = {"id": "{{call.id}}", "to": "+{{call.to}}", "at": "{{call.started_at | date: yyyy-MM-dd HH:mm:ss, Europe/Paris}}"}


def rules(destination, body):
    crm = {"url": "http://127.0.0.1:9/crm/{{call.id}}", "allow_private": True, "body": body}
    plain = {"url": "http://127.0.0.1:9/", "allow_private": True}
    teams = [{"name": f"r{n}", "when": {"call": {"role": "call", "team": f"Team {n}"}}, "send_to": ["crm"]}
             for n in range(options.rules - 1)]
    return {**RULES, "destinations": {"crm": crm, "old": plain, "new": plain},
            "rules": teams + [{"name": "all", "send_to": ["crm", destination]}]}


with folder() as place:
    with relay(options.cdrelay, place, rules=rules("old", BODY)) as process:
        database = process.database
    subprocess.run([sys.executable, os.path.join(HERE, "fill.py"), database, "--rows", str(options.records), "--days", "6"],
                   check=True)
    changed = os.path.join(place, "new.json")
    with open(changed, "w") as file:
        json.dump(rules("new", {**BODY, "agent": "{{call.agent}}"}), file)
    seconds, right = [], True
    for _ in range(options.rounds):
        start = time.perf_counter()
        run = subprocess.run([os.path.abspath(options.cdrelay), "rules", "diff", changed, "--database", database, "--json"],
                             check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        seconds.append(round(time.perf_counter() - start, 2))
        found = {d["destination"]: d for d in json.loads(run.stdout)["destinations"]}
        counts = [found["crm"]["changed"]["count"], found["old"]["gone"]["count"], found["new"]["new"]["count"]]
        right = right and counts == [options.records] * 3
        say(f"{seconds[-1]} s, {counts}")

print(json.dumps({"records": options.records, "rules": options.rules, "seconds": median(seconds), "right": right}))
raise SystemExit(not right or median(seconds) > 10)
