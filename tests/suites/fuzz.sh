#!/bin/sh
# The fuzz targets (tests/fuzz/): built with clang, libFuzzer and the address and undefined-behaviour sanitizers. Each first
# goes through specs and tests of this repository and through inputs that crashed it once (tests/fuzz/crashes/), then it
# makes up its own out of the smaller ones for FUZZ_SECONDS (15; the long run is 1800). Crashes, leaks, inputs of more than
# 5 seconds, and texts that come back as others are failures; the input that shows one is kept in build/tests/fuzz.
. tests/tools/lib.sh
targets='scan parse front irtext'
[ -n "${FUZZ_SECONDS:-}" ] || FUZZ_SECONDS=15
[ -z "${CHECK_LONG:-}" ] || FUZZ_SECONDS=1800
kept=build/tests/fuzz
built=build/fuzz/tests/fuzz
mkdir -p "$kept"

if ! ${MAKE:-make} -s -j"${JOBS:-$(getconf _NPROCESSORS_ONLN)}" B=fuzz fuzz >"$tmp/make" 2>&1 || ! ${MAKE:-make} -s dcheck >>"$tmp/make" 2>&1; then
    fail 'fuzz builds' "$(grep -m3 -i 'error\|not found\|No such' "$tmp/make" || tail -n 3 "$tmp/make")"
    finish
fi

# ---- seeds and words ----
mkdir "$tmp/specs" "$tmp/ir" "$tmp/made"
for spec in specs/*.dspec tests/scenario/*.dspec tests/diag/*.dspec $(find tests/golden -name '*.dspec'); do
    name=$(echo "$spec" | tr / _)
    cp "$spec" "$tmp/specs/$name"
    case $spec in
    specs/* | tests/golden/*) timeout 20 "$DCHECK" -I stdlib -dump ir "$spec" >"$tmp/ir/$name.ir" 2>"$tmp/err" || rm -f "$tmp/ir/$name.ir" ;;
    esac
done
{
    sed -n 's/^IR([A-Z0-9]*, "\(.*\)", .*/"(\1 "/p' compiler/ir.def
    printf '"(%s "\n' program types type slots sites process variable init action predicate watches gens gen fields names variants var text words
} >"$tmp/ir.dict"

# what texts of its own are made of: all seeds would take the slowest target most of its time
small() { mkdir "$tmp/small_$1" && find "$tmp/$1" -type f -size -3k | sort | awk 'NR % 4 == 0' | xargs cp -t "$tmp/small_$1"; }
small specs
small ir
few_of() { if [ "$1" = irtext ]; then echo "$tmp/small_ir"; else echo "$tmp/small_specs"; fi; }
seeds_of() { if [ "$1" = irtext ]; then echo "$tmp/ir"; else echo "$tmp/specs"; fi; }
words_of() { if [ "$1" = irtext ]; then echo "$tmp/ir.dict"; else echo tests/fuzz/dspec.dict; fi; }

# every spelling of a token, but for the five that stand for what they are called
sed -n 's/^TOKEN(\([A-Z_]*\), \("[^,]*\|","\), .*/\1 \2/p' lexer/tokens.def | sed 's/" "//' |
    grep -v '^\(END\|NL\|IDENT\|NUMBER\|STRING\) ' | sed 's/^[A-Z_]* //' >"$tmp/spellings"
missing=$(grep -vxF -f tests/fuzz/dspec.dict "$tmp/spellings" | head -n 3)
if [ "$(wc -l <"$tmp/spellings")" -lt 140 ]; then
    fail 'fuzz: the words' 'tokens.def is not read as it should be'
elif [ -n "$missing" ]; then
    fail 'fuzz: the words' "not in tests/fuzz/dspec.dict: $missing"
else
    ok 'fuzz: the words of tokens.def are in dspec.dict'
fi
for kind in specs ir; do
    n=$(find "$tmp/$kind" -type f | wc -l)
    if [ "$n" -gt 20 ]; then ok "fuzz: $n seeds ($kind)"; else fail "fuzz: seeds ($kind)" "only $n"; fi
done

# ---- runs ----
# fuzz SECONDS TARGET ARGUMENT...: leaves what it says in $tmp/out, its exit code in $code. A target that ends otherwise than
# through libFuzzer's own end has not said `Done`.
fuzz() {
    limit=$1 target=$2
    shift 2
    timeout -k 10 "$limit" "$built/$target" -timeout=5 -rss_limit_mb=2560 -artifact_prefix="$kept/$target-" "$@" >"$tmp/out" 2>&1 </dev/null
    code=$?
}

why() {
    grep -a 'ERROR: \|runtime error:\|internal error\|SUMMARY: \|^ *#[0-9]* .* in [a-z]\|Test unit written' "$tmp/out" | grep -av 'fuzzer::\|libc' |
        sed 's/0x[0-9a-f]* in //' | head -n 9
    [ "$code" != 124 ] || echo 'it did not come to its end'
    [ -s "$tmp/out" ] || echo "exit code $code"
}

# passes NAME: after fuzz
passes() {
    if [ "$code" = 0 ] && grep -aq '^Done [0-9]' "$tmp/out"; then
        ok "$1: $(sed -n 's/^Done \([0-9]* runs\).*/\1/p' "$tmp/out" | head -n 1)"
    else
        fail "$1" "exit code $code: $(why)"
    fi
}

for target in $targets; do
    fuzz 100 "$target" -runs=0 -max_len=1000000 "$(seeds_of "$target")"
    passes "fuzz $target: seeds"
    crashes=$(find "tests/fuzz/crashes/$target" -type f 2>/dev/null)
    [ -z "$crashes" ] || {
        fuzz 100 "$target" -runs=0 -max_len=1000000 "tests/fuzz/crashes/$target"
        passes "fuzz $target: what crashed once"
    }
    mkdir "$tmp/made/$target"
    fuzz $((FUZZ_SECONDS + 60)) "$target" -max_total_time="$FUZZ_SECONDS" -max_len=16000 -dict="$(words_of "$target")" \
        "$tmp/made/$target" "$(few_of "$target")"
    passes "fuzz $target: $FUZZ_SECONDS s"
    ran=$(sed -n 's/^Done \([0-9]*\) runs.*/\1/p' "$tmp/out" | head -n 1) few=$(find "$(few_of "$target")" -type f | wc -l)
    [ "${ran:-0}" -gt $((few + 20)) ] || fail "fuzz $target: texts of its own" "only ${ran:-0} runs with $few seeds"
done

# ---- the targets themselves must bite: faults planted in scan.c ----
kept=$tmp
found() { # found NAME WHAT: the last run has ended with what it says
    if [ "$code" != 0 ] && grep -aq "$2" "$tmp/out"; then ok "fuzz: $1 is found"; else fail "fuzz: $1 is found" "exit code $code: $(tail -n 2 "$tmp/out")"; fi
}
mkdir "$tmp/made/planted" "$tmp/few"
printf 'spec a\nproperty P = x leadsto y\n' >"$tmp/few/one"
fuzz 100 planted -max_total_time=60 -seed=1 -dict=tests/fuzz/dspec.dict "$tmp/made/planted" "$tmp/few"
found 'an overflow that no seed shows' 'heap-buffer-overflow'
printf 'spec a' >"$tmp/planted"
while IFS='|' read -r which name text; do
    export FUZZ_PLANT="$which"
    fuzz 60 planted -timeout=1 "$tmp/planted"
    found "$name" "$text"
done <<'END'
exit|the exit for lack of memory|deadly signal
number|an overflow of a number|runtime error: signed integer overflow
hang|a hang|libFuzzer: timeout
leak|a leak|detected memory leaks
END
unset FUZZ_PLANT
fuzz 60 planted "$tmp/planted"
if [ "$code" = 0 ]; then ok 'fuzz: nothing is found where nothing is wrong'; else fail 'fuzz: nothing is found where nothing is wrong' "$(why)"; fi
finish
