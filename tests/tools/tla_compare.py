"""Compares dcheck with what an evaluator of TLA+ finds in the modules that dcheck -tla writes.

    tla_compare.py [-sizes TABLE]... MOST FILE.dspec[:CHECK]...

Every check is exported and its module read. Where it has at most MOST states it is explored, and states, depth and the
verdict of each property are compared, those of temporal ones up to MOST_BEHAVIOURS states. MOST 0: they are read only. -sizes: a golden table or
docs/tla_counts.md; what has more states there is not tried. Prints a line for each check, as the suites want it."""
import json
import os
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(__file__))
import tla  # noqa: E402

MOST_BEHAVIOURS = 1000  # states of a graph on which temporal properties are decided
DCHECK = os.environ.get("DCHECK", "./dcheck")


def dcheck(*args):
    return subprocess.run([DCHECK, "-symmetry", "off", *args], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)


def checks_of(path):
    with open(path, encoding="utf-8") as f:
        text = re.sub(r"/\*.*?\*/", "", f.read(), flags=re.S)
    names = re.findall(r"^check\b(?:[ \t]+(?!(?:with|expect|only|allow|assume|without)\b)(\w+))?", text, re.M)
    return names or [""]


def sizes_in(path):
    """(spec, check) -> states, from a golden table or docs/tla_counts.md."""
    sizes = {}
    with open(path, encoding="utf-8") as f:
        for line in f:
            if path.endswith(".md"):
                cells = [c.strip() for c in line.split("|")]
                if len(cells) > 4 and cells[3].replace(",", "").isdigit():
                    check = "" if cells[2] == "(first)" else cells[2]
                    sizes[f"specs/{cells[1]}.dspec", check] = int(cells[3].replace(",", ""))
            else:
                cells = line.split("\t")
                if len(cells) > 3 and cells[1] == "-" and cells[3].isdigit():
                    sizes[cells[0], "" if cells[2] == "-" else cells[2]] = int(cells[3])
    return sizes


def module_name(name, m):
    """What a property of the spec is called in the module."""
    name = re.sub(r"[^A-Za-z0-9]", "_", name)
    return name if name in m.definitions else name + "_2"


def differences(path, check, m, most):
    """(what differs, what was compared)."""
    names = list(m.definitions)
    result, graph = tla.explore(m, most, [n for n in names if n.startswith("Never") and n[5:] in m.definitions])
    if not result["whole"]:
        return [], "read only"
    done = dcheck(path, "-continue", "-json", "-", *(["-check", check] if check else []))
    try:
        found = json.loads(done.stdout)["checks"][0]
    except (ValueError, LookupError):
        return [f"dcheck fails: {done.stderr[:200]}"], ""
    wrong = []
    failed = found["kind"] in ("error", "assert") or any(t["kind"] in ("error", "assert") for t in found["further_traces"])
    failed |= any(p["verdict"] == "error" for p in found["properties"])
    if found["kind"] == "assume" or "ASSUME" in result["violated"]:
        return ([] if found["kind"] == "assume" and "ASSUME" in result["violated"] else ["assume"]), "assume"
    if result["errors"] and not failed:  # beside an expected violation the document does not show it, the text does
        text = dcheck(path, "-continue", *(["-check", check] if check else [])).stdout
        failed = re.search(r"^(error|assert) in ", text, re.M) is not None
    if failed != bool(result["errors"]):
        wrong.append(f"dcheck has {'an' if failed else 'no'} error, TLA+ {result['errors'] or 'none'}")
    if failed:
        return wrong, "error"
    if result["distinct"] + result["cut"] != found["distinct"]:
        wrong.append(f"distinct {found['distinct']}, in TLA+ {result['distinct']} and {result['cut']} cut")
    if result["depth"] != found["depth"]:
        wrong.append(f"depth {found['depth']}, in TLA+ {result['depth']}")
    for p in found["properties"]:
        if p["name"] == "no deadlock":
            name, bad = "NoDeadlock", p["verdict"] == "violated"
        else:
            name, bad = module_name(p["name"], m), p["verdict"] == "violated"
        if p["kind"] == "reachable":
            name, bad = "Never" + name, p["verdict"] == "proved"
        if name not in m.definitions or p["verdict"] == "inconclusive":
            continue
        if p["kind"] == "property":
            if result["cut"] or len(graph) > MOST_BEHAVIOURS:
                continue
            if tla.holds(m, name, graph, m.initial_states()) == bad:
                wrong.append(f"property {p['name']} is {p['verdict']}, in TLA+ {'' if bad else 'not '}holding")
            continue
        if bad != (name in result["violated"]):
            wrong.append(f"{p['kind']} {p['name']} is {p['verdict']}, in TLA+ {'' if bad else 'not '}holding")
    return wrong, f"{found['distinct']} states"


def compare(path, check, most, folder):
    start = time.time()
    out = os.path.join(folder, "Spec.tla")
    done = dcheck(path, "-tla", out, *(["-check", check] if check else []))
    if done.returncode:
        return [f"it is not exported: {done.stderr[:300]}"], ""
    try:
        m = tla.load(out)
        wrong, what = differences(path, check, m, most) if most else ([], "read only")
    except tla.TlaSyntax as e:
        return [f"the module cannot be read: {e}"], ""
    return wrong, f"{what}, {time.time() - start:.1f} s"


def main():
    args, sizes = sys.argv[1:], {}
    while args and args[0] == "-sizes":
        sizes.update(sizes_in(args[1]))
        args = args[2:]
    most = int(args[0])
    with tempfile.TemporaryDirectory() as folder:
        for arg in args[1:]:
            path, _, only = arg.partition(":")
            for check in [only] if only else checks_of(path):
                fits = sizes.get((path, check), 0) <= most
                wrong, what = compare(path, check, most if fits else 0, folder)
                name = f"tla {path}{' -check ' + check if check else ''}"
                timing = f" # {what}" if os.environ.get("TLA_TIMES") else ""
                print(f"FAIL {name}: {'; '.join(wrong)}" if wrong else f"ok {name}{timing}", flush=True)


if __name__ == "__main__":
    main()
