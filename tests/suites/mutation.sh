#!/bin/sh
# The mutator (tests/mutation/mutate): on a tiny spec it kills, spares, explains and rejects what it should; and every line of
# tests/mutation/explained.tsv still speaks of an edit that there is. The run over the collection is `make mutation`.
. tests/tools/lib.sh

mutate=tests/mutation/mutate
DCHECK=$(cd "$(dirname "$DCHECK")" && pwd)/${DCHECK##*/}
export DCHECK

tab=$(printf '\t')
cat >"$tmp/tiny.dspec" <<'EOF'
/// A door that opens after three knocks. Nobody claims anything of `late`.
spec tiny

type Count = 0..3
network unordered max 1 when full block
message Knock : guest -> door

process guest {
    var times : Count := 0
    var late  : bool  := false
    action knock when times < 3 { times := times + 1; send Knock }
    action rest  when not late  { late := true }
}

process door {
    var heard : Count := 0
    var open  : bool  := false
    ghost var history : Count := 0
    on Knock { heard := heard + 1; history := history + 1; if heard == 3 { open := true } }
}

/// Not mutated: 1 < 2 and such.
invariant Shut = door.open implies (door.heard == 3 and door.history == 3)
reachable Open = door.open and guest.times == 3
final     Done = door.open

check
EOF

: >"$tmp/none.tsv"
"$mutate" -verbose -n 100 -explained "$tmp/none.tsv" "$tmp/tiny.dspec" >"$tmp/out" 2>&1
said() { # said NAME LINE WHAT EDIT: in the list of mutants
    if grep -q "tiny.dspec:$2: $3.*: $4\$" "$tmp/out"; then ok "$1"; else fail "$1" "$(grep -A1 "tiny.dspec:$2:" "$tmp/out")"; fi
}
said 'a dropped send is killed' 11 killed 'drop: send Knock'
said 'a dropped assignment is killed' 11 killed 'drop: times := times + 1'
said 'a dropped guard is killed' 11 killed 'drop: when times < 3'
said 'a flipped comparison is killed' 11 killed '< -> <='
said 'a changed condition is killed' 19 killed '== -> !='
said 'what nobody claims survives' 12 survived 'drop: late := true'
if grep -Eq 'tiny.dspec:(4|18|2[0-9]):' "$tmp/out"; then fail 'only the protocol is mutated' "$(cat "$tmp/out")"; else ok 'only the protocol is mutated'; fi
if grep -q 'history' "$tmp/out" && grep -q 'drop: history' "$tmp/out"; then fail 'ghosts are not mutated' "$(grep history "$tmp/out")"; else ok 'ghosts are not mutated'; fi
if [ "$(sed -n 2p "$tmp/out")" = "tiny${tab}17${tab}13${tab}4${tab}4${tab}0${tab}0" ]; then ok 'the table counts them'; else fail 'the table counts them' "$(cat "$tmp/out")"; fi

# An explanation is known by spec, line and edit.
printf 'tiny.dspec\taction rest when not late { late := true }\tdrop: late := true\tit is only an example\n' >"$tmp/why.tsv"
"$mutate" -n 100 -explained "$tmp/why.tsv" "$tmp/tiny.dspec" >"$tmp/out2" 2>&1
if [ "$(sed -n 2p "$tmp/out2")" = "tiny${tab}17${tab}13${tab}4${tab}3${tab}0${tab}0" ]; then ok 'an explanation counts'; else fail 'an explanation counts' "$(cat "$tmp/out2")"; fi
if grep -q 'because: it is only an example' "$tmp/out2"; then ok 'an explanation is shown'; else fail 'an explanation is shown' "$(cat "$tmp/out2")"; fi

# The order does not depend on what stands elsewhere.
"$mutate" -verbose -n 5 -explained "$tmp/none.tsv" "$tmp/tiny.dspec" | grep -A1 dspec: | sed 's/dspec:[0-9]*//' >"$tmp/one"
{ echo '/// Another line.'; cat "$tmp/tiny.dspec"; } >"$tmp/two.dspec" && mkdir "$tmp/d" && mv "$tmp/two.dspec" "$tmp/d/tiny.dspec"
"$mutate" -verbose -n 5 -explained "$tmp/none.tsv" "$tmp/d/tiny.dspec" | grep -A1 dspec: | sed 's/dspec:[0-9]*//; s|/d/|/|' >"$tmp/two"
if cmp -s "$tmp/one" "$tmp/two"; then ok 'the sample does not move'; else fail 'the sample does not move' "$(diff "$tmp/one" "$tmp/two")"; fi

# A mutant that does not compile is not counted as tried: a set without its condition is no expression.
sed 's/when not late/when not late and {x in Count where x > 1} != {}/' "$tmp/tiny.dspec" >"$tmp/d/tiny.dspec"
"$mutate" -verbose -n 100 -explained "$tmp/none.tsv" "$tmp/d/tiny.dspec" >"$tmp/out3" 2>&1
if grep -q 'tiny.dspec:12: invalid: drop: where x > 1' "$tmp/out3" && [ "$(sed -n 2p "$tmp/out3" | cut -f 6)" = 1 ]; then
    ok 'what does not compile is invalid'
else
    fail 'what does not compile is invalid' "$(cat "$tmp/out3")"
fi

# ---- the table ----
"$mutate" -unmatched >"$tmp/unmatched" 2>&1
if [ -s "$tmp/unmatched" ]; then fail 'explanations speak of edits that there are' "$(cat "$tmp/unmatched")"; else ok 'explanations speak of edits that there are'; fi
if awk -F '\t' '!/^#/ && (NF != 4 || $4 == "") { print FILENAME ":" NR; bad = 1 } END { exit bad }' tests/mutation/explained.tsv >"$tmp/bad"; then
    ok 'every line has its four columns'
else
    fail 'every line has its four columns' "$(cat "$tmp/bad")"
fi
finish
