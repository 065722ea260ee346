#!/bin/sh
# What is said of a search beside its verdict: coverage, profiles, sweeps, pictures of the states.
#
#   BLESS=1 sh tests/suites/analysis.sh      writes the golden texts in tests/analysis/ anew
. tests/tools/lib.sh
here=tests/analysis

# same NAME FILE: equal to the golden file of that name
same() {
    [ -z "${BLESS:-}" ] || cp "$2" "$here/$1"
    check "analysis $1" diff "$here/$1" "$2"
}

# ---- coverage ----
cover() { timeout 100 "$DCHECK" "$@" -coverage -quiet -no-trace 2>&1 >/dev/null </dev/null; }

cover $here/covered.dspec >"$tmp/covered"
same covered.txt "$tmp/covered"
for workers in 1 4; do
    cover $here/covered.dspec -workers $workers >"$tmp/again"
    check "analysis coverage with $workers workers" diff "$tmp/covered" "$tmp/again"
done
# what no check reaches: a branch of `wide` alone is one of the file as well
cover $here/union.dspec >"$tmp/first"
cover $here/union.dspec -all >"$tmp/union"
same union_first.txt "$tmp/first"
same union_all.txt "$tmp/union"
# the counting program has the states of the usual one (it says so itself if not); nothing is said of these two
for spec in specs/two_phase_commit specs/chang_roberts; do
    cover $spec.dspec >"$tmp/clean"
    if grep -q 'internal\|panic' "$tmp/clean"; then fail "analysis coverage of $spec" "$(cat "$tmp/clean")"; else ok "analysis coverage of $spec"; fi
done
# a planted mistake is found: the guard of 2PC's commit that never holds
sed 's/action commit when /action commit when false and /' specs/two_phase_commit.dspec >"$tmp/dead.dspec"
check 'analysis coverage: the seed is there' grep -q 'when false and' "$tmp/dead.dspec"
cover "$tmp/dead.dspec" -I specs >"$tmp/dead"
check 'analysis coverage finds a dead action' grep -q 'warning: `coordinator: commit. never happens' "$tmp/dead"

# -strict: warnings count, notes do not
code() {
    want=$1
    shift
    timeout 60 "$DCHECK" "$@" -quiet -no-trace >"$tmp/out" 2>&1 </dev/null
    got=$?
    if [ $got = "$want" ]; then ok "analysis $*: exit $want"; else fail "analysis $*: exit $want" "exit $got"; fi
}
code 0 $here/covered.dspec -coverage
code 1 $here/covered.dspec -coverage -strict
code 1 tests/diag/270_nobody_takes.dspec -strict
code 0 tests/diag/934_never_false.dspec -coverage -strict
code 1 tests/diag/930_never_happens.dspec -strict
code 0 specs/two_phase_commit.dspec -coverage -strict
code 1 $here/union.dspec -strict
code 0 specs/paxos.dspec -check minority_quorums -strict

timeout 60 "$DCHECK" $here/covered.dspec -coverage -json - >"$tmp/doc" 2>/dev/null
check 'analysis coverage as JSON' python3 tests/tools/json_valid.py docs/dcheck.schema.json "$tmp/doc"
check 'analysis coverage as JSON: as the text' python3 - "$tmp/doc" "$tmp/covered" <<'END'
import json, re, sys
c = json.load(open(sys.argv[1]))["coverage"]
text = [f'{f["file"]}:{f["line"]}:{f["column"]}: {f["level"]}: {f["text"]}' for f in c["findings"]]
assert text == [l.rstrip() for l in open(sys.argv[2]) if re.match(r"\S+:\d+:\d+: ", l)], text
kinds = {k["what"]: (k["reached"], k["all"]) for k in c["kinds"]}
assert kinds["messages sent"] == (2, 4) and kinds["cuts"] == (0, 1) and c["checks"] == 1, kinds
END

# ---- profiles ----
# what is counted, from a brute force in which every part is a text
timeout 60 "$DCHECK" $here/profiled.dspec -profile -workers 1 -quiet -json "$tmp/doc" >"$tmp/out" 2>&1
check 'analysis profile as JSON' python3 tests/tools/json_valid.py docs/dcheck.schema.json "$tmp/doc"
check 'analysis profile against a brute force' python3 - "$tmp/doc" <<'END'
import itertools, json, sys
def steps(s):
    a, b, net = s
    for i in range(2):
        if a[i] < 2:
            c = list(a); c[i] += 1
            yield "up", (tuple(c), b, net | {(i, a[i])})
    if b < 5 and a[0] == 2: yield "bump", (a, b + 1, net)
    for m in sorted(net):
        if m[0] == 1 and m[1] == 0 and b < 5: yield "on Note", (a, b, net - {m})
todo = [((0, 0), 0, frozenset())]
seen, fired, new = {todo[0]}, {}, {}
for s in todo:
    for name, t in steps(s):
        fired[name] = fired.get(name, 0) + 1
        if t not in seen:
            seen.add(t); todo.append(t)
            new[name] = new.get(name, 0) + 1
c = json.load(open(sys.argv[1]))["checks"][0]
p = c["profile"]
assert c["distinct"] == len(seen) == p["states"], (c["distinct"], len(seen))
got = {a["action"].split(": ")[1]: (a["successors"], a["new"]) for a in p["actions"]}
assert got == {k: (fired[k], new.get(k, 0)) for k in fired}, (got, fired, new)
parts = {x["part"]: x for x in p["parts"]}
without = {"node.a": lambda s: (s[1], s[2]), "hub.b": lambda s: (s[0], s[2]), "Note": lambda s: (s[0], s[1])}
values = {"node.a": lambda s: s[0], "hub.b": lambda s: s[1], "Note": lambda s: s[2]}
for name in without:
    x = parts[name]
    assert x["values_exact"] and x["multiplies_exact"]
    assert x["values"] == len({values[name](s) for s in seen}), (x, name)
    assert abs(x["multiplies"] - len(seen) / len({without[name](s) for s in seen})) < 1e-9, (x, name)
assert parts["node.a[..]"]["values"] == 3 and parts["Note.n"]["values"] == 2
assert sorted(p["parts"], key=lambda x: -(x["multiplies"] or 0)) == p["parts"]
best = [x for x in p["parts"]][0]
assert f"`{best['part']}` multiplies the states by" in p["advice"], p["advice"]
END
# with several workers: the same, but for who was first and the time
timeout 60 "$DCHECK" specs/paxos.dspec -profile -no-trace -json "$tmp/one" -workers 1 >/dev/null 2>&1
timeout 60 "$DCHECK" specs/paxos.dspec -profile -no-trace -json "$tmp/four" -workers 4 >/dev/null 2>&1
check 'analysis profile with several workers' python3 - "$tmp/one" "$tmp/four" <<'END'
import json, sys
one, four = (json.load(open(f))["checks"][0] for f in sys.argv[1:])
assert one["profile"]["parts"] == four["profile"]["parts"]
assert [(a["action"], a["successors"]) for a in one["profile"]["actions"]] == [(a["action"], a["successors"]) for a in four["profile"]["actions"]]
for c in one, four:
    assert sum(a["new"] for a in c["profile"]["actions"]) == c["distinct"] - c["levels"][0]
    assert sum(a["successors"] for a in c["profile"]["actions"]) == c["generated"] - c["levels"][0]
END

# ---- sweeps ----
# sweep ARGUMENT...: the rows as `values verdict distinct expected`, from the CSV
sweep() {
    timeout 100 "$DCHECK" "$@" -symmetry off -csv "$tmp/csv" >"$tmp/out" 2>"$tmp/err" </dev/null
    code=$?
    python3 - "$tmp/csv" >"$tmp/rows" <<'END'
import csv, sys
rows = list(csv.DictReader(open(sys.argv[1], newline="")))
fixed = ["verdict", "code", "distinct", "generated", "depth", "seconds", "memory_bytes", "growth", "expected"]
for r in rows:
    print(*[v or "-" for k, v in r.items() if k not in fixed], r["verdict"], r["code"], r["distinct"] or "-", r["expected"] or "-")
END
    [ -s "$tmp/rows" ] || cat "$tmp/out" "$tmp/err" >"$tmp/rows"
}
# rows NAME CODE: the last sweep ended so, with the rows on standard input
rows() {
    cat >"$tmp/want"
    check "analysis sweep $1" diff "$tmp/want" "$tmp/rows"
    if [ $code = "$2" ]; then ok "analysis sweep $1: exit $2"; else fail "analysis sweep $1: exit $2" "exit $code"; fi
}
sweep specs/two_phase_commit.dspec -D N=2..5
rows 'of a range' 0 <<'END'
- 2 proved 0 56 -
- 3 proved 0 288 -
- 4 proved 0 1568 1481
- 5 proved 0 8832 9038
END
sed -n '/two_phase_commit.dspec -D N=2..5 -symmetry off. prints/,/4 of 4 run/p' docs/analysis.md | sed -n 's/ *[0-9.]*$//; /^  /p' >"$tmp/said"
sed 's/ *[0-9.]*$//; /^  /!d' "$tmp/out" >"$tmp/now"
check 'analysis sweep: as docs/analysis.md shows' diff "$tmp/said" "$tmp/now"
sweep specs/paxos.dspec -D B=1,2 -D N=2..3 -check minority_quorums -deadlock
rows 'of two constants' 0 <<'END'
minority_quorums 1 2 violated 0 485 -
minority_quorums 1 3 violated 0 2811 -
minority_quorums 2 2 violated 0 2428 -
minority_quorums 2 3 violated 0 12923 -
END
sweep specs/two_phase_commit.dspec -D N=2..12 -mem 20M
check 'analysis sweep stops before the memory is full' python3 - "$tmp/rows" $code <<'END'
import sys
rows = [l.split() for l in open(sys.argv[1])]
ran = [r for r in rows if r[2] == "proved"]
assert len(rows) == 11 and 4 <= len(ran) < 10 and sys.argv[2] == "2", rows
assert all(r[2:4] == ["not", "run"] for r in rows[len(ran):]), rows
assert float(rows[len(ran)][-1]) * 16 > 20 << 20, rows
assert all(abs(float(r[-1]) / float(r[-2]) - 1) < 0.1 for r in ran[2:]), ran  # the forecasts were good
END
check 'analysis sweep says why' grep -q 'not run .* would not fit into the memory$' "$tmp/out"
for name in Plain Typed Other Bare; do
    sweep $here/sets.dspec -D $name=1..3
    if [ "$(wc -l <"$tmp/rows")" = 3 ]; then ok "analysis sweep: $name is a number"; else fail "analysis sweep: $name is a number" "$(cat "$tmp/rows")"; fi
done
for name in Set Full Range Id; do
    timeout 20 "$DCHECK" $here/sets.dspec -D $name=1..3 >"$tmp/out" 2>&1 </dev/null
    if grep -q "$name = 1..3\|OK, proved" "$tmp/out"; then ok "analysis sweep: $name is none"; else fail "analysis sweep: $name is none" "$(cat "$tmp/out")"; fi
done
sweep $here/sets.dspec -D 'Set={1,2},{2,3}'
rows 'of sets' 0 <<'END'
- {1,2} proved 0 9 -
- {2,3} proved 0 9 -
END
timeout 60 "$DCHECK" specs/two_phase_commit.dspec -D N=2..3 -symmetry off -json - >"$tmp/doc" 2>/dev/null
check 'analysis sweep as JSON' python3 tests/tools/json_valid.py docs/dcheck.schema.json "$tmp/doc"
check 'analysis sweep as JSON: every run' python3 - "$tmp/doc" <<'END'
import json, sys
d = json.load(open(sys.argv[1]))
assert [c["distinct"] for c in d["checks"]] == [r["distinct"] for r in d["sweep"]] == [56, 288], d["sweep"]
assert [r["constants"] for r in d["sweep"]] == [{"N": "2"}, {"N": "3"}]
END
code 120 specs/two_phase_commit.dspec -D N=2,true
for wrong in N=3..2 N=2,,3 N=1..5000 'N=2..3 -D N=4,5' 'N=2..3 -coverage' 'N=2..3 -simulate' 'N=2..3 -dump ir' 'N=2 -csv x'; do
    # shellcheck disable=SC2086
    code 151 specs/two_phase_commit.dspec -D $wrong
done

# ---- pictures of the states ----
command -v dot >/dev/null || fail 'analysis graphviz is installed' 'sh tools/deps test installs it'
# picture NAME STATES STEPS ARGUMENT...: drawn whole, and Graphviz can read it
picture() {
    name=$1 states=$2 steps=$3
    shift 3
    timeout 60 "$DCHECK" "$@" -graph "$tmp/$name.dot" -quiet -no-trace >"$tmp/out" 2>&1 </dev/null
    check "analysis picture $name: counts" grep -q "^$tmp/$name.dot: $states states, $steps steps" "$tmp/out"
    check "analysis picture $name: dot reads it" dot -Tplain -o "$tmp/plain" "$tmp/$name.dot"
    check "analysis picture $name: all is in it" awk -v states="$states" -v steps="$steps" '
        $1 == "node" { n++ } $1 == "edge" { e++ } END { if (n != states || e != steps) { print n, e; exit 1 } }' "$tmp/plain"
}
picture 2pc 12 14 specs/two_phase_commit.dspec -D N=1
picture 2pc_56 56 105 specs/two_phase_commit.dspec -D N=2
picture capped 100 245 specs/two_phase_commit.dspec -graph-max 100
check 'analysis picture: how many are left out' grep -q '; 188 states are left out (-graph-max)$' "$tmp/out"
check 'analysis picture: and in the picture' grep -q '100 states, .* steps; 188 states are left out' "$tmp/capped.dot"
picture broken 4 3 tests/golden/cli/count.dspec -check broken
check 'analysis picture: what is violated' grep -q 'violated: Small' "$tmp/broken.dot"
# long values and many variables: cut, so that Graphviz can read them
awk 'BEGIN {
    print "spec long"
    for (i = 0; i < 90; i++) printf "var v%d : seq[0..99999, 60] := [k in 0..59 -> 12345]\n", i
    print "var x : 0..2 := 0\naction up when x < 2 { x := x + 1 }\ncheck allow deadlock"
}' | sed 's/\[k in 0..59 -> 12345\]/[12345, 12345, 12345, 12345, 12345, 12345, 12345, 12345, 12345, 12345, 12345, 12345, 12345, 12345, 12345, 12345, 12345, 12345, 12345, 12345, 12345, 12345, 12345, 12345, 12345, 12345, 12345, 12345]/' >"$tmp/long.dspec"
picture long 3 2 "$tmp/long.dspec"
check 'analysis picture: long values are cut' grep -Eq '123.*[.][.][.].l.*and 31 more' "$tmp/long.dot"
cp "$tmp/2pc.dot" "$tmp/small.dot"
same two_phase_commit.dot "$tmp/small.dot"
timeout 60 "$DCHECK" specs/two_phase_commit.dspec -D N=1 -graph "$tmp/small.mmd" -quiet -no-trace >/dev/null 2>&1
same two_phase_commit.mmd "$tmp/small.mmd"
# one level, one rank; a step leads one level down at most
timeout 60 "$DCHECK" specs/two_phase_commit.dspec -D N=2 -symmetry off -json "$tmp/doc" >/dev/null 2>&1
check 'analysis picture: ranks' python3 - "$tmp/2pc_56.dot" "$tmp/doc" <<'END'
import json, re, sys
text = open(sys.argv[1]).read()
ranks = [re.findall(r"s(\d+);", m) for m in re.findall(r"rank=same;([^}]*)}", text)]
level = {s: i for i, r in enumerate(ranks) for s in r}
assert [len(r) for r in ranks] == json.load(open(sys.argv[2]))["checks"][0]["levels"], [len(r) for r in ranks]
assert all(level[b] <= level[a] + 1 for a, b in re.findall(r"s(\d+) -> s(\d+)", text))
labels = re.findall(r'  s\d+ \[label="\d+\\l(.*?)"', text)
assert len(set(labels)) == len(labels) == 56  # what differs tells every state apart
END

finish
