"""Prints specs/README.md: what there is to read, from the heads of the specs, specs/subjects.tsv, the golden table, and the seconds
in specs/seconds.tsv. specs_table.py GOLDEN"""
import glob
import re
import sys

HEAD = """<!-- Written by tests/tools/specs_table.py; `make specs-table` writes it anew. -->
# The collection

One subject a file; its head says where it comes from, what to look at and what to try. Each check shows one side: what
holds is proved, and under a neighbouring assumption it is refuted by the counterexample that the textbook gives.
`dcheck FILE` runs the first check, `-check NAME` another, `-all` all. [The course](../docs/course/README.md) is a way
through them; its exercises have solutions in [exercises](exercises/).

## By subject

| subject | files |
|---|---|
"""

FILES = """
## By file

The states are those of the largest check that is searched to its end. The seconds are those of all checks together
(`dcheck FILE -all -workers 2`), measured on two cores by `make specs-seconds`.

| file | what | holds | fails, as expected | states | s |
|---|---|---|---|---|---|
"""


def rows(path):
    with open(path, encoding="utf-8") as f:
        for line in f:
            cells = line.rstrip("\n").split("\t")
            if len(cells) == 11 and not line.startswith("#"):
                yield cells


def tsv(path):
    with open(path, encoding="utf-8") as f:
        for line in f:
            if not line.startswith("#"):
                yield line.rstrip("\n").split("\t")


def title(text):
    lines = []
    for line in text.split("\n"):
        if not line.startswith("///"):
            break
        lines.append(line[3:].strip())
    return re.split(r"(?<=[.:])\s| \(", " ".join(lines))[0].rstrip(".:")


def main():
    states = {}
    for c in rows(sys.argv[1]):
        if c[3] != "-":
            states[c[0]] = max(states.get(c[0], 0), int(c[3]))
    seconds = dict(tsv("specs/seconds.tsv"))
    print(HEAD, end="")
    named = set()
    for subject, files in tsv("specs/subjects.tsv"):
        named |= set(files.split())
        print(f"| {subject} | {', '.join(f'[{x}]({x}.dspec)' for x in files.split())} |")
    there = {path.split("/")[1][:-6] for path in glob.glob("specs/*.dspec")}
    if named != there:
        sys.exit(f"specs/subjects.tsv and specs/ differ in {named ^ there}")
    print(FILES, end="")
    for path in sorted(glob.glob("specs/*.dspec")):
        with open(path, encoding="utf-8") as f:
            text = f.read()
        holds, fails = [], []
        for m in re.finditer(r"^check\b[ \t]*(.*(?:\n[ \t]+(?:with|expect|only|allow|assume|without)\b.*)*)", text, re.M):
            line = re.sub(r"//.*", "", m.group(1))
            name = re.match(r"(?!(?:with|expect|only|allow|assume|without)\b)\w+", line)
            wanted = re.search(r"expect\s+([\w.]+)(\s+violated|\s+in\s+\w+)?", line)
            name = name.group() if name else "(first)"
            if wanted and wanted.group(1) != "ok":
                fails.append(f"{name}: {wanted.group(1)}")
            else:
                holds.append(name)
        file = path.split("/")[1]
        n = f"{states[path]:,}" if path in states else ""
        print(f"| [{file[:-6]}]({file}) | {title(text)} | {', '.join(holds)} | {', '.join(fails)} | {n} | {seconds.get(file[:-6], '')} |")


main()
