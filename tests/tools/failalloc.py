"""failalloc.py SHIM MOST NAME BINARY ARGUMENT...: runs the command once for each allocation that it makes, which then fails,
or for about MOST of them (0: for each mmap only), and once with that and all
later ones failing. Right is: exit 153, or the answer and exit code of the undisturbed run; it may lack its trace if it says so."""
import concurrent.futures
import os
import re
import subprocess
import sys
import tempfile

shim, most, name, command = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4:]
VOLATILE = re.compile(r'^ *"(seconds|workers|execution|memory_bytes)":.*\n|\b[0-9.]+ s, |; [0-9,]+ distinct/s.*|memory [0-9.]+ MiB.*', re.M)

UNTRACED = "there was no memory to recover them"


def run(n, everything=False, count=None):
    env = dict(os.environ, LD_PRELOAD=shim, FAILALLOC_N=str(n))
    if not most:
        env["FAILALLOC_MMAP"] = "1"
    if everything:
        env["FAILALLOC_ALL"] = "1"
    if count:
        env["FAILALLOC_COUNT"] = count
    try:
        done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=60)
    except subprocess.TimeoutExpired:
        return "hangs", "", ""
    return done.returncode, VOLATILE.sub("", done.stdout.decode(errors="replace")), done.stderr.decode(errors="replace")


def main():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "count")
        right = run(0, count=path)
        total = int(open(path, encoding="ascii").read()) if os.path.exists(path) else 0
    if total < (15 if most else 2) or right[0] == 153:
        print(f"FAIL {name}: the undisturbed run makes {total} allocations and ends with {right[0]}: {' '.join(right[2].split())[-200:]}")
        return
    step = max(1, -(-total // most)) if most else 1
    places = list(range(1, total + 1, step))
    # the ends are where set-up and reports live
    places = sorted(set(places) | set(range(1, min(40, total))) | set(range(max(1, total - 40), total + 1)))
    tasks = [(n, everything) for n in places for everything in (False, True)]
    wrong, refused = {}, 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        for (n, everything), got in zip(tasks, pool.map(lambda t: run(*t), tasks)):
            refused += got[0] == 153
            if got[0] == 153 or (got[0] == right[0] and (got[1] == right[1] or UNTRACED in got[1])):
                continue
            if got[0] == right[0]:
                what = "the right exit code, another answer"
            else:
                what = f"signal {-got[0]}" if isinstance(got[0], int) and got[0] < 0 else f"exit {got[0]}"
            lines = got[2].strip().splitlines() or ["no message"]
            wrong.setdefault(f"{what}: {lines[-1][-120:]}", []).append(f"{n}{'-' if everything else ''}")
    tested = f"{len(tasks)} failures among {total} allocations, {refused} times exit 153"
    if not wrong:
        print(f"ok {name}: {tested}")
    for what, where in sorted(wrong.items()):
        print(f"FAIL {name}: {what}; allocation {', '.join(where[:8])}{f' and {len(where) - 8} more' if len(where) > 8 else ''} (n: that one, n-: all from it on)")


main()
