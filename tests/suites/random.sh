#!/bin/sh
# Random specs: the reference search, the interpreter, native code, 1, 2 and 8 workers must agree (tests/random/).
# COUNT specs (150), beginning with seed FIRST (1); the long run is COUNT=5000.
. tests/tools/lib.sh
[ -n "${COUNT:-}" ] || COUNT=150
[ -z "${CHECK_LONG:-}" ] || [ "$COUNT" -gt 150 ] || COUNT=5000
if make -s -f Makefile -f tests/random/module.mk random >"$tmp/make" 2>&1; then
    python3 tests/random/compare.py build/release/tests/random/generate build/release/tests/random/reference "${FIRST:-1}" "$COUNT" >"$tmp/out" 2>"$tmp/err"
    adopt "$tmp/out"
    [ ! -s "$tmp/err" ] || fail 'random runs through' "$(tail -n 3 "$tmp/err")"
    # and half as many about symmetric types, whose reduction must leave one state for each orbit
    python3 tests/random/compare.py tests/random/symmetric.py build/release/tests/random/reference "${FIRST:-1}" $((COUNT / 2)) >"$tmp/out" 2>"$tmp/err"
    sed -i 's/^ok random/ok symmetric/; s/^FAIL random/FAIL symmetric/' "$tmp/out"
    adopt "$tmp/out"
    [ ! -s "$tmp/err" ] || fail 'symmetric runs through' "$(tail -n 3 "$tmp/err")"
else
    fail 'random builds' "$(tail -n 5 "$tmp/make")"
fi
finish
