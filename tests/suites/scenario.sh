#!/bin/sh
# Scenarios and -i: what is said of each kind of scenario, counterexamples that are written as scenarios and replayed, what
# a mended spec says to them, and sessions of -i (tests/scenario, tests/explore).
#
#   BLESS=1 sh tests/suites/scenario.sh      rewrites the expected outputs
. tests/tools/lib.sh
gold=tests/scenario

# golden FILE EXPECTED
golden() {
    if [ -n "${BLESS:-}" ]; then cp "$1" "$2"; fi
    if cmp -s "$1" "$2"; then ok "$2"; else fail "$2" "$(diff "$2" "$1" 2>&1 | head -n 6)"; fi
}

# exits CODE NAME ARGUMENT...: leaves $tmp/out
exits() {
    want=$1 name=$2
    shift 2
    timeout 60 "$DCHECK" "$@" -workers 1 >"$tmp/out" 2>&1 </dev/null
    got=$?
    if [ $got = "$want" ]; then ok "$name: exit $want"; else fail "$name: exit $want" "exit $got; $(tail -n 3 "$tmp/out")"; fi
}
says() { if grep -Eq -e "$1" "$tmp/out"; then ok "$name: says $1"; else fail "$name: says $1" "$(head -n 5 "$tmp/out")"; fi; }

# ---- what is said ----
exits 1 'scenarios of all kinds' $gold/counter.dspec -no-trace
sed '/^tests.* (N = 1/,$d' "$tmp/out" >"$tmp/lines"
golden "$tmp/lines" $gold/counter.out
exits 0 "words of scenarios are names" $gold/words.dspec -no-trace
for one in shortest failing torn guard possible; do
    timeout 60 "$DCHECK" $gold/counter.dspec -check $one -explain >"$tmp/out" 2>&1 </dev/null
    echo "exit $?" >>"$tmp/out"
    golden "$tmp/out" "$gold/counter.$one.out"
done
for form in chart full none; do
    timeout 60 "$DCHECK" $gold/counter.dspec -check left_out -trace $form >"$tmp/out" 2>&1 </dev/null
    golden "$tmp/out" "$gold/counter.$form.out"
done

# ---- codes ----
cat >"$tmp/two.dspec" <<'END'
spec two
var x : 0..100000000 := 0
action up when x < 100000000 { x := x + 1 }
action odd when x == 3 { x := 100 }
invariant Small = x < 9
check only Small expect Small violated
check broken
scenario far { ...; expect x == 5000000 }
END
exits 2 'not decided' "$tmp/two.dspec"
says '^scenario far: not decided: 1000000 pairs'
says 'violated: invariant Small, as expected'
exits 12 'a violation is not hidden by what is not decided' "$tmp/two.dspec" -check broken -quiet
exits 2 'not decided alone' "$tmp/two.dspec" -check far
sed -i 's/scenario far.*/impossible scenario far { ...; expect x == 5000000 }/' "$tmp/two.dspec"
exits 2 'impossible is not claimed without a proof' "$tmp/two.dspec"
says '^scenario far: not decided'
sed -i 's/.*scenario far.*/impossible scenario far { up; up; odd }/' "$tmp/two.dspec"
exits 0 'impossible, and it is' "$tmp/two.dspec"
says '^scenario far: impossible, as declared: blocked at step 3: odd: `x == 3` is false, where x = 2$'
exits 0 'quiet about what is as declared' "$tmp/two.dspec" -quiet
if grep -q scenario "$tmp/out"; then fail 'quiet' "$(head -n 1 "$tmp/out")"; else ok 'quiet says nothing of it'; fi
sed -i 's/^impossible //' "$tmp/two.dspec"
exits 1 'blocked' "$tmp/two.dspec"
says '^    .*two.dspec:8:24$'
says '^    possible there: up$'
exits 1 'blocked, quietly' "$tmp/two.dspec" -quiet
says '^scenario far: blocked at step 3: odd'
printf 'spec c\nvar x : 0..9 := 0\naction up when x < 9 { x := x + 1 }\ncut x > 3\ncheck expect cut allow deadlock\nimpossible scenario s { ...; expect x == 9 }\n' >"$tmp/cut.dspec"
exits 2 'beyond the cut nothing is known' "$tmp/cut.dspec"
says '^scenario s: not decided: a state lies beyond the cut'
printf 'spec e\nvar x : 0..9 := 0\naction up when x < 9 { x := x + 1 }\ncheck allow deadlock\nimpossible scenario s { ...; expect 9 div x == 30 }\n' >"$tmp/error.dspec"
exits 2 'an expectation without a value proves nothing' "$tmp/error.dspec"
says 'has no value in some state: division by zero'
printf 'spec d\nconst N : 1..3\nconst M = 2\nvar x : 0..N := 0\naction up when x < N { x := x + 1 }\ncheck allow deadlock\nscenario s { ...; expect x == M }\n' >"$tmp/define.dspec"
exits 0 '-D gives scenarios what has no value' "$tmp/define.dspec" -D N=2
exits 0 '-D leaves alone what has one' "$tmp/define.dspec" -D N=2 -D M=3
exits 1 '-D counts where a scenario is asked for' "$tmp/define.dspec" -D N=2 -D M=3 -check s

# ---- documents ----
for how in '' '-check guard' '-check failing' '-check possible' '-check no_start'; do
    # shellcheck disable=SC2086 # several words
    timeout 60 "$DCHECK" $gold/counter.dspec $how -json "$tmp/doc" -report "$tmp/page.html" -junit "$tmp/junit.xml" -sarif "$tmp/sarif.json" >/dev/null 2>&1 </dev/null
    check "json of scenarios $how" python3 tests/tools/json_valid.py docs/dcheck.schema.json "$tmp/doc"
    check "report of scenarios $how" python3 tests/report/valid.py page "$tmp/page.html" $gold/counter.dspec
    check "junit of scenarios $how" python3 tests/report/valid.py junit "$tmp/junit.xml"
    check "sarif of scenarios $how" python3 tests/report/valid.py sarif "$tmp/sarif.json"
done
timeout 60 "$DCHECK" $gold/counter.dspec -check left_out -trace none -trace-out "$tmp/t.svg" >/dev/null 2>&1 </dev/null
check 'a run as SVG' test -s "$tmp/t.svg"

# ---- from a counterexample to a test ----
python3 tests/tools/round_trip.py "$tmp" tests/golden/golden.tsv "${ROUND_TRIPS:-^(tests/golden/[a-z_]*|specs/(raft|paxos|two_phase_commit|crash_recovery|byzantine_broadcast|partition|lossy_channel|bounded_delay_demo|consensus_flp|agents))[.]dspec}" >"$tmp/trips" 2>&1
adopt "$tmp/trips"
if make -s -f Makefile -f tests/random/module.mk random >"$tmp/make" 2>&1; then
    python3 tests/tools/round_trip.py "$tmp" -random build/release/tests/random/generate 1 200 >"$tmp/trips" 2>&1
    adopt "$tmp/trips"
else
    fail 'random builds' "$(tail -n 5 "$tmp/make")"
fi
sed '/^check\|^scenario\|^impossible/,$d' specs/paxos.dspec >"$tmp/mended.dspec"
echo 'check allow deadlock' >>"$tmp/mended.dspec"
timeout 60 "$DCHECK" specs/paxos.dspec -check minority_quorums -quiet -no-trace -trace-out "$tmp/paxos.scenario" >/dev/null 2>&1 </dev/null
sed 's/ with Quorums = .* {$/ {/' "$tmp/paxos.scenario" >>"$tmp/mended.dspec"
exits 1 'the run of a mistake in the mended spec' "$tmp/mended.dspec" -depth 1
says '^scenario minority_quorums_Agreement_run: blocked at step [0-9]+: leader\[[01]\]: propose\(v = v1\): `exists q in Quorums : safe\(q, v\)` is false'

# ---- by hand ----
cp $gold/counter.dspec "$tmp/explore.dspec"
for session in tests/explore/*.in; do
    name=${session%.in}
    # the first line of a session: arguments
    line=$(sed -n '1s/^# //p' "$session" | sed "s#TMP#$tmp#g")
    sed 1d "$session" | sed "s#TMP#$tmp#g" >"$tmp/commands"
    # shellcheck disable=SC2086 # several words
    LC_ALL=C.UTF-8 COLUMNS=80 timeout 60 "$DCHECK" $line -i >"$tmp/out" 2>&1 <"$tmp/commands"
    echo "exit $?" >>"$tmp/out"
    sed -i "s#$tmp#TMP#g" "$tmp/out"
    golden "$tmp/out" "$name.out"
done
for input in '' '\n\n' 'goto 99999999999\nundo -1\nrandom -3\nrandom 5 5\n0\n99\n' 'eval\neval )\neval (\neval \\\n' 'load\nload /\nsave\nsave /\nsave /no/where\n' 'why\nwhy me\nwhy client[9]\n' 'undo 100\nundo\nchart\nstate\ntrace\ncheck\nblocked\neval x\n' '\001\377\n' "eval $(printf '%10000s' '' | tr ' ' '(')\n"; do
    printf "$input" | timeout 20 "$DCHECK" $gold/counter.dspec -i >"$tmp/out" 2>&1
    got=$?
    if [ $got = 0 ]; then ok 'odd input of -i ends cleanly'; else fail "odd input of -i: $(printf '%s' "$input" | cut -c1-30)" "exit $got: $(tail -n 2 "$tmp/out")"; fi
done
(sleep 1; echo quit) | timeout 20 "$DCHECK" $gold/counter.dspec -i >"$tmp/out" 2>&1 &
pid=$!
wait $pid
check 'a session over a slow pipe' grep -q '^> quit$' "$tmp/out"
timeout --preserve-status -s INT 1 sh -c "sleep 5 | exec '$DCHECK' $gold/counter.dspec -i" >"$tmp/out" 2>&1
check 'Ctrl-C prints what is there and ends' grep -q '^possible:\|^it may begin' "$tmp/out"
finish
