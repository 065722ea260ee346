#!/bin/sh
# The command line: every option, every exit code of the table, what is printed, Ctrl-C, limits, simulation.
. tests/tools/lib.sh
cli=tests/golden/cli
: >"$tmp/used"

# run CODE ARGUMENT...: one test: the exit code. Leaves $tmp/out and $tmp/err, and $name for the tests on them.
run() {
    want=$1
    shift
    name="cli $*"
    for word in "$@"; do case $word in -[A-Za-z]* | --[A-Za-z]*) echo "$word" >>"$tmp/used" ;; esac; done
    timeout 60 "$DCHECK" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
    got=$?
    if [ $got = "$want" ]; then ok "$name: exit $want"; else fail "$name: exit $want" "exit $got; $(tail -n 2 "$tmp/out"; tail -n 2 "$tmp/err")"; fi
}

# says [TEXT], complains [TEXT]: the output, the errors have a line that matches; silent: the output has none
says() { if grep -Eq -e "$1" "$tmp/out"; then ok "$name: says $1"; else fail "$name: says $1" "$(tail -n 5 "$tmp/out")"; fi; }
complains() { if grep -Eq -e "$1" "$tmp/err"; then ok "$name: complains $1"; else fail "$name: complains $1" "$(tail -n 5 "$tmp/err")"; fi; }
silent() { if grep -Eq -e "$1" "$tmp/out"; then fail "$name: does not say $1" "$(grep -Em1 -e "$1" "$tmp/out")"; else ok "$name: does not say $1"; fi; }
# field EXPRESSION VALUE: of the JSON document in $tmp/out, c being its first check
field() {
    found=$(python3 -c 'import json,sys; d=json.load(open(sys.argv[1])); c=d["checks"][0]; print(eval(sys.argv[2]))' "$tmp/out" "$1" 2>&1)
    if [ "$found" = "$2" ]; then ok "$name: $1 is $2"; else fail "$name: $1 is $2" "$found"; fi
}

# ---- exit codes ----
run 0 $cli/count.dspec
says '^OK, proved$'
run 1 $cli/count.dspec -check nowhere
says '^violated: no state satisfies Ten, NOT as expected$'
run 1 $cli/count.dspec -check unforeseen
says 'the check expects a violation of Fine, NOT as expected'
run 1 $cli/count.dspec -check not_dead
run 1 $cli/count.dspec -check no_error
run 1 $cli/count.dspec -check no_cut
run 2 $cli/cut.dspec
says '^inconclusive: none within the cut \(1 '
run 2 $cli/noinit.dspec
says '^inconclusive: there is no initial state, so nothing was checked$'
silent ' proved'
run 0 specs/chang_roberts.dspec
says '^  property   Elected  *proved'
run 10 $cli/assume.dspec -check odd
says 'assume.dspec:4:8: the assumption .N mod 2 == 0. is false'
run 10 $cli/assume.dspec -D N=5
run 11 $cli/count.dspec -check stuck
says '^deadlock: '
run 12 $cli/count.dspec -check broken
says '^invariant Small is violated$'
says '^violated: invariant Small$'
run 12 $cli/count.dspec -check begin
says '^initially Started is violated$'
run 12 $cli/count.dspec -check stepping
says '^step NoTwo is violated$'
run 12 $cli/count.dspec -check other
run 12 $cli/count.dspec -check not_fine
run 14 $cli/errors.dspec -D Which=text
says '^assert in text_error'
says 'errors.dspec:[0-9]+:[0-9]+: n is positive'
for row in 'range:range_error:a value lies outside the range' 'capacity:capacity_error:more is stored than there is room' \
    'index:index_error:an index lies outside the sequence' 'empty:empty_error:something is chosen from nothing' \
    'division:division_error:division by zero' 'value:value_error:.none. is used as a value' 'field:field_error:no case .*fits' \
    'overflow:overflow_error:a number leaves 64 bits' 'guard:guard_error:division by zero' 'formula:Formula:division by zero' \
    'network_full:full_error:the network .unordered. is full' 'start:init:division by zero'; do
    which=${row%%:*} where=${row#*:}
    text=${where#*:} where=${where%%:*}
    run 75 $cli/errors.dspec -D "Which=$which"
    says "^error in $where: "
    says "errors.dspec:[0-9]+:[0-9]+: $text"
    says "^violated: error $where\$"
done
run 120 $cli/types.dspec
complains '^tests/golden/cli/types.dspec:2:17: error: '
complains '^tests/golden/cli/types.dspec:3:16: error: .xx. is not declared'
complains 'did you mean .x.\?'
run 150 $cli/syntax.dspec
complains '^tests/golden/cli/syntax.dspec:3:20: error: '
printf 'spec empty\n' >"$tmp/empty.dspec"
: >"$tmp/nothing.dspec"
run 150 "$tmp/nothing.dspec"
run 151
complains '^usage: dcheck'
run 151 -bogus $cli/count.dspec
complains 'bogus'
run 151 $cli/count.dspec -D M=1
complains 'no constant .M.'
run 151 $cli/count.dspec -check goood
complains 'no check .goood.; did you mean .good.'
run 153 $tmp/missing.dspec
complains 'missing.dspec: No such file'
run 153 specs
complains 'specs: Is a directory'
run 153 $cli/count.dspec -json $tmp/no/such/folder.json
complains 'folder.json: No such file'
name='cli standard output is full'
"$DCHECK" $cli/count.dspec >/dev/full 2>"$tmp/err"
[ $? = 153 ] && ok "$name: exit 153" || fail "$name: exit 153" "exit $?"
# with several checks or files the first that is not 0
run 11 $cli/count.dspec -all
run 12 $cli/count.dspec $cli/talk.dspec
says '^OK, proved$'
says '^violated: invariant NoThree$'
run 2 $cli/cut.dspec $cli/talk.dspec
run 153 $tmp/missing.dspec $cli/talk.dspec
says '^violated: invariant NoThree$'

# ---- expectations ----
run 0 $cli/count.dspec -check foreseen
says '^violated: invariant Small, as expected$'
run 0 $cli/count.dspec -check dead
run 0 $cli/count.dspec -check fine
run 0 $cli/count.dspec -check nowhere_foreseen
run 0 $cli/count.dspec -check allowed
run 0 $cli/cut.dspec -check foreseen
run 12 $cli/cut.dspec -check real
run 0 $cli/errors.dspec -check foreseen
run 0 $cli/errors.dspec -check foreseen_in
run 75 $cli/errors.dspec -check elsewhere

# ---- options, each with one dash and with two, before and after the file ----
run 0 -help
says '^usage: dcheck'
cp "$tmp/out" "$tmp/help"
lines=$(wc -l <"$tmp/help")
[ "$lines" -le 50 ] && ok 'cli -help: one screen' || fail 'cli -help: one screen' "$lines lines"
for code in 0 1 2 10 11 12 13 14 75 120 150 151 153; do
    grep -q "[^0-9]$code [a-z]" "$tmp/help" && ok "cli -help: tells of exit code $code" || fail "cli -help: tells of exit code $code" 'not found'
done
run 0 --help
run 0 -version
says '^dcheck [0-9]+\.[0-9]+\.[0-9]+$'
run 0 --version
for dash in - --; do
    run 0 ${dash}workers 2 $cli/count.dspec
    says '; [0-9.]+ s, 2 workers, '
    run 0 $cli/count.dspec ${dash}workers auto
    run 12 ${dash}check broken $cli/count.dspec
    run 11 $cli/count.dspec ${dash}all
    run 0 ${dash}D N=5 $cli/count.dspec
    says '\(N = 5, '
    says '^  6 distinct states, 6 generated, depth 6;'
    run 2 $cli/count.dspec ${dash}depth 2
    says 'no violation within 2 levels'
    run 12 $cli/count.dspec ${dash}continue -check everything
    run 0 ${dash}deadlock $cli/count.dspec -check stuck
    silent 'no deadlock'
    run 0 $cli/count.dspec ${dash}symmetry off
    run 0 $cli/count.dspec ${dash}symmetry on
    run 2 $cli/count.dspec ${dash}simulate ${dash}walks 7 ${dash}walk-depth 3 ${dash}seed 9
    says '^  7 walks, 14 steps, seed 9;'
    run 0 ${dash}interpret $cli/count.dspec
    says ', interpreter$'
    run 0 $cli/count.dspec ${dash}native
    says ', native$'
    run 0 ${dash}mem 64M $cli/count.dspec
    run 0 $cli/count.dspec ${dash}json "$tmp/file.json"
    says '^OK, proved$'
    check "$name: the file is JSON" python3 -c 'import json,sys; json.load(open(sys.argv[1]))' "$tmp/file.json"
    run 0 ${dash}json - $cli/count.dspec
    field 'c["verdict"]' proved
    run 12 $cli/count.dspec ${dash}no-trace -check broken
    silent 'initial state'
    says '^violated: invariant Small$'
    run 12 ${dash}full $cli/count.dspec -check broken
    says '^         x = 3$'
    silent '->'
    run 12 ${dash}quiet $cli/count.dspec -check broken
    silent 'distinct states'
    says '^    4  up$'
    run 12 ${dash}colour always $cli/count.dspec -check broken
    says "$(printf '\033')\\["
    run 12 ${dash}colour never $cli/count.dspec -check broken
    silent "$(printf '\033')"
    run 12 ${dash}colour auto $cli/count.dspec -check broken
    silent "$(printf '\033')"
    run 0 ${dash}dump tokens $cli/count.dspec
    says '^2:1 spec$'
    run 0 $cli/count.dspec ${dash}dump ast
    says '^UNIT count$'
    run 0 $cli/count.dspec ${dash}dump ir
    says '^\(program '
    run 0 $cli/count.dspec ${dash}dump c
    says 'dc_expand'
    mkdir -p "$tmp/library"
    printf 'module half\ndef half_of(n) = n div 2\n' >"$tmp/library/half.dspec"
    printf 'spec user\nimport half\nvar x : 0..3 := half_of(2)\naction up when x < 3 { x := x + 1 }\nfinal End = x == 3\ncheck\n' >"$tmp/user.dspec"
    run 120 "$tmp/user.dspec"
    complains 'no module .half.'
    run 0 "$tmp/user.dspec" ${dash}I "$tmp/library"
    says '^  3 distinct states'
done
run 0 -workers 2 $cli/count.dspec -quiet $cli/assume.dspec -no-trace
says 'count.dspec'
says 'assume.dspec'
run 0 -DN=5 $cli/count.dspec
run 1 $cli/count.dspec -D N=1+1
says '^  3 distinct states'
run 0 $cli/count.dspec -D N=5 -D N=4
says '^  5 distinct states'
run 0 $cli/count.dspec -D N=4 -check longer
says '^  5 distinct states'
run 12 $cli/talk.dspec -trace chart -explain
run 12 $cli/talk.dspec -trace-out "$tmp/talk" -format svg -report "$tmp/talk.html" -junit "$tmp/talk.xml" -sarif "$tmp/talk.sarif"
run 12 $cli/talk.dspec --trace steps --explain --trace-out "$tmp/talk" --format itf --report "$tmp/talk.html" --junit "$tmp/talk.xml" --sarif "$tmp/talk.sarif"
run 0 $cli/count.dspec -check longer -profile-engine
says '^  engine: [0-9]+ ns a generated state:.* successors [0-9]+ %'
run 0 $cli/count.dspec -check longer --profile-engine -json -
says '"successors": [0-9.e-]+'
run 0 $cli/count.dspec -coverage -strict
says '^coverage of 1 check, each searched to the end$'
run 1 $cli/warn.dspec --coverage --strict
run 0 $cli/count.dspec -D N=3..5 -csv "$tmp/sweep.csv"
says '^3 of 3 run$'
run 0 $cli/count.dspec --D=N=3,5 --csv "$tmp/sweep.csv"
run 153 $cli/count.dspec -D N=3..5 -csv "$tmp/nowhere/sweep.csv"
run 153 $cli/count.dspec -D N=3..5 -csv /dev/full
run 0 $cli/count.dspec -graph "$tmp/states.dot" -graph-max 2
says 'states.dot: 2 states, .* states are left out'
run 0 $cli/count.dspec --graph "$tmp/states.mmd" --graph-max 20
run 153 $cli/count.dspec -graph "$tmp/nowhere/states.dot"
run 0 $cli/count.dspec -profile
says '^where the states come from \([0-9]+ states, interpreter\)$'
run 12 $cli/talk.dspec --profile
says '^advice: '
run 151 $cli/count.dspec -profile -simulate
run 0 $cli/count.dspec -i
says '^possible:'
run 0 $cli/count.dspec --i -check stuck
says '^possible:'
run 0 $cli/count.dspec -tla "$tmp/Count.tla"
says 'Count.tla: written, with'
run 0 $cli/count.dspec -all --tla "$tmp/modules"
run 0 -completion bash
run 0 --completion fish
run 0 -- $cli/count.dspec
sed -n 's/^  -\([A-Za-z-]*\) .*/\1/p' "$tmp/help" | while read -r option; do
    for dash in - --; do grep -qx -e "$dash$option" "$tmp/used" || echo "$dash$option"; done
done >"$tmp/unused"
[ ! -s "$tmp/unused" ] && [ "$(grep -c '^  -' "$tmp/help")" -ge 20 ] && ok 'cli every option of -help is used here' ||
    fail 'cli every option of -help is used here' "not: $(cat "$tmp/unused")"

# ---- wrong usage ----
for wrong in '-workers 0' '-workers -1' '-workers x' '-workers 5000' '-workers' '-depth x' '-walks x' '-walk-depth 99999999999' '-seed -1' '-mem 0' \
    '-mem x' '-mem 5X' '-mem 1GB' '-symmetry maybe' '-colour blue' '-dump everything' '-interpret -native' '-D N' '-de 2' '-check'; do
    # shellcheck disable=SC2086
    run 151 $cli/count.dspec $wrong
    complains '.'
done
run 151 $cli/count.dspec $cli/cut.dspec -json -
run 120 $cli/count.dspec -D N=50
complains 'outside 1\.\.9'
run 120 $cli/count.dspec -D N=true
run 120 $cli/count.dspec -D N=foo
run 150 $cli/count.dspec '-D' 'N=)'
run 120 $cli/count.dspec -D N=x # a variable is no constant

# ---- what is printed ----
run 0 $cli/warn.dspec
says 'warning: tests/golden/cli/warn.dspec:5:8: never never happens'
says '^  up +3$'
says '^  never +0$'
says 'chance that a state was missed at most '
run 2 $cli/count.dspec -depth 3 -json -
field 'c["depth"]' 3
field 'c["verdict"]' inconclusive
run 12 $cli/count.dspec -check everything -continue -json -
field '[c["property"]] + [t["property"] for t in c["further_traces"]]' "['Small', 'Tiny', 'Started', 'NoTwo', 'Three']"
field '[len(t["trace"]) for t in c["further_traces"]]' '[3, 1, 2, 4]'
field 'len(c["trace"])' 4
field '[p["name"] for p in c["properties"] if p["verdict"] == "violated"]' "['Small', 'Tiny', 'Started', 'NoTwo', 'Ten']"
run 12 $cli/count.dspec -check both -json - # the least of a level by the order of properties; Tiny comes first
field 'c["property"]' Tiny
field 'len(c["trace"])' 3

# an error in one property leaves the others to be judged
printf 'spec both\nvar x : 0..1 := 0\nvar y : 0..3 := 0\naction a when x == 0 { x := 1 }\naction b when y < 3 { y := y + 1 }\ninvariant A = 1 div (1 - x) >= 0\ninvariant B = x == 0\nreachable C = x == 1\nfinal Done = y == 3\ncheck\n' >"$tmp/both.dspec"
run 75 "$tmp/both.dspec" -continue -json -
field '[p["verdict"] for p in c["properties"] if p["name"] == "B"]' "['violated']"
field '[p["verdict"] for p in c["properties"] if p["name"] == "C"]' "['proved']"
field '[p["verdict"] for p in c["properties"] if p["name"] == "A"] == ["proved"]' False
# more properties than fit in a word: all are tested, or the spec is refused; never proved unseen
{
    printf 'spec many\nvar x : 0..3 := 0\naction up when x < 3 { x := x + 1 }\nfinal Done = x == 3\n'
    for i in $(seq 0 69); do echo "invariant I$i = x $([ "$i" = 68 ] && echo '< 3' || echo '<= 3')"; done
    echo check
} >"$tmp/many.dspec"
name='cli a spec with 70 invariants, the 69th violated'
"$DCHECK" "$tmp/many.dspec" >"$tmp/out" 2>&1
case $? in 12 | 120) ok "$name" ;; *) fail "$name" "$(tail -n 1 "$tmp/out")" ;; esac

# ---- traces ----
run 12 $cli/talk.dspec -workers 1
says '^invariant NoThree is violated$'
says '^    1  initial state$'
says '^    2  client\[1\]: ask$'
says '^         sends Ask\(n: 1\)( to server)?$'
says '^         client\[1\]\.asked: 0 -> 1$'
says '^    3  server receives Ask\(n: 1\) from client\[1\]$'
says '^         sends Answer\(n: 1\) to client\[1\]$'
says '^         server\.served\[1\]: 0 -> 1$' # down to the key of the map
says '^    7  client\[1\] receives Answer\(n: 3\)( from server)?$'
says '^         client\[1\]\.got: \{1\} -> \{1, 3\}$'
silent 'client\[2\]\.[a-z]*: ' # what does not change is not shown
silent 'served: '
says '^ +for c = 1$'
says '`3 notin client\[c\]\.got` is false'
silent 'is true'
run 12 $cli/talk.dspec -full
says '^         client\[2\]\.asked = 0$'
run 12 $cli/talk.dspec -json -
field '[(e["step"], e["action"], e["process"]) for e in c["trace"]][:3]' "[(0, None, None), (1, 'ask', 'client[1]'), (2, 'Ask', 'server')]"
field 'c["trace"][2]["received"]' "{'message': 'Ask(n: 1)', 'from': 'client[1]'}"
field 'c["trace"][2]["sent"]' "[{'message': 'Answer(n: 1)', 'to': 'client[1]'}]"
field 'c["trace"][6]["state"]["client[1].got"]' '{1, 3}'
run 11 $cli/crash.dspec
says '^    4  worker\[2\] crashes   \[fault\]$'
says 'worker\[1\] is blocked: work: `not sent_it` is false'
silent '`work` is false' # a crashed worker is down, its guard is not the reason
says 'boss is blocked: on Done: there is no such message'
says '^AllHeard is reachable: a shortest run of 5 states$'
run 12 $cli/count.dspec -check stepping
says "x' = 2"

# ---- limits ----
run 2 $cli/long.dspec -mem 2M -interpret
says '^inconclusive: the memory limit is reached; no violation so far, [0-9]+ states were not expanded$'
run 2 $cli/long.dspec -mem 2M -interpret -json - -workers 2
field 'c["verdict"]' inconclusive
field 'c["distinct"] > 1000' True
run 2 $cli/long.dspec -depth 4 -no-trace
says 'no violation within 4 levels; [0-9]+ states were not expanded$'

# interrupt AFTER ARGUMENT...: SIGINT after so many seconds, then at most 2 s to the end
interrupt() {
    after=$1
    shift
    name="cli interrupted after $after s: $*"
    began=$(date +%s%N)
    timeout --foreground --preserve-status -k 20 -s INT "$after" "$DCHECK" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
    got=$?
    took=$((($(date +%s%N) - began) / 1000000))
    [ $got = 2 ] && ok "$name: exit 2" || fail "$name: exit 2" "exit $got; $(tail -n 2 "$tmp/err")"
    limit=$(python3 -c "print(int(1000 * ($after + 2)))")
    [ $took -le "$limit" ] && ok "$name: within 2 s" || fail "$name: within 2 s" "$took ms"
}
for workers in 1 2 8; do
    interrupt 0.7 $cli/long.dspec -interpret -workers $workers
    says '^inconclusive: interrupted; no violation so far'
    says ' distinct states, '
done
interrupt 0.5 $cli/long.dspec -interpret -workers 2 -json - -no-trace
field 'c["verdict"]' inconclusive
field 'c["distinct"] > 1000' True
interrupt 1 $cli/long.dspec -native -workers 2 -no-trace
interrupt 0.5 $cli/long.dspec -simulate -walks 100000000 -interpret
says '^inconclusive: interrupted'

# ---- simulation ----
run 2 specs/paxos.dspec -simulate -walks 50
says '^sampled: '
silent 'proved'
run 12 $cli/count.dspec -check broken -simulate
says '^invariant Small is violated$'
says '^violated: invariant Small$'
run 0 $cli/count.dspec -check foreseen -simulate
run 2 $cli/count.dspec -simulate -json -
field 'c["verdict"]' sampled
field 'sorted(set(p["verdict"] for p in c["properties"]) - {"proved"})' "['sampled']"
run 11 $cli/crash.dspec -simulate
run 75 $cli/errors.dspec -simulate
run 2 $cli/count.dspec -simulate -no-trace
silent 'Three +(not reached|unreachable)' # every walk passes there
walks() { "$DCHECK" "$@" -json - 2>&1 | sed -E '/^ *"(seconds|workers|execution|memory_bytes)":/d'; }
for model in "specs/paxos.dspec -walks 200" "specs/paxos.dspec -check minority_quorums -walks 3000" "bench/models/braft.dspec -walks 100 -walk-depth 40"; do
    # shellcheck disable=SC2086
    for seed in 1 77; do
        walks $model -simulate -seed $seed -workers 1 >"$tmp/w1"
        for n in 2 8; do
            walks $model -simulate -seed $seed -workers $n >"$tmp/wn"
            check "cli $model -simulate -seed $seed: $n workers walk like 1" cmp "$tmp/w1" "$tmp/wn"
        done
        mv "$tmp/w1" "$tmp/seed$seed"
    done
    if cmp -s "$tmp/seed1" "$tmp/seed77"; then fail "cli $model -simulate: another seed, other walks" 'equal'; else ok "cli $model -simulate: another seed, other walks"; fi
done

# ---- a long run says how far it is ----
name='cli long: on a pipe'
DCHECK_PROGRESS_SECONDS=0.3 timeout -k 30 -s INT 2 "$DCHECK" $cli/long.dspec -interpret -no-trace >"$tmp/out" 2>"$tmp/err" </dev/null
complains '^level [0-9]+: [0-9,]+ distinct, [0-9,]+ generated, [0-9,]+ in this level, [0-9]+ % done, [0-9,]+/s, [0-9]+ MiB of [0-9]+, [0-9]+ s'
if grep -q "$(printf '\033')" "$tmp/err"; then fail "$name: plain" 'escape sequences'; else ok "$name: plain"; fi
n=$(wc -l <"$tmp/err")
if [ "$n" -ge 2 ] && [ "$n" -le 8 ]; then ok "$name: a line now and then"; else fail "$name: a line now and then" "$n lines"; fi
says '^inconclusive: interrupted'
name='cli long: with little memory'
DCHECK_PROGRESS_SECONDS=0.2 timeout -k 30 -s INT 8 "$DCHECK" $cli/long.dspec -interpret -no-trace -mem 30M >"$tmp/out" 2>"$tmp/err" </dev/null
complains ' MiB of 30, [0-9]+ s, memory full in [0-9.]+ (s|min)$'
name='cli long: quiet'
DCHECK_PROGRESS_SECONDS=0.2 timeout -k 30 -s INT 1 "$DCHECK" $cli/long.dspec -interpret -no-trace -quiet >"$tmp/out" 2>"$tmp/err" </dev/null
if [ -s "$tmp/err" ]; then fail "$name" "$(cat "$tmp/err")"; else ok "$name"; fi
for quiet in '' -quiet; do
    name="cli long: SIGUSR1 $quiet"
    "$DCHECK" $cli/long.dspec -interpret -no-trace $quiet >"$tmp/out" 2>"$tmp/err" </dev/null &
    pid=$!
    sleep 0.7
    kill -USR1 $pid
    sleep 0.7
    if [ "$(wc -l <"$tmp/err")" = 1 ]; then ok "$name: one line at once"; else fail "$name: one line at once" "$(cat "$tmp/err")"; fi
    kill -TERM $pid
    wait $pid
    complains '^level [0-9]+: .* s'
    says '^inconclusive: interrupted'
done

# ---- a terminal: progress and colours; a pipe has neither ----
if python3 tests/tools/terminal.py 6 "$DCHECK" $cli/long.dspec -interpret -workers 1 -no-trace >"$tmp/terminal" 2>&1; then :; fi
name='cli on a terminal'
cp "$tmp/terminal" "$tmp/out"
says 'level [0-9]+: [0-9,]+ distinct, [0-9,]+ generated, [0-9,]+ in this level, [0-9]+ % done, [0-9,]+/s, [0-9]+ MiB'
says "$(printf '\033')\\[1;33minconclusive"

# ---- where it could have been avoided last ----
name='cli -explain'
"$DCHECK" specs/paxos.dspec -check minority_quorums -D B=1 -symmetry off -trace none -explain >"$tmp/out" 2>"$tmp/err"
says 'Step [0-9]+ was the last at which it could be avoided. Had .leader.[01].: propose.v = v[12].. come instead, Agreement could not'
"$DCHECK" specs/raft.dspec -check forgets_vote -trace none -explain >"$tmp/out" 2>"$tmp/err"
says 'No other step would have avoided it: .* leaves a violation of ElectionSafety possible'
"$DCHECK" specs/term_election.dspec -all -trace none -explain >"$tmp/out" 2>"$tmp/err"
says 'which step it could be avoided last is unknown: too much lies behind'
# what it says, asked as a scenario: with the other step no run violates it, after the same step later some run does
{
    cat specs/paxos.dspec
    for which in 'impossible scenario avoided|leader[0]: propose(v = v1)' 'scenario too_late|leader[0]: propose(v = v2)'; do
        echo "${which%|*} with Quorums = {{a} for a in Acceptor}, B = 1 only Agreement {"
        echo 'leader[1]: prepare
              acceptor[Acceptor1] receives Prepare(bal: 1) from leader[1]
              leader[0]: prepare
              acceptor[Acceptor2] receives Prepare(bal: 0) from leader[0]
              leader[1]: propose(v = v1)'
        printf '%s\n...\nexpect not Agreement\n}\n' "${which#*|}"
    done
} >"$tmp/escape.dspec"
"$DCHECK" "$tmp/escape.dspec" -I specs -no-trace -depth 2 >"$tmp/out" 2>"$tmp/err"
says '^scenario avoided: impossible, as declared: .* it is false in [0-9]+ states'
says '^scenario too_late: possible'

# ---- with -continue the trace in JSON is of what the verdict is about, the others come after it ----
name='cli -continue in JSON'
"$DCHECK" specs/saga.dspec -check twice -continue -json - >"$tmp/out" 2>"$tmp/err"
field 'c["kind"], c["property"], len(c["trace"])' "('invariant', 'Sane', 11)"
field '[t["kind"] for t in c["further_traces"]]' "['error']"

# ---- symmetric types: what the report says ----
name='cli symmetric types'
uses=tests/golden/symmetric.dspec
"$DCHECK" "$uses" -all -no-trace >"$tmp/out" 2>"$tmp/err"
says 'up to renaming of Node .3., Mark .2.$'
says "not reduced by Node: $uses:24:23: what this loop does may depend on their order"
says "not reduced by Node: $uses:28:31: there are several candidates, and their order decides"
says "not reduced by Node: $uses:32:35: what .fold. makes of them may depend on their order"
"$DCHECK" specs/bounded_delay_demo.dspec -check completeness >"$tmp/out" 2>"$tmp/err"
says 'not reduced by Node: .*a claim about behaviours tells them apart'
"$DCHECK" specs/two_phase_commit.dspec -symmetry off >"$tmp/out" 2>"$tmp/err"
says '^  288 distinct states, 1,146 generated, depth 11;'
if grep -q 'renaming' "$tmp/out"; then fail "$name: off" "it says: $(grep renaming "$tmp/out")"; else ok "$name: off"; fi

# ---- without a C compiler ----
name='cli without a C compiler'
mkdir -p "$tmp/bin"
env PATH="$tmp/bin" CC= XDG_CACHE_HOME="$tmp/cold" "$DCHECK" specs/two_phase_commit.dspec -native >"$tmp/out" 2>"$tmp/err"
[ $? = 0 ] && ok "$name: exit 0" || fail "$name: exit 0" "$(cat "$tmp/out" "$tmp/err")"
says '^  80 distinct states, 318 generated, depth 11;'
says 'warning: no native code, .*no C compiler'
finish
