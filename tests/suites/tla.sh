#!/bin/sh
# Modules of -tla: golden files, every check of the collection read by the grammar of TLA+ (tests/tools/tla.py) and, where it
# is small, explored: states, depth and the verdict of each property must be those of dcheck. The evaluator itself must
# notice what is wrong.
#
#   BLESS=1 sh tests/suites/tla.sh      writes the golden files anew
#   MOST=3000 sh tests/suites/tla.sh    explores checks of up to so many states (500)
. tests/tools/lib.sh
gold=tests/tla

# golden FILE.dspec CHECK NAME
golden() {
    if ! "$DCHECK" "$1" ${2:+-check "$2"} -tla "$tmp/$3.tla" >/dev/null 2>"$tmp/notes"; then
        fail "tla $3" "$(cat "$tmp/notes")"
        return
    fi
    for end in tla cfg; do
        [ -z "${BLESS:-}" ] || cp "$tmp/$3.$end" "$gold/$3.$end"
        if cmp -s "$tmp/$3.$end" "$gold/$3.$end"; then ok "tla $3.$end"; else
            fail "tla $3.$end" "$(diff "$tmp/$3.$end" "$gold/$3.$end" 2>&1 | head -n 6)"
        fi
    done
}

golden specs/two_phase_commit.dspec '' TwoPhaseCommit
golden specs/lossy_channel.dspec '' LossyChannel
golden $gold/names.dspec fine Names # WF_x as a name once kept it looking for one that is free
golden $gold/bounds.dspec '' Bounds
if grep -q 'Ticks uses `until`' "$tmp/notes" && grep -q 'Free uses `can`' "$tmp/notes"; then ok 'tla tells what it leaves out'; else
    fail 'tla tells what it leaves out' "$(cat "$tmp/notes")"
fi

# every check: read, and explored if it is small
python3 tests/tools/tla_compare.py -sizes tests/golden/golden.tsv -sizes docs/tla_counts.md "${MOST:-500}" \
    specs/*.dspec bench/models/*.dspec tests/golden/*.dspec $gold/*.dspec >"$tmp/out" 2>&1 || fail 'tla compare' "$(tail -n 1 "$tmp/out")"
adopt "$tmp/out"

# -all writes a module for each check
"$DCHECK" specs/lossy_channel.dspec -all -tla "$tmp/all" >"$tmp/out" 2>&1
said=$(wc -l <"$tmp/out")
written=$(find "$tmp/all" -name '*.tla' | wc -l)
checks=$(grep -c '^check' specs/lossy_channel.dspec)
if [ "$written" = "$checks" ] && [ "$said" = "$checks" ]; then ok 'tla -all'; else fail 'tla -all' "$written of $checks"; fi
"$DCHECK" specs/lossy_channel.dspec -tla "$tmp/no/such/folder.tla" >"$tmp/out" 2>&1
code=$?
if [ $code = 153 ]; then ok 'tla: a file that cannot be written'; else fail 'tla: a file that cannot be written' "exit $code"; fi

# The evaluator: what is planted in a module is found.
evaluate() { python3 tests/tools/tla.py "$tmp/$1.tla" "$tmp/TwoPhaseCommit.cfg" 2>&1; }
# planted NAME SED-SCRIPT TEXT: the changed module gives TEXT
planted() {
    sed "$2" "$tmp/TwoPhaseCommit.tla" >"$tmp/Planted.tla"
    if cmp -s "$tmp/TwoPhaseCommit.tla" "$tmp/Planted.tla"; then fail "tla planted: $1" 'nothing was changed'; return; fi
    if evaluate Planted | grep -qF "$3"; then ok "tla planted: $1"; else fail "tla planted: $1" "$(evaluate Planted)"; fi
}
planted 'nothing but a comment' '1a\
\\* a comment' '"distinct": 288, "cut": 0, "depth": 11, "violated": [], "errors": []'
planted 'a guard that is left out' 's/coordinator_prepared = RM/TRUE/' '"violated": ["Consistent", "tc", "tc_Consistent"]'
planted 'a step that is left out' '/E self \\in RM : rm_give_up/d' '"distinct": 251'
planted 'a stop' 's/^NoDeadlock == FinalState/NoDeadlock == FALSE/' '"violated": ["NoDeadlock"]'
planted 'a variable without a next value' 's/UNCHANGED <<rm_state, coordinator_prepared>>/UNCHANGED rm_state/' 'without a value'
planted 'a value of the wrong type' 's/= "commit"/= "commits"/' '"violated": ["TypeOK"'
planted 'values of two kinds compared' 's/coordinator_decision = "none_yet"/coordinator_decision = 1/' 'a value of another kind'
planted 'a name that is not there' 's/rm_state\[r\] = "working"/rm_stat[r] = "working"/' 'the name rm_stat is not defined here'
planted 'a name twice' 's/^Next ==/Init ==/' 'Init is defined twice'
planted 'a name bound again' 's/E s \\in RM/E r \\in RM/' 'the name r is bound, but it has a meaning already'
planted 'operators without parentheses' 's,~(\\E r \\in RM,TRUE \\/ FALSE /\\ ~(\\E r \\in RM,' 'parentheses are wanted'
planted 'a bracket too few' 's/{}$/{/' 'an expression is wanted'
if python3 tests/tools/tla_answers.py >"$tmp/out" 2>&1; then adopt "$tmp/out"; else fail 'tla behaviours' "$(tail -n 2 "$tmp/out")"; fi
finish
