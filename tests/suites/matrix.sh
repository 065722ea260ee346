#!/bin/sh
# One spec, one answer: whatever executes it (interpreter, native code) and with however many workers, the JSON document
# and the text with its traces are equal byte for byte, but for what names the run itself. Also the debug build, whose tiny
# batches and tables make its workers meet often.
. tests/tools/lib.sh

# seconds, workers, execution, memory_bytes and fingerprint_bits (of a build) name the run; a native run must not have fallen back silently.
same_part() { sed -E '/^ *"(seconds|workers|execution|memory_bytes|fingerprint_bits)":/d' "$1"; }

# run OUT BINARY ARGUMENT...: leaves OUT, with JSON, text and exit code
run() {
    to=$1
    shift
    timeout 300 "$@" -json "$to.json" -quiet >"$to.text" 2>"$to.err" </dev/null
    echo "exit $?" >"$to"
    [ ! -f "$to.json" ] || same_part "$to.json" >>"$to"
    cat "$to.text" "$to.err" >>"$to"
    sed -i "s|$PWD/stdlib/|stdlib/|g" "$to" # warnings name the module where the binary found it
}

differ() { diff "$1" "$2" | head -n 6; }

debug=yes
# matrix NAME SPEC ARGUMENT...
matrix() {
    name=$1 spec=$2
    shift 2
    rm -f "$tmp"/m.*
    run "$tmp/m.ref" "$DCHECK" "$spec" "$@" -interpret -workers 1
    if [ ! -f "$tmp/m.ref.json" ]; then
        fail "matrix $name" "no result: $(cat "$tmp/m.ref")"
        return
    fi
    for execution in interpret native; do
        for workers in 1 2 8; do
            [ $execution$workers != interpret1 ] || continue
            run "$tmp/m.$execution$workers" "$DCHECK" "$spec" "$@" -$execution -workers $workers
            if ! cmp -s "$tmp/m.ref" "$tmp/m.$execution$workers"; then
                fail "matrix $name -$execution -workers $workers" "$(differ "$tmp/m.ref" "$tmp/m.$execution$workers")"
            elif [ $execution = native ] && grep '"execution":' "$tmp/m.native$workers.json" | grep -vq '"native"\|"nothing was run"'; then
                fail "matrix $name -$execution -workers $workers" "ran as: $(grep -m1 '"execution":' "$tmp/m.native$workers.json")"
            else
                ok "matrix $name -$execution -workers $workers"
            fi
        done
    done
    [ $debug = yes ] || return
    run "$tmp/m.debug" build/debug/dcheck -I stdlib "$spec" "$@" -interpret -workers 8
    if cmp -s "$tmp/m.ref" "$tmp/m.debug"; then ok "matrix $name, debug build, 8 workers"; else fail "matrix $name, debug build, 8 workers" "$(differ "$tmp/m.ref" "$tmp/m.debug")"; fi
}

${MAKE:-make} -s B=debug build/debug/dcheck >"$tmp/make" 2>&1 || fail 'matrix: debug build' "$(tail -n 5 "$tmp/make")"

for spec in specs/*.dspec bench/models/*.dspec tests/golden/*.dspec tests/golden/cli/*.dspec; do
    [ -f "$spec" ] || continue
    grep -Eq '^(spec|check)\b' "$spec" || continue # a module
    case $spec in
    */cli/long.dspec | */cli/syntax.dspec | */cli/types.dspec) continue ;; # without end, without sense
    */paxos.dspec | */bpaxos.dspec) set -- -D B=1 ;;
    */two_phase_commit.dspec) set -- -D N=4 ;;
    *) set -- ;;
    esac
    # what has too many states for the interpreter (the debug build) is compared down to a few levels only
    states=$(awk -v file="$spec" -F '\t' '$1 == file && $4 != "-" { n += $4 } $1 == file && $4 == "-" { n += 20000 } END { print n + 0 }' tests/golden/golden.tsv)
    debug=yes
    [ "$states" -le 15000 ] || debug=no
    if [ "$states" -le 60000 ] || [ -n "${CHECK_LONG:-}" ]; then
        matrix "$spec" "$spec" -all "$@"
    else
        matrix "$spec -depth 7" "$spec" -all -depth 7 "$@"
    fi
    debug=yes
    case $spec in tests/golden/cli/*) continue ;; esac
    matrix "$spec -simulate" "$spec" -simulate -walks 40 -walk-depth 30 -seed 7 "$@"
done

# errors, each with its trace
for which in range capacity index empty division value field overflow text guard formula network_full start; do
    matrix "tests/golden/cli/errors.dspec $which" tests/golden/cli/errors.dspec -D Which=$which
done

# walks that find something: what other workers did meanwhile does not count
matrix 'specs/paxos.dspec -simulate, violated' specs/paxos.dspec -check minority_quorums -simulate -walks 2000
matrix 'count.dspec -simulate, violated' tests/golden/cli/count.dspec -check broken -simulate

# one shortest trace for each property
matrix 'count.dspec -continue' tests/golden/cli/count.dspec -check everything -continue
matrix 'specs/paxos.dspec -continue' specs/paxos.dspec -check minority_quorums -D B=1 -continue
matrix 'bench/models/bpaxos.dspec QS=1 -continue' bench/models/bpaxos.dspec -D QS=1 -continue
finish
