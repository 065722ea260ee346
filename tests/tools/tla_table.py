"""Writes docs/tla_counts.md: what TLC should find for each check of specs/, from tests/golden/golden.tsv or as dcheck -continue counts it.

    tla_table.py [FILE.dspec]...      all of specs/ without arguments; takes some minutes"""
import glob
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(__file__))
from tla_compare import checks_of  # noqa: E402

HEAD = """<!-- Written by tests/tools/tla_table.py; `make tla-table` writes it anew. -->
# What TLC should find

For the module and model that `dcheck FILE -check NAME -tla DIR` writes ([tla.md](tla.md)): the distinct states and the
depth that TLC reports at the end, started with `-continue` where something is violated. *stops*: TLC ends at an error in
an expression, wherever it meets it first; *not counted*: to go on after the violation takes over a minute here. `(first)` is
a check without a name. What is left out of the module (`can`, `until`) is named all the same.

| spec | check | distinct | depth | violated |
|---|---|---|---|---|
"""


SECONDS = 60  # for a search that goes on after a violation


def golden():
    """(spec, check) -> (states, depth) of what holds."""
    out = {}
    with open("tests/golden/golden.tsv", encoding="utf-8") as f:
        for line in f:
            c = line.rstrip("\n").split("\t")
            if len(c) > 7 and c[1] == "-" and c[3].isdigit() and c[7] == "-":
                out[c[0], "" if c[2] == "-" else c[2]] = (int(c[3]), c[5])
    return out


def counted(path, check):
    """Distinct states, depth and what is violated, by a search that goes on."""
    command = [os.environ.get("DCHECK", "./dcheck"), path, "-symmetry", "off", "-continue", "-json", "-"] + (["-check", check] if check else [])
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return "not counted", "", ["something"]
    c = json.loads(done.stdout)["checks"][0]
    violated = [p["name"] for p in c["properties"] if p["verdict"] == "violated" and p["kind"] != "reachable"]
    violated = ["NoDeadlock" if n == "no deadlock" else n for n in violated]
    if c["kind"] in ("error", "assert") or any(t["kind"] in ("error", "assert") for t in c["further_traces"]):
        return "stops", "", violated
    return f"{c['distinct']:,}", c["depth"], violated


def row(path, check, known):
    if (path, check) in known:
        states, depth, violated = f"{known[path, check][0]:,}", known[path, check][1], []
    else:
        states, depth, violated = counted(path, check)
    return f"| {os.path.basename(path)[:-6]} | {check or '(first)'} | {states} | {depth} | {', '.join(violated)} |\n"


def main():
    files = sys.argv[1:] or sorted(glob.glob("specs/*.dspec"))
    text, known = HEAD, golden()
    for path in files:
        for check in checks_of(path):
            text += row(path, check, known)
    if sys.argv[1:]:
        sys.stdout.write(text[len(HEAD):])
        return
    with open("docs/tla_counts.md", "w", encoding="utf-8") as f:
        f.write(text)


if __name__ == "__main__":
    main()
