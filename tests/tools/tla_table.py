"""Writes docs/tla_counts.md: what TLC should find for each check of specs/, as dcheck -continue counts it.

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
an expression, wherever it meets it first. `(first)` is a check without a name.

| spec | check | distinct | depth | violated |
|---|---|---|---|---|
"""


def row(path, check):
    command = [os.environ.get("DCHECK", "./dcheck"), path, "-continue", "-json", "-"] + (["-check", check] if check else [])
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    c = json.loads(done.stdout)["checks"][0]
    violated = [p["name"] for p in c["properties"] if p["verdict"] == "violated" and p["kind"] != "reachable"]
    violated = ["NoDeadlock" if n == "no deadlock" else n for n in violated]
    stops = c["kind"] in ("error", "assert") or any(t["kind"] in ("error", "assert") for t in c["further_traces"])
    name = os.path.basename(path)[:-6]
    counts = ["stops", ""] if stops else [f"{c['distinct']:,}", str(c["depth"])]
    return f"| {name} | {check or '(first)'} | {counts[0]} | {counts[1]} | {', '.join(violated)} |\n"


def main():
    files = sys.argv[1:] or sorted(glob.glob("specs/*.dspec"))
    text = HEAD
    for path in files:
        for check in checks_of(path):
            text += row(path, check)
    if sys.argv[1:]:
        sys.stdout.write(text[len(HEAD):])
        return
    with open("docs/tla_counts.md", "w", encoding="utf-8") as f:
        f.write(text)


if __name__ == "__main__":
    main()
