"""Prints specs/README.md: what there is to read, from the heads of the specs, specs/subjects.tsv, the golden table, the seconds in
specs/seconds.tsv, and the known bugs in specs/bugs.tsv. specs_table.py GOLDEN"""
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
(`dcheck FILE -all -workers 2`), measured on two cores by `make specs-seconds`; {total:.0f} s for the whole collection, of which
`pbft -check big` takes the most.

| file | what | holds | fails, as expected | states | s |
|---|---|---|---|---|---|
"""

BUGS = """
## Known bugs

Bugs and broken assumptions that the literature tells of, each with the check that finds it, what it breaks, and the
number of states of the shortest run that shows it. `dcheck specs/FILE.dspec -check CHECK` prints that run.

| protocol | bug | file and check | breaks | states | source | why |
|---|---|---|---|---|---|---|
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


def checks(text):
    """The checks of a spec: name (the first may have none), what it expects to be violated, or None."""
    for m in re.finditer(r"^check\b[ \t]*(.*(?:\n[ \t]+(?:with|expect|only|allow|assume|without)\b.*)*)", text, re.M):
        line = re.sub(r"//.*", "", m.group(1))
        name = re.match(r"(?!(?:with|expect|only|allow|assume|without)\b)\w+", line)
        wanted = re.search(r"expect\s+([\w.]+)(\s+violated|\s+in\s+\w+)?", line)
        yield name.group() if name else "(first)", wanted.group(1) if wanted and wanted.group(1) != "ok" else None


def bugs(golden):
    lengths = {(c[0], c[2]): c[8] for c in golden}
    for protocol, bug, where, source, why in tsv("specs/bugs.tsv"):
        file, check = where.split()
        path = f"specs/{file}.dspec"
        with open(path, encoding="utf-8") as f:
            broken = dict(checks(f.read())).get(check)
        if not broken:
            sys.exit(f"specs/bugs.tsv: {path} has no check {check} that expects a violation")
        length = lengths.get((path, check), "").replace("-", "")
        print(f"| {protocol} | {bug} | [{file}]({file}.dspec) {check} | {broken} | {length} | {source} | {why} |")


def main():
    golden = list(rows(sys.argv[1]))
    states = {}
    for c in golden:
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
    print(FILES.format(total=sum(map(float, seconds.values()))), end="")
    for path in sorted(glob.glob("specs/*.dspec")):
        with open(path, encoding="utf-8") as f:
            text = f.read()
        found = list(checks(text))
        holds = [name for name, broken in found if not broken]
        fails = [f"{name}: {broken}" for name, broken in found if broken]
        file = path.split("/")[1]
        n = f"{states[path]:,}" if path in states else ""
        print(f"| [{file[:-6]}]({file}) | {title(text)} | {', '.join(holds)} | {', '.join(fails)} | {n} | {seconds.get(file[:-6], '')} |")
    print(BUGS, end="")
    bugs(golden)


main()
