"""Counterexamples written as scenarios and pasted into their spec must give the same run.

    round_trip.py DIR TABLE [FILE-PATTERN]     checks of the golden table, each with its settings
    round_trip.py DIR -spec FILE ARGUMENT...   one spec
    round_trip.py DIR -random GENERATE FIRST COUNT
"""
import json
import os
import re
import subprocess
import sys

DCHECK = os.environ.get("DCHECK", "./dcheck")


SECONDS = 60


def run(arguments):
    command = ["timeout", str(SECONDS), DCHECK, *arguments]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)


def story(steps):
    """What a trace says: titles, messages, states."""
    return [(s["text"], s["sent"], s["state"]) for s in steps]


def round_trip(folder, spec, arguments):
    """None: there is no trace; "": the same run; else what is wrong."""
    out = os.path.join(folder, "trace.scenario")
    if os.path.exists(out):
        os.remove(out)
    first = run([spec, *arguments, "-trace-out", out, "-json", "-", "-workers", "1"])
    if not os.path.exists(out):
        return None if first.returncode < 100 else f"exit {first.returncode}: {first.stderr[:300]}"
    check = json.loads(first.stdout)["checks"][0]
    steps = check["trace"] or check["further_traces"][0]["trace"]
    failed = check["failed_step"] if check["trace"] else None
    with open(out, encoding="utf-8") as f:
        text = f.read()
    name = re.search(r"^scenario (\w+)", text, re.M).group(1)
    pasted = os.path.join(folder, "pasted.dspec")
    with open(spec, encoding="utf-8") as f:
        whole = f.read()
    with open(pasted, "w", encoding="utf-8") as f:
        end = re.search(r"^(network )?module \w+", whole, re.M)  # of the spec, where modules follow in the file
        at = end.start() if end and whole.find("spec ") < end.start() else len(whole)
        f.write(whole[:at] + "\n" + text + "\n" + whole[at:])
    again = run([pasted, "-check", name, "-json", "-", "-I", os.path.dirname(spec)])
    if again.returncode >= 100:
        return f"{name}: exit {again.returncode}: {again.stderr[:600]}"
    found = json.loads(again.stdout)["scenarios"][0]
    if found["outcome"] != "possible":
        return f"{name}: {found['outcome']} at {found['line']}: {found['why']}"
    if found["steps"] != len(steps) - 1 + (failed is not None):
        return f"{name}: {found['steps']} steps, not {len(steps) - 1}"
    mine = found["trace"]
    for i, (a, b) in enumerate(zip(story(steps), story(mine))):
        if a != b:
            return f"{name}: step {i}: {b[0]} and not {a[0]}" if a[0] != b[0] else f"{name}: step {i} leads elsewhere"
    return ""


def rows(path):
    columns = "file settings check distinct generated depth exit property length size origin".split()
    with open(path, encoding="utf-8") as f:
        for line in f:
            if line.strip() and not line.startswith("#"):
                yield dict(zip(columns, line.rstrip("\n").split("\t")))


def randoms(folder, generate, first, count):
    """Made specs; only some have a violation or a reachable state."""
    done = 0
    spec = os.path.join(folder, "random.dspec")
    for seed in range(first, first + count):
        made = subprocess.run([generate, str(seed)], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        with open(spec, "w", encoding="utf-8") as f:
            f.write(made.stdout)
        wrong = round_trip(folder, spec, ["-depth", "6", "-interpret"])
        done += wrong is not None
        if wrong:
            print(f"FAIL round trip of random spec {seed}: {wrong}", flush=True)
    print(f"ok round trips of {done} random traces" if done > count / 10 else f"FAIL round trips: {done} traces only")


def main():
    folder = sys.argv[1]
    if sys.argv[2] == "-random":
        randoms(folder, sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
        return
    if sys.argv[2] == "-spec":
        wrong = round_trip(folder, sys.argv[3], sys.argv[4:])
        print("no trace" if wrong is None else wrong or "the same")
        sys.exit(bool(wrong))
    wanted = re.compile(sys.argv[3] if len(sys.argv) > 3 else ".")
    done = 0
    for row in rows(sys.argv[2]):
        if row["size"] == "long" or row["property"] == "-" or not wanted.search(row["file"]):
            continue
        arguments = [] if row["check"] == "-" else ["-check", row["check"]]
        for setting in row["settings"].split() if row["settings"] != "-" else []:
            arguments += ["-D", setting]
        wrong = round_trip(folder, row["file"], arguments)
        name = f"round trip {row['file']} {' '.join(arguments)}".rstrip()
        if wrong is not None:
            done += 1
            print(f"FAIL {name}: {wrong}" if wrong else f"ok {name}", flush=True)
    print(f"ok round trips of {done} traces" if done else "FAIL round trips: there was no trace")


main()
