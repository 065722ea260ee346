#!/bin/sh
# Address, undefined-behaviour and thread sanitizers over a selection of runs and over the unit tests: any report fails, and
# so does another exit code than that of the ordinary build.
. tests/tools/lib.sh
cli=tests/golden/cli
jobs=$(getconf _NPROCESSORS_ONLN)
export ASAN_OPTIONS=exitcode=99:detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1
export UBSAN_OPTIONS=print_stacktrace=1
export TSAN_OPTIONS=exitcode=99:second_deadlock_stack=1:history_size=4

# judge NAME STATUS WANTED
judge() {
    if grep -aq 'Sanitizer\|runtime error:' "$tmp/out" "$tmp/err"; then
        fail "$1" "$(grep -ah 'ERROR: \|WARNING: \|runtime error:\|^ *#[0-4] ' "$tmp/out" "$tmp/err" | head -n 7)"
    elif [ "$2" != "$3" ]; then
        fail "$1" "exit $2, not $3; $(tail -n 2 "$tmp/err")"
    else
        ok "$1"
    fi
}

# clean ARGUMENT...: with the build $b
clean() {
    timeout 60 "$DCHECK" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
    wanted=$?
    timeout 300 build/$b/dcheck -I stdlib "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
    judge "$b $*" $? $wanted
}

units() {
    if ! ${MAKE:-make} -s -j"$jobs" B=$b unit >"$tmp/make" 2>&1; then
        fail "$b unit tests build" "$(tail -n 3 "$tmp/make")"
        return
    fi
    for source in tests/unit/*.c; do
        name=${source##*/} name=${name%.c}
        timeout 300 build/$b/unit/"$name" >"$tmp/out" 2>"$tmp/err" </dev/null
        judge "$b unit $name" $? 0
    done
}

selection() {
    for spec in count cut talk crash assume warn types syntax; do clean $cli/$spec.dspec -all "$@"; done
    for which in range capacity index empty division value field overflow text guard formula network_full start; do
        clean $cli/errors.dspec -D Which=$which "$@"
    done
    clean specs/chang_roberts.dspec "$@"
    clean specs/two_phase_commit.dspec -D N=4 -json - "$@"
    clean specs/paxos.dspec -D B=1 -all -json - "$@"
    clean specs/consensus_flp.dspec -check too_eager -json - "$@"
    clean bench/models/bring.dspec -D N=4 -D K=2 -D PERM=all "$@"
    clean bench/models/braft.dspec "$@"
    clean bench/models/btoken.dspec "$@"
    clean bench/models/bdine.dspec -D N=3 "$@"
    clean bench/models/btwophase.dspec "$@"
    clean specs/paxos.dspec -simulate -walks 30 "$@"
    clean $cli/count.dspec -check everything -continue -full -colour always "$@"
    for spec in specs/*.dspec; do
        case $spec in */chang_roberts.dspec | */two_phase_commit.dspec | */paxos.dspec | */consensus_flp.dspec) ;; *) clean "$spec" -depth 5 "$@" ;; esac
    done
}

for b in asan ubsan; do
    if ! ${MAKE:-make} -s -j"$jobs" B=$b build/$b/dcheck >"$tmp/make" 2>&1; then
        fail "$b build" "$(tail -n 3 "$tmp/make")"
        continue
    fi
    selection -workers 2 -interpret
    for what in tokens ast ir c; do clean specs/paxos.dspec -dump $what; done
    clean specs/paxos.dspec -D B=1 -native -workers 2
    clean $cli/long.dspec -mem 2M -no-trace -interpret
    clean -help
    clean $cli/count.dspec -check nope
    clean $cli/count.dspec -D 'N=)'
    units
done

b=tsan
if ${MAKE:-make} -s -j"$jobs" B=$b build/$b/dcheck >"$tmp/make" 2>&1; then
    for workers in 2 4; do
        clean specs/paxos.dspec -D B=1 -all -workers $workers -interpret
        clean specs/consensus_flp.dspec -check wait_for_all_no_crash -workers $workers
        clean bench/models/bpaxos.dspec -D QS=1 -workers $workers -continue
        clean bench/models/btoken.dspec -D N=6 -workers $workers
        clean bench/models/bdine.dspec -workers $workers -native
        clean bench/models/twophase.dspec -D N=6 -workers $workers -native
        clean bench/models/phil.dspec -check same_hand -D N=8 -workers $workers
        clean $cli/errors.dspec -D Which=range -workers $workers
        clean $cli/long.dspec -mem 2M -workers $workers -no-trace
        clean $cli/long.dspec -depth 4 -workers $workers
        clean specs/paxos.dspec -simulate -walks 100 -workers $workers
        clean bench/models/braft.dspec -D N=3 -D T=2 -D L=1 -D LOGCHECK=FALSE -simulate -walks 2000 -workers $workers
        timeout --foreground --preserve-status -k 20 -s INT 3 build/$b/dcheck -I stdlib $cli/long.dspec -interpret -no-trace -workers $workers >"$tmp/out" 2>"$tmp/err" </dev/null
        judge "$b interrupted, $workers workers" $? 2
    done
    units
else
    fail "$b build" "$(tail -n 3 "$tmp/make")"
fi

# the sanitizers themselves must bite
printf '#include <stdlib.h>\n#include <string.h>\nint main(int n, char **v) { char *p = malloc(4); int s = 33; if (v[1][0] == 97) memset(p, 1, 4 + (size_t)n); if (v[1][0] == 117) return 1 << (s + n); free(p); return 0; }\n' >"$tmp/bad.c"
gcc -fsanitize=address -o "$tmp/bad_asan" "$tmp/bad.c" && "$tmp/bad_asan" a >"$tmp/out" 2>&1
[ $? = 99 ] && ok 'asan reports an overflow' || fail 'asan reports an overflow' "$(head -n 2 "$tmp/out")"
gcc -fsanitize=undefined -fno-sanitize-recover=all -o "$tmp/bad_ubsan" "$tmp/bad.c" && "$tmp/bad_ubsan" u >"$tmp/out" 2>&1
grep -q 'runtime error:' "$tmp/out" && ok 'ubsan reports a shift' || fail 'ubsan reports a shift' "$(head -n 2 "$tmp/out")"
finish
