#!/bin/sh
# docs/dcheck.schema.json describes what -json writes: many runs of all kinds are validated, and some wrong documents refused.
. tests/tools/lib.sh
cli=tests/golden/cli
schema=docs/dcheck.schema.json
check 'json the schema is one' python3 tests/tools/json_valid.py $schema

# valid ARGUMENT...
valid() {
    timeout 60 "$DCHECK" "$@" -json - >"$tmp/doc" 2>"$tmp/err" </dev/null
    case " $* " in *' -simulate '*) walks=-walks ;; *) walks='' ;; esac
    check "json $*" python3 tests/tools/json_valid.py $walks $schema "$tmp/doc"
}

for spec in $cli/assume $cli/count $cli/cut $cli/errors $cli/talk $cli/crash $cli/warn specs/chang_roberts specs/two_phase_commit; do
    valid "$spec.dspec" -all
done
for model in bench/models/*.dspec; do
    case $model in */paxos.dspec | */bpaxos.dspec) set -- -D B=1 ;; *) set -- ;; esac
    valid "$model" -all -interpret "$@"
done
for which in range capacity index empty division value field overflow text guard formula network_full start; do
    valid $cli/errors.dspec -D Which=$which
done
valid specs/consensus_flp.dspec -check too_eager
valid specs/paxos.dspec -check minority_quorums
valid specs/paxos.dspec -check minority_quorums -D B=1 -continue
valid specs/paxos.dspec -D B=1 -native
valid specs/paxos.dspec -simulate -walks 20
valid specs/paxos.dspec -simulate -check minority_quorums -walks 2000
valid $cli/count.dspec -check everything -continue
valid $cli/count.dspec -check broken -no-trace
valid $cli/count.dspec -check broken -full -colour always -quiet
valid $cli/count.dspec -depth 2
valid $cli/long.dspec -mem 1M -workers 2
valid $cli/long.dspec -depth 3 -no-trace
timeout --foreground --preserve-status -k 20 -s INT 0.5 "$DCHECK" $cli/long.dspec -interpret -json - -no-trace >"$tmp/doc" 2>/dev/null </dev/null
check 'json of an interrupted run' python3 tests/tools/json_valid.py $schema "$tmp/doc"
"$DCHECK" $cli/talk.dspec -json "$tmp/file" >/dev/null 2>&1
"$DCHECK" $cli/talk.dspec -json - 2>/dev/null | sed '/"seconds"/d' >"$tmp/doc"
sed '/"seconds"/d' "$tmp/file" >"$tmp/file2"
check 'json to a file is what goes to standard output' cmp "$tmp/file2" "$tmp/doc"
cp "$cli/count.dspec" "$tmp/ünï \"quoted\".dspec"
valid "$tmp/ünï \"quoted\".dspec"
latin="$tmp/latin$(printf '\351').dspec"
cp "$cli/count.dspec" "$latin"
valid "$latin"

# what the schema must refuse: a document, changed
"$DCHECK" $cli/talk.dspec -json "$tmp/good" >/dev/null 2>&1
refuse() { # refuse NAME PYTHON: a change of the document d whose first check is c
    python3 -c 'import json,sys; d=json.load(open(sys.argv[1])); c=d["checks"][0]; exec(sys.argv[2]); json.dump(d,open(sys.argv[3],"w"))' "$tmp/good" "$2" "$tmp/bad" || return
    if python3 tests/tools/json_valid.py $schema "$tmp/bad" >/dev/null 2>&1; then fail "json refuses $1" 'accepted'; else ok "json refuses $1"; fi
}
refuse 'a missing field' 'del c["depth"]'
refuse 'an unknown field' 'c["more"] = 1'
refuse 'another verdict' 'c["verdict"] = "true"'
refuse 'a negative count' 'c["distinct"] = -1'
refuse 'a violation without its property' 'c["property"] = None'
refuse 'a violation called proved' 'c["verdict"] = "proved"'
refuse 'steps out of order' 'c["trace"][1]["step"] = 5'
refuse 'a variable without a name' 'c["trace"][1]["state"][""] = "1"'
refuse 'an exit code that is none' 'c["code"] = 3'
refuse 'expected with a code' 'c["expected"] = True'
finish
