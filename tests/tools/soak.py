"""Repeats searches of some size for a time and compares their counts: soak.py GOLDEN SECONDS

The debug build begins with a table of 16 slots, which grows by a third at a time: some forty times to reach a million. The
release build has memory limits near what the search needs, so that it begins small. Prints what differs at once, and one
line for each kind of run.
"""
import collections
import json
import os
import random
import subprocess
import sys
import time

COLUMNS = "file settings check distinct generated depth exit property length size origin".split()
DCHECK = os.environ.get("DCHECK", "./dcheck")


def rows(path):
    """Complete searches of 20,000 states and more."""
    with open(path, encoding="utf-8") as f:
        for line in f:
            fields = line.rstrip("\n").split("\t")
            if line.startswith("#") or len(fields) != len(COLUMNS):
                continue
            row = dict(zip(COLUMNS, fields))
            if row["exit"] == "0" and row["property"] == "-" and row["distinct"] != "-" and int(row["distinct"]) >= 20000:
                yield row


def run(row, kind, choice):
    """The differences to the row, as a text; empty: none."""
    binary = "build/debug/dcheck" if kind == "debug" else DCHECK
    workers = choice.choice([1, 2, 3, 8])
    command = [binary, row["file"], "-I", "stdlib", "-json", "-", "-symmetry", "off", "-workers", str(workers)]
    command += ["-check", row["check"]] if row["check"] != "-" else []
    command += [x for s in row["settings"].split() if s != "-" for x in ("-D", s)]
    if kind == "tight":  # the set, the frontier and the graph, with room to spare for what is packed worst
        command += ["-mem", f"{max(64, int(row['distinct']) * 400 >> 20)}M"]
    small = int(row["distinct"]) <= 2_000_000  # of the large ones some take the interpreter minutes
    command.append("-interpret" if kind == "debug" or (small and choice.random() < 0.2) else "-native")
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    text = " ".join(command)
    try:
        found = json.loads(done.stdout)["checks"][0]
    except (ValueError, LookupError):
        return f"{text}: ends with {done.returncode}: {done.stderr.strip()[-200:]}"
    wrong = [f"{k} {found[k]}, not {row[k]}" for k in ("distinct", "generated", "depth") if row[k] != "-" and found[k] != int(row[k])]
    return f"{text}: {', '.join(wrong)} ({found['reason']})" if wrong else ""


def main():
    table, seconds = list(rows(sys.argv[1])), float(sys.argv[2])
    choice, end = random.Random(int(time.time())), time.monotonic() + seconds
    done, largest = collections.Counter(), collections.Counter()
    while time.monotonic() < end or min(done[k] for k in ("debug", "tight", "plain")) == 0:
        kind = choice.choice(["debug", "tight", "plain"])
        most = {"debug": 100_000, "tight": 2_000_000, "plain": 20_000_000}[kind]
        most = min(most, 20_000 * seconds)  # a short soak has short searches
        row = choice.choice([r for r in table if int(r["distinct"]) <= max(most, 60_000) and (r["size"] != "long" or seconds > 600)])
        wrong = run(row, kind, choice)
        done[kind] += 1
        largest[kind] = max(largest[kind], int(row["distinct"]))
        if wrong:
            print(f"FAIL soak {wrong}", flush=True)
    for kind in ("debug", "tight", "plain"):
        print(f"ok soak {kind}: {done[kind]} searches, up to {largest[kind]} states")


main()
