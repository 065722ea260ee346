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

finish
