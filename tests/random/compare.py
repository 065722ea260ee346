"""Runs random specs through everything that must agree: compare.py GENERATE REFERENCE FIRST COUNT

For each seed: the reference search, the interpreter with 1, 2 and 8 workers; for every 5th the native code (alone, taking over
in mid-search, and in a simulation); for some the same spec in other words, and the text form of its IR. The figures and findings
must be those of the reference, the JSON the same byte for byte. Prints a line `ok` or `FAIL` for each seed; a spec that
fails is kept in build/tests/random.
"""
import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

LIMIT = 10000          # states; what has more is searched to the depth that has not
SECONDS = 120          # for one run: only a hang takes so long
KEPT = "build/tests/random"
DCHECK = os.environ.get("DCHECK", "./dcheck")
REDUCED = []           # specs whose search a symmetric type has reduced
VARYING = re.compile(r'^ *"(?:seconds|workers|execution|memory_bytes)":.*\n', re.M)


class Mismatch(Exception):
    """What is wrong, in one line."""


def run(*command):
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise Mismatch(f"no end after {SECONDS} s: {' '.join(command)}") from None


def reference(program, path, keep_going):
    done = run(program, path, f"limit={LIMIT}", *(["continue"] if keep_going else []))
    if done.returncode in (120, 150):
        raise Mismatch(f"the compiler rejects it: {done.stderr.strip().splitlines()[0]}")
    if done.returncode:
        raise Mismatch(f"the reference ends with {done.returncode}: {done.stderr.strip()[-200:]}")
    figures = {"found": []}
    for line in done.stdout.splitlines():
        key, *rest = line.split()
        if key == "found":
            figures["found"].append((rest[0], rest[1], int(rest[2])))
        else:
            figures[key] = int(rest[0])
    return figures


def check(path, *flags):
    done = run(DCHECK, path, "-json", "-", *flags)
    try:
        return done.stdout, json.loads(done.stdout)["checks"][0]
    except (ValueError, LookupError):
        raise Mismatch(f"{' '.join(flags)} ends with {done.returncode}: {done.stderr.strip()[-300:]}") from None


def found_in(result):
    """(kind, property, length) of all that the report has a trace of."""
    found = all_found(result)
    return sorted(f for f in found if f[1] not in behaviours(result))


def all_found(result):
    found = [(t["kind"], t["property"], len(t["trace"])) for t in result["further_traces"]]
    if result["verdict"] == "violated" and not (result["kind"] == "reachable" and not result["trace"]):
        found.append((result["kind"], result["property"], len(result["trace"])))
    return found


def behaviours(result):
    """Claims about behaviours and possibilities, which the reference does not decide."""
    return {p["name"] for p in result["properties"] if p["name"].startswith("B")}


def compare_figures(what, want, result, names=True):
    if any(f[0] == "error" and f[1] in behaviours(result) for f in all_found(result)):
        return  # it ended there, where the reference does not look
    for key in ("distinct", "generated", "depth"):
        if result[key] != want[key]:
            raise Mismatch(f"{what}: {key} {result[key]}, the reference has {want[key]}")
    have, expected = found_in(result), sorted(want["found"])
    if not names:  # errors may be found elsewhere, and names are made anew
        have, expected = [(h[0], h[2]) for h in have], [(e[0], e[2]) for e in expected]
        have.sort()
        expected.sort()
    if have != expected:
        raise Mismatch(f"{what}: found {have}, the reference {expected}")


def compare_reduced(want, raw, path, flags):
    """With the reduction by symmetric types: the same verdicts and lengths, and one state for each orbit."""
    reduced = [f for f in flags if f not in ("-symmetry", "off")]
    text, result = check(path, "-interpret", "-workers", "1", *reduced)
    if VARYING.sub("", check(path, "-native" if want["distinct"] % 7 == 0 else "-interpret", "-workers", "2", *reduced)[0]) != VARYING.sub("", text):
        raise Mismatch("reduced: the JSON depends on the workers or the execution")
    if not any(s["reduced"] for s in result["symmetry"]):
        if result["distinct"] != raw["distinct"]:
            raise Mismatch(f"not reduced, but {result['distinct']} states, not {raw['distinct']}")
        return
    if sorted(all_found(result)) != sorted(all_found(raw)) or result["verdict"] != raw["verdict"] or result["depth"] != raw["depth"]:
        raise Mismatch(f"reduced: {result['verdict']} {sorted(all_found(result))} depth {result['depth']}, "
                       f"without {raw['verdict']} {sorted(all_found(raw))} depth {raw['depth']}")
    late = any("candidates" in (s["why"] or "") for s in result["symmetry"])  # known only to the search
    if "orbits" in want and not late and result["kind"] not in ("error", "assert"):  # an error ends an action before its other steps
        if not want["closed"]:
            raise Mismatch("renaming leads out of the reachable states: the spec is not symmetric")
        if result["distinct"] != want["orbits"]:
            raise Mismatch(f"reduced: {result['distinct']} states, but {want['orbits']} orbits")
    REDUCED.append(path)


def test(seed, generate, program, folder):
    path = os.path.join(folder, f"seed_{seed}.dspec")
    made = run(generate, str(seed))
    with open(path, "w", encoding="utf-8") as f:
        f.write(made.stdout)
    try:
        if made.returncode:
            raise Mismatch(f"the generator ends with {made.returncode}")
        keep_going = seed % 3 == 0
        want = reference(program, path, keep_going)
        flags = ["-symmetry", "off"] + (["-continue"] if keep_going else [])
        if "depth_limit" in want:
            flags += ["-depth", str(want["depth_limit"])]
        text, result = check(path, "-interpret", "-workers", "1", *flags)
        compare_figures("interpreter", want, result)
        same = VARYING.sub("", text)
        others = [["-interpret", "-workers", "2"], ["-interpret", "-workers", "8"]]
        if seed % 5 == 0:
            others += [["-native", "-workers", "2"], ["-workers", "2"]]
        for other in others:
            text, result = check(path, *other, *flags)
            if VARYING.sub("", text) != same:
                compare_figures(" ".join(other), want, result)
                raise Mismatch(f"{' '.join(other)}: the JSON differs")
            if "-native" in other and result["execution"] != "native":
                raise Mismatch(f"no native code: {result['warnings']}")
        compare_reduced(want, result, path, flags)
        if seed % 5 == 0:
            walks = ["-simulate", "-walks", "20", "-walk-depth", "30", "-seed", str(seed)]
            texts = [VARYING.sub("", check(path, how, *walks)[0]) for how in ("-interpret", "-native")]
            if texts[0] != texts[1]:
                raise Mismatch("simulation: interpreter and native code differ")
        if seed % 5 == 1:
            ir = path[: -len("dspec")] + "ir"
            with open(ir, "w", encoding="utf-8") as f:
                f.write(run(DCHECK, path, "-dump", "ir").stdout)
            more = ["-deadlock"] if "allow deadlock" in made.stdout else []
            compare_figures("text form of the IR", want, check(ir, "-interpret", *more, *flags)[1])
            os.remove(ir)
        if seed % 5 in (2, 3):
            other = os.path.join(folder, f"seed_{seed}_reworded.dspec")
            with open(other, "w", encoding="utf-8") as f:
                f.write(run(generate, str(seed), "1").stdout)
            compare_figures("reworded", want, check(other, "-interpret", *flags)[1], names=False)
            os.remove(other)
    except Mismatch as wrong:
        os.makedirs(KEPT, exist_ok=True)
        for suffix in (".dspec", "_reworded.dspec", ".ir"):
            if os.path.exists(os.path.join(folder, f"seed_{seed}{suffix}")):
                shutil.move(os.path.join(folder, f"seed_{seed}{suffix}"), os.path.join(KEPT, f"seed_{seed}{suffix}"))
        return f"FAIL random {seed}: {wrong} (kept: {KEPT}/seed_{seed}.dspec)"
    os.remove(path)
    return f"ok random {seed} ({want['distinct']} states)"


def main():
    generate, program, first, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    failed = 0
    with tempfile.TemporaryDirectory(prefix="dcheck-random.") as folder:
        os.environ.setdefault("XDG_CACHE_HOME", os.path.join(folder, "cache"))
        with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            for line in pool.map(lambda seed: test(seed, generate, program, folder), range(first, first + count)):
                failed += line.startswith("FAIL")
                print(line, flush=True)
    print("ok random: the reduction by symmetric types was met" if REDUCED else "FAIL random: no spec was reduced by symmetric types")
    print(f"{len(REDUCED)} of {count} specs were reduced by symmetric types", file=sys.stderr) if os.environ.get("VERBOSE") else None
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
