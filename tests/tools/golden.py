"""Runs the rows of a golden table and compares; see tests/golden/golden.tsv.

The counts of the table are those without a reduction. A spec with symmetric types runs once more with it: then the verdict
and the length of the trace must be the same, and the counts those of tests/golden/reduced.tsv.
"""
import glob
import json
import os
import re
import subprocess
import sys

COLUMNS = "file settings check distinct generated depth exit property length size origin".split()


def rows(path):
    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            line = line.rstrip("\n")
            if line and not line.startswith("#"):
                fields = line.split("\t")
                if len(fields) != len(COLUMNS):
                    sys.exit(f"{path}:{number}: {len(fields)} columns, not {len(COLUMNS)}")
                yield dict(zip(COLUMNS, fields))


def run(dcheck, row, reduced=None):
    """The differences to the row, as texts; `reduced`: distinct and generated of a search with the reduction."""
    command = [dcheck, row["file"], "-json", "-", "-symmetry", "on" if reduced else "off"]
    if row["check"] != "-":
        command += ["-check", row["check"]]
    if row["settings"] != "-":
        for setting in row["settings"].split():
            command += ["-D", setting]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    wrong = []
    if done.returncode != int(row["exit"]):
        wrong.append(f"exit {done.returncode}, not {row['exit']}")
    try:
        found = json.loads(done.stdout)["checks"][0]
    except (ValueError, LookupError):
        return wrong + [f"no JSON; standard error: {done.stderr.strip() or 'empty'}"]
    if reduced:
        row = dict(row, distinct=reduced[0], generated=reduced[1])
    for key in ("distinct", "generated", "depth"):
        if row[key] != "-" and found[key] != int(row[key]):
            wrong.append(f"{key} {found[key]}, not {row[key]}")
    if row["property"] == "-":
        if found["verdict"] == "violated":
            wrong.append(f"{found['kind']} {found['property']} violated")
    else:
        if found["verdict"] != "violated" or found["property"] != row["property"]:
            wrong.append(f"{found['verdict']} {found['property']}, not violated {row['property']}")
        if row["length"] != "-" and len(found["trace"]) != int(row["length"]):
            wrong.append(f"a trace of {len(found['trace'])} states, not {row['length']}")
    if row["exit"] == "0" and not found["expected"]:
        wrong.append("not as expected")
    return wrong


def uncovered(table):
    """Checks of the collection that no row runs."""
    have = {(r["file"], r["check"]) for r in table}
    for path in sorted(glob.glob("specs/*.dspec") + glob.glob("bench/models/*.dspec") + glob.glob("tests/golden/*.dspec")):
        with open(path, encoding="utf-8") as f:
            names = re.findall(r"^check\b(?:[ \t]+(?!(?:with|expect|only|allow|assume|without)\b)(\w+))?", f.read(), re.M)
        for i, name in enumerate(names):
            if (path, name or "-") not in have and not (i == 0 and (path, "-") in have):
                yield path, name or "the first check"


def reduced_counts(path):
    """(file, settings, check) -> (distinct, generated)"""
    with open(path, encoding="utf-8") as f:
        fields = [line.rstrip("\n").split("\t") for line in f if line.strip() and not line.startswith("#")]
    return {tuple(x[:3]): tuple(x[3:5]) for x in fields}


def has_symmetric(path):
    """Whether the spec declares a symmetric type."""
    with open(path, encoding="utf-8") as f:
        return re.search(r"^type\s+\w+\s*=\s*symmetric\b", f.read(), re.M) is not None


def main():
    dcheck = os.environ.get("DCHECK", "./dcheck")
    table = list(rows(sys.argv[1]))
    counts = reduced_counts(os.path.join(os.path.dirname(sys.argv[1]), "reduced.tsv"))
    for row in table:
        if row["size"] == "long" and not os.environ.get("CHECK_LONG"):
            continue
        name = f"golden {row['file']}"
        name += "" if row["check"] == "-" else f" -check {row['check']}"
        name += "" if row["settings"] == "-" else "".join(f" -D {s}" for s in row["settings"].split())
        wrong = run(dcheck, row) if os.path.exists(row["file"]) else ["there is no such file"]
        print(f"FAIL {name}: {'; '.join(wrong)}" if wrong else f"ok {name}", flush=True)
        if not wrong and has_symmetric(row["file"]):
            key = (row["file"], row["settings"], row["check"])
            wrong = run(dcheck, row, counts[key]) if key in counts else ["no row in reduced.tsv"]
            print(f"FAIL {name}, reduced: {'; '.join(wrong)}" if wrong else f"ok {name}, reduced", flush=True)
    missing = [f"{path} {name}" for path, name in uncovered(table)]
    print(f"FAIL golden has a row for every check: not for {', '.join(missing)}" if missing else "ok golden has a row for every check")


main()
