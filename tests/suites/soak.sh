#!/bin/sh
# Searches whose table grows many times, one after the other, with changing numbers of workers, executions and memory limits:
# counts must be those of the golden table. SOAK_SECONDS (15; in the long run 1800).
. tests/tools/lib.sh
[ -n "${SOAK_SECONDS:-}" ] || SOAK_SECONDS=15
[ -z "${CHECK_LONG:-}" ] || [ "$SOAK_SECONDS" -gt 15 ] || SOAK_SECONDS=1800
${MAKE:-make} -s B=debug build/debug/dcheck >"$tmp/make" 2>&1 || fail 'soak: debug build' "$(tail -n 5 "$tmp/make")"
python3 tests/tools/soak.py tests/golden/golden.tsv "$SOAK_SECONDS" >"$tmp/out" 2>"$tmp/err" || fail soak "$(tail -n 3 "$tmp/err")"
adopt "$tmp/out"
finish
