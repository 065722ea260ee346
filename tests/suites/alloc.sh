#!/bin/sh
# Every allocation fails once: exit 153 or the right answer, never a signal, a hang or another verdict. One worker and the
# interpreter, so that the n-th allocation is the same in every run; a build without jemalloc and without the tiny tables of the debug build.
. tests/tools/lib.sh
most=250
[ -z "${CHECK_LONG:-}" ] || most=1000000

if ! ${MAKE:-make} -s B=alloc build/alloc/dcheck >"$tmp/make" 2>&1 || ! $CC -std=c11 -O1 -shared -fPIC -o "$tmp/failalloc.so" tests/tools/failalloc.c 2>>"$tmp/make"; then
    fail 'alloc builds' "$(tail -n 3 "$tmp/make")"
    finish
fi

# every ARGUMENT...
every() {
    python3 tests/tools/failalloc.py "$tmp/failalloc.so" $most "alloc $*" build/alloc/dcheck -I stdlib -workers 1 -interpret "$@" >"$tmp/out" 2>&1 || fail "alloc $*" "$(tail -n 1 "$tmp/out")"
    adopt "$tmp/out"
}
every tests/golden/cli/talk.dspec
every tests/golden/cli/talk.dspec -json -
every specs/two_phase_commit.dspec -json -
every tests/golden/cli/count.dspec -all -json "$tmp/file.json"
every tests/golden/cli/errors.dspec
every tests/golden/cli/types.dspec
every tests/golden/cli/syntax.dspec
every tests/golden/cli/count.dspec -simulate -walks 20
every tests/golden/cli/crash.dspec -dump c
most=0
every specs/two_phase_commit.dspec -D N=7 -json - # the table grows

# the shim itself must bite
LD_PRELOAD=$tmp/failalloc.so FAILALLOC_N=20 build/alloc/dcheck -workers 1 -interpret tests/golden/cli/count.dspec >/dev/null 2>&1
[ $? = 153 ] && ok 'alloc: a refused allocation is exit 153' || fail 'alloc: a refused allocation is exit 153' 'another code'
finish
