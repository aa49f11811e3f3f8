#!/usr/bin/env python3
"""Makes a file of N rows (default 1,000,000), imports it with the release binary, and tells rate and peak memory; then again,
when all is known. Nothing is sent: the only destination is paused. Before that it does the same with a tenth of the rows:
where the whole takes more than twice the memory, memory grows with the file, and the exit code is 1.

    Tests/Benchmarks/import.py [--rows N] [--stored SHARE] [--format csv|jsonl] [--binary .build/release/cdrelay]

--stored: the share of the calls that came by webhook before (as JSON Lines through an import of their own), without an id that
the file has: they are found by numbers, time and duration.
--format: csv, or jsonl: rows as TeleCMI's API gives them, one a line.
"""
import argparse, json, os, random, subprocess, sys, tempfile, time


def run(binary, *words):
    """What it said, the seconds it took, and the most memory it had (VmHWM), in MiB."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        began = time.time()
        process = subprocess.Popen([binary, "import", *words, "--json"], stdout=output, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        took = time.time() - began
        output.seek(0), errors.seek(0)
        if status != 0:
            raise SystemExit(errors.read().decode()[-2000:])
        return json.loads(output.read()), took, usage.ru_maxrss / 1024


def make(rows, stored, form, table, lines, chance):
    with open(table, "w") as file, open(lines, "w") as sent:
        if form == "csv":
            file.write("Call date;time;from;to;duration;billedsec;agent;filename\r\n")
        moment = 1_735_689_600_000
        for number in range(rows):
            moment += chance.randrange(1, 8000)
            caller, talked = 330_600_000_000 + chance.randrange(10**9), chance.randrange(1, 600)
            agent = f"{200 + chance.randrange(50)}_2222223"
            if form == "csv":
                file.write(f"x;{moment};{caller};440000000001;{talked + 9};{talked};{agent};{moment}_2222223.mp3\r\n")
            else:
                file.write(json.dumps({
                    "duration": talked + 9, "agent": agent, "notes": [], "billedsec": talked, "filename": f"{moment}_2222223.mp3",
                    "rate": 0.49, "record": "true", "name": "", "from": caller, "to": 440000000001, "time": moment}) + "\n")
            if chance.random() < stored:
                sent.write(json.dumps({
                    "type": "cdr", "appid": 2222223, "direction": "inbound", "status": "answered", "time": moment + 300,
                    "cmiuuid": f"{number:032x}", "from": caller, "to": 440000000001, "answeredsec": talked,
                    "user": agent}) + "\n")


def measure(arguments, rows):
    """The most memory that an import of so many rows had, in MiB."""
    peaks = []
    with tempfile.TemporaryDirectory() as folder:
        rules, table, lines, database = (os.path.join(folder, name) for name in ("rules.json", "calls", "sent.jsonl", "cdrelay.db"))
        with open(rules, "w") as file:
            json.dump({
                "sources": {"telecmi": {"provider": "telecmi", "auth": "none", "app_ids": [2222223]}},
                "destinations": {"crm": {"url": "https://crm.example.com/", "paused": True}},
                "rules": [{"name": "all", "send_to": ["crm"]}]}, file)
        make(rows, arguments.stored, arguments.format, table, lines, random.Random(arguments.seed))
        common = ["--rules", rules, "--database", database]
        if arguments.stored > 0:
            counts, took, peak = run(arguments.binary, "telecmi", lines, *common)
            print(f"  sent before: {counts['stored']} in {took:.0f} s, {counts['stored'] / took:.0f} a second, {peak:.0f} MiB at most")
        known = 0
        for name in ("first", "again"):
            counts, took, peak = run(arguments.binary, "telecmi", table, "--list", "answered", *common)
            peaks.append(peak)
            print(f"  {name}: {counts}, {took:.0f} s, {counts['rows'] / took:.0f} rows a second, {peak:.0f} MiB at most")
            known = counts["known"]
        if known != rows or counts["stored"] != 0:
            raise SystemExit("the second import changed something")
        size = os.path.getsize(database) / 2**20
        print(f"  file {os.path.getsize(table) / 2**20:.0f} MiB, database {size:.0f} MiB", flush=True)
    return max(peaks)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--stored", type=float, default=0.0)
    parser.add_argument("--format", choices=["csv", "jsonl"], default="csv")
    parser.add_argument("--binary", default=".build/release/cdrelay")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    peaks = []
    for rows in (arguments.rows // 10, arguments.rows):
        print(f"{rows} rows of {arguments.format}, of which {arguments.stored:.0%} came by webhook:", flush=True)
        peaks.append(measure(arguments, rows))
    print(f"memory: {peaks[1] / peaks[0]:.2f} times that of a tenth of the rows")
    sys.exit(peaks[1] > 2 * peaks[0])


main()
