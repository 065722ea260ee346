#!/bin/sh
# Unit tests with cmocka (tests/unit/*.c), linked against the program's own objects: as released, and in the debug build
# whose tables and batches are tiny.
. tests/tools/lib.sh

seconds=200
[ -z "${CHECK_LONG:-}" ] || { seconds=3000 LIVENESS_CASES=400000 COMPONENT_CASES=30000 && export LIVENESS_CASES COMPONENT_CASES; }
for build in release debug; do
    if ! ${MAKE:-make} -s B=$build unit >"$tmp/make" 2>&1; then
        fail "unit tests build ($build)" "$(grep -m3 -i error "$tmp/make" || tail -n 3 "$tmp/make")"
        continue
    fi
    for source in tests/unit/*.c; do
        name=${source##*/} name=${name%.c}
        CMOCKA_MESSAGE_OUTPUT=TAP timeout $seconds build/$build/unit/"$name" >"$tmp/out" 2>"$tmp/err" </dev/null
        status=$?
        planned=$(sed -n 's/^1\.\.\([0-9]*\)$/\1/p' "$tmp/out" | head -n 1)
        while IFS= read -r line; do
            case $line in
            'ok '*) ok "unit $name: ${line##* - } ($build)" ;;
            'not ok '*) fail "unit $name: ${line##* - } ($build)" "$(grep -v '^\(ok\|not ok\|1\.\.\)' "$tmp/out" | tail -n 4; head -n 6 "$tmp/err")" ;;
            esac
        done <"$tmp/out"
        ran=$(grep -c '^\(ok\|not ok\) ' "$tmp/out")
        [ "${planned:-0}" -gt 0 ] && [ "$ran" = "$planned" ] || fail "unit $name ($build)" "$ran of ${planned:-an unknown number} of tests ran, exit $status: $(tail -n 3 "$tmp/err")"
    done
done
finish
