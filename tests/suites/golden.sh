#!/bin/sh
# Counts, verdicts and trace lengths that other tools found on the same protocols (tests/golden/golden.tsv).
. tests/tools/lib.sh
python3 tests/tools/golden.py tests/golden/golden.tsv >"$tmp/out" || fail golden "the table could not be run: $(tail -n 1 "$tmp/out")"
adopt "$tmp/out"
finish
