#!/usr/bin/env python3
"""Makes a CSV of N rows (default 1,000,000), imports it with the release binary, and tells rate and peak memory; then again,
when all is known. Nothing is sent: the only destination is paused.

    Tests/Benchmarks/import.py [--rows N] [--stored SHARE] [--binary .build/release/cdrelay]

--stored: the share of the calls that came by webhook before (as JSON Lines through an import of their own), without an id that
the CSV has: they are found by numbers, time and duration.
"""
import argparse, json, os, random, resource, subprocess, tempfile, time


def run(binary, *words):
    began = time.time()
    process = subprocess.Popen([binary, "import", *words, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    output, errors = process.communicate()
    took = time.time() - began
    if process.returncode != 0:
        raise SystemExit(errors.decode()[-2000:])
    # Of all children so far: the largest.
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return json.loads(output), took, peak


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--stored", type=float, default=0.0)
    parser.add_argument("--binary", default=".build/release/cdrelay")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as folder:
        rules, table, lines, database = (os.path.join(folder, name) for name in ("rules.json", "calls.csv", "sent.jsonl", "cdrelay.db"))
        with open(rules, "w") as file:
            json.dump({
                "sources": {"telecmi": {"provider": "telecmi", "auth": "none", "app_ids": [2222223]}},
                "destinations": {"crm": {"url": "https://crm.example.com/", "paused": True}},
                "rules": [{"name": "all", "send_to": ["crm"]}]}, file)
        with open(table, "w") as file, open(lines, "w") as sent:
            file.write("Call date;time;from;to;duration;billedsec;agent;filename\r\n")
            moment = 1_735_689_600_000
            for number in range(arguments.rows):
                moment += chance.randrange(1, 8000)
                caller, talked = 330_600_000_000 + chance.randrange(10**9), chance.randrange(1, 600)
                agent = f"{200 + chance.randrange(50)}_2222223"
                file.write(f"x;{moment};{caller};440000000001;{talked + 9};{talked};{agent};{moment}_2222223.mp3\r\n")
                if chance.random() < arguments.stored:
                    sent.write(json.dumps({
                        "type": "cdr", "appid": 2222223, "direction": "inbound", "status": "answered", "time": moment + 300,
                        "cmiuuid": f"{number:032x}", "from": caller, "to": 440000000001, "answeredsec": talked,
                        "user": agent}) + "\n")
        common = ["--rules", rules, "--database", database]
        if arguments.stored > 0:
            counts, took, peak = run(arguments.binary, "telecmi", lines, *common)
            print(f"sent before: {counts['stored']} in {took:.0f} s, {counts['stored'] / took:.0f} a second, {peak:.0f} MiB at most")
        for name in ("first", "again"):
            counts, took, peak = run(arguments.binary, "telecmi", table, "--list", "answered", *common)
            print(f"{name}: {counts}, {took:.0f} s, {counts['rows'] / took:.0f} rows a second, {peak:.0f} MiB at most")
        size = os.path.getsize(database) / 2**20
        print(f"file {os.path.getsize(table) / 2**20:.0f} MiB, database {size:.0f} MiB")


main()
