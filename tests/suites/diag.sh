#!/bin/sh
# Wrong specs and wrong command lines: each prints exactly what stands beside it in tests/diag, and ends with the exit
# code that it names. Every diagnostic of the program has such a test, and docs/diagnostics.md lists them all.
# Malformed input of other kinds is made here; it must end neither in a crash nor in a hang.
#
#   BLESS=1 sh tests/suites/diag.sh      rewrites the texts and the table
#
# The first lines of a test say what it is: `// exit: N`, `// when:` and `// do:` for the table, and `// args: ...`, what
# stands behind the file, or `// run: ...`, the whole command line, in which FILE is the test.

cd "$(dirname "$0")/../.." || exit 1
. tests/tools/lib.sh
SECONDS_EACH=${DIAG_SECONDS:-5}

# said NAME ARGUMENT...: runs dcheck; what it prints is in $tmp/err and $tmp/out, its exit code in $code.
said() {
    timeout -k 1 "$SECONDS_EACH" "$DCHECK" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
    code=$?
}

# why not, if the last run crashed or hung
broken() {
    case $code in
    124 | 137) echo "took more than $SECONDS_EACH s" ;;
    126 | 127) echo "could not be run" ;;
    12[89] | 13* | 14[0-9] | 2??) echo "crashed (exit code $code): $(tail -n 2 "$tmp/err")" ;;
    *) if grep -q 'internal error\|Sanitizer\|runtime error' "$tmp/err"; then grep 'internal error\|Sanitizer\|runtime error' "$tmp/err"; fi ;;
    esac
}

field() { sed -n "1,8s|^// $1: ||p" "$2" | tr -d "\r"; }

for spec in tests/diag/*.dspec; do
    name=${spec##*/}
    name=${name%.dspec}
    want=${spec%.dspec}.diag
    line=$(field run "$spec" | sed "s|FILE|$spec|g")
    eval "said ${line:-$spec $(field args "$spec")}"
    why=$(broken)
    exit=$(field exit "$spec")
    if [ -n "$why" ]; then
        fail "$name" "$why"
    elif [ "$code" != "$exit" ]; then
        fail "$name" "exit code $code, not $exit"
    elif [ -n "${BLESS:-}" ]; then
        cp "$tmp/err" "$want"
        ok "$name"
    elif [ "$exit" -ge 100 ] && [ "$exit" != 153 ] && [ -s "$tmp/out" ]; then
        fail "$name" "standard output is not empty"
    elif cmp -s "$want" "$tmp/err"; then
        ok "$name"
    else
        fail "$name" "$(diff "$want" "$tmp/err" 2>&1)"
    fi
done
finish
