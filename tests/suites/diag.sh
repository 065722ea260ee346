#!/bin/sh
# Wrong specs and wrong command lines: each prints exactly what stands beside it in tests/diag and ends with the exit code
# that it names. Every diagnostic of the program has such a test, and docs/diagnostics.md lists them all. Malformed input
# of other kinds is made here; it must end neither in a crash nor in a hang.
#
#   BLESS=1 sh tests/suites/diag.sh      rewrites the texts and the table
#
# The first lines of a test say what it is: `// exit: N`; `// when:` and `// do:` for the table; `// args: ...`, what stands
# behind the file, or `// run: ...`, the whole command line, in which FILE is the test.
# shellcheck disable=SC2154
. tests/tools/lib.sh
seconds=${DIAG_SECONDS:-5}
ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=0} # what is lost when the program ends is another suite's concern
export ASAN_OPTIONS

# dcheck ARGUMENT...: what it prints goes to $tmp/err and $tmp/out, its exit code to $code. The library is named for
# binaries that are built elsewhere.
dcheck() {
    timeout -k 1 "$seconds" "$DCHECK" "$@" -I stdlib >"$tmp/out" 2>"$tmp/err" </dev/null
    code=$?
}

# Why the last run is no proper end, if it is none.
broken() {
    case $code in
    124 | 137) echo "took more than $seconds s" ;;
    126 | 127) echo 'could not be run' ;;
    12[89] | 13* | 14[0-9] | 2??) echo "crashed (exit code $code): $(tail -n 2 "$tmp/err")" ;;
    *) grep -a 'internal error\|out of memory\|Sanitizer\|runtime error' "$tmp/err" ;;
    esac
}

field() { sed -n "1,8s#^// $1: ##p" "$2" | tr -d '\r'; }

# ---- the tests ----
for spec in tests/diag/*.dspec; do
    name=${spec##*/}
    name=${name%.dspec}
    want=${spec%.dspec}.diag
    exit=$(field exit "$spec")
    line=$(field run "$spec" | sed "s#FILE#$spec#g")
    eval "dcheck ${line:-$spec $(field args "$spec")}"
    why=$(broken)
    if [ -n "$why" ]; then
        fail "$name" "$why"
    elif [ "$code" != "$exit" ]; then
        fail "$name" "exit code $code, not $exit"
    elif [ "$exit" -ge 100 ] && [ "$exit" != 153 ] && [ -s "$tmp/out" ]; then
        fail "$name" "prints to standard output: $(head -n 1 "$tmp/out")"
    elif [ -n "${BLESS:-}" ]; then
        cp "$tmp/err" "$want"
        ok "$name"
    elif cmp -s "$want" "$tmp/err"; then
        ok "$name"
    else
        fail "$name" "$(diff "$want" "$tmp/err" 2>&1)"
    fi
done
for want in tests/diag/*.diag; do
    [ -f "${want%.diag}.dspec" ] || fail "$want" 'has no spec'
done

# ---- every diagnostic has one ----
sh tests/diag/cover | awk -F '\t' '
    FILENAME != "-" {
        excused[$1 "\t" $2] = 1
        if ($3 == "") print "FAIL unreachable: " $2 ": says no reason"
        next
    }
    $1 == "unknown" { print "FAIL known: " $2 ": no diagnostic in the sources has this text (" $4 ")"; next }
    { known[$1 "\t" $2] = 1; n++ }
    $4 != "-" { reached[$1 "\t" $2] = 1 }
    END {
        if (n < 200) print "FAIL cover: the sources have hardly any diagnostics; tests/diag/formats does not find them"
        for (text in known) {
            name = text
            sub(/\t/, ": ", name)
            if (!(text in reached) && !(text in excused)) print "FAIL " name ": no test in tests/diag prints it"
            else if (text in reached && text in excused) print "FAIL " name ": stands in tests/diag/unreachable.txt and is reached"
            else print "ok " name
        }
        for (text in excused) if (!(text in known)) print "FAIL unreachable: " text ": the sources have it no more"
    }' tests/diag/unreachable.txt - | sort >"$tmp/report"
adopt "$tmp/report"

# ---- the table ----
sh tests/diag/table >"$tmp/table"
[ -z "${BLESS:-}" ] || cp "$tmp/table" docs/diagnostics.md
check 'docs/diagnostics.md is up to date' diff docs/diagnostics.md "$tmp/table"
if grep -E '\| +\|.*\| ' "$tmp/table" | grep -qv '^| message'; then
    fail 'table' "a row says not when, or not what to do: $(grep -E '\| +\|.*\| ' "$tmp/table" | grep -v '^| message' | head -n 1)"
else
    ok 'every row says when and what to do'
fi

# ---- malformed input ----
mkdir "$tmp/r"

# malformed NAME CODES: the spec on standard input, whose run ends with one of the exit codes (`any`: all will do). It stands at
# the end of pipes, so it only notes what it has to say; adopt counts it.
malformed() {
    cat >"$tmp/r/$1.dspec"
    dcheck "$tmp/r/$1.dspec" -workers 1
    why=$(broken)
    case " $2 " in
    *" $code "* | ' any ') ;;
    *) [ -n "$why" ] || why="exit code $code, not $2: $(head -n 1 "$tmp/err" | cut -c1-200)" ;;
    esac
    if [ -n "$why" ]; then fail "malformed: $1" "$why"; else ok "malformed: $1"; fi >>"$tmp/malformed"
}

# rep N TEXT [BETWEEN]: TEXT that often
rep() { awk -v n="$1" -v text="$2" 'BEGIN { for (i = 0; i < n; i++) printf "%s", text }'; }
# lines N FORMAT: one line for each number below N, which takes the place of each @
lines() {
    awk -v n="$1" -v text="$2" 'BEGIN { for (i = 0; i < n; i++) { s = text; gsub(/@/, i, s); print s } }'
}
# nested NAME CODES OPEN MIDDLE CLOSE BEFORE [AFTER]: 10 000 levels, with something before and behind
nested() {
    { printf 'spec t\nvar x : 0..3 := 0\n%s' "$6" && rep 10000 "$3" && printf '%s' "$4" && rep 10000 "$5" && printf '%s\n' "${7:-}"; } |
        malformed "$1" "$2"
}

malformed empty 150 </dev/null
printf '\n' | malformed 'empty line' 150
printf '  \t\n\f\n // nothing\n' | malformed blank 150
printf 'spec' | malformed 'header only begun' 150
printf 'spec t' | malformed 'no newline at the end' any
printf 'spec t\r\nvar x : 0..3 := 0\r\naction a { x := 1 }\r\n' | malformed CRLF 11
printf 'spec t\rvar x : 0..3 := 0\r' | malformed CR 150
printf '\357\273\277spec t\nvar x : 0..3 := 0\n' | malformed 'byte order mark' any
awk 'BEGIN { srand(7); for (i = 0; i < 100000; i++) printf "%c", int(rand() * 255) + 1 }' | malformed 'binary junk' 150
head -c 100000 /dev/zero | malformed 'zero bytes' 150
head -c 50000 "$DCHECK" | malformed 'a program' 150
printf 'spec t\nconst N = \377\376 3\n' | malformed 'bytes that are no UTF-8' 150
printf 'spec t\nconst N = 3 \342\210' | malformed 'half a character at the end' 150
printf 'spec t\nconst N = 1 \033[31m\n' | malformed 'escape sequence' 150
printf 'spec t /* and so on **' | malformed 'comment without end' 150
printf 'spec t\naction a { assert true, "and so on' | malformed 'text without end' 150
printf 'spec t\naction a { assert true, "\\' | malformed 'text that ends in an escape' 150
printf 'spec t\nconst %%s%%n = %%d\n' | malformed 'formats of printf' 150
{ printf 'spec t\nconst N = 1' && rep 1048576 ' ' && echo '@'; } | malformed 'line of 1 MB' 150
{ printf 'spec t\nconst N = ' && rep 1048576 n && echo; } | malformed 'name of 1 MB' 120
{ printf 'spec t\n/*' && rep 1048576 '* ' && echo '*/ const'; } | malformed 'comment of 2 MB' 150
{ printf 'spec t\nconst N = ' && rep 100000 9 && echo; } | malformed 'number of 100 000 digits' 150
rep 20000000 ' ' | malformed 'file of 20 MB' 153

nested parentheses 150 '(' 1 ')' 'const N = '
nested 'open parentheses' 150 '(' '' '' 'const N = '
nested 'closing parentheses' 150 ')' '' '' 'const N = '
nested brackets 150 '[' '' ']' 'const N = '
nested braces 150 '{' '' '}' 'const N = '
nested negations 150 'not ' true '' 'const N = '
nested minuses 150 '- ' 1 '' 'const N = '
nested sums 150 '1 + ' 1 '' 'const N = '
nested implications 150 'true implies ' true '' 'const N = '
nested 'calls in arguments' 150 'min(' 1 ', 1)' 'const N = '
nested 'calls of calls' 150 '' x '(0)' 'const N = '
nested fields 150 '' x '.y' 'const N = '
nested indices 150 '' x '[0]' 'const N = '
nested primes 150 '' x "'" 'step S = 0 == '
nested conditionals 150 'if true then 1 else ' 2 '' 'const N = '
nested conditions 150 'if ' true ' then true else false' 'const N = '
nested quantifiers 150 'forall k in bool : ' true '' 'invariant I = '
nested lets 150 'let y = 1 : ' true '' 'invariant I = '
nested matches 150 'match x { _ -> ' true ' }' 'invariant I = '
nested types 150 'set[' bool ']' 'var y : ' ' := {}'
nested options 150 '' bool '?' 'var y : ' ' := none'
nested 'if statements' 150 'if x == 0 { ' 'x := 1' ' }' 'action a { ' ' }'
nested 'else if' 150 'if x == 0 { } else ' '{ }' '' 'action a { ' ' }'
nested 'either statements' 150 'either { ' '' ' }' 'action a { ' ' }'
nested loops 150 'for k in bool { ' '' ' }' 'action a { ' ' }'
nested patterns 150 '(' y ')' 'action a(' ' in bool) { }'

{ echo 'spec t' && lines 3000 'const N@ = @'; } | malformed '3000 constants' any
{ echo 'spec t' && lines 3000 'type T@ = 0..@'; } | malformed '3000 types' any
{ echo 'spec t' && lines 3000 'var x@ : bool := true'; } | malformed '3000 variables' any
{ printf 'spec t\nvar x : 0..3 := 0\n' && lines 3000 'action a@ { x := 1 }'; } | malformed '3000 actions' any
{ printf 'spec t\nvar x : 0..3 := 0\n' && lines 3000 'invariant I@ = x < 4'; } | malformed '3000 invariants' 120
{ echo 'spec t' && lines 3000 'process p@ { var x : bool := true }'; } | malformed '3000 processes' any
{ printf 'spec t\nnetwork persistent\nprocess p { }\n' && lines 3000 'message M@ : p'; } | malformed '3000 messages' any
{ printf 'spec t\nvar x : bool := any\n' && lines 3000 'check c@ allow deadlock'; } | malformed '3000 checks' any
{ echo 'spec t' && lines 3000 'const N = @'; } | malformed '3000 declarations of one name' 120
{ echo 'spec t' && lines 3000 'invariant I@ = y@'; } | malformed '3000 errors' 120
{ printf 'spec t\ntype E = enum {e' && lines 3000 ', e@' && echo '}'; } | malformed 'enum of 3000 values' any
{ printf 'spec t\nconst S = {0' && lines 10000 ', @' && echo '}'; } | malformed 'set of 10 000 elements' any

while IFS='|' read -r name codes text; do
    case $name in '' | '#'*) continue ;; esac
    printf 'spec t\n%b\n' "$text" | malformed "$name" "$codes"
done <<'END'
largest number|120|const N = 9223372036854775807 + 1
range of all numbers|120|var x : -9223372036854775807..9223372036854775807 := 0
large range|any|var x : 0..4611686018427387903 := 0\naction a { x := x + 1 }\ncut x > 3
large capacity|120|var x : seq[bool, 9223372036854775807] := []
large symmetric type|120|type T = symmetric 9223372036854775807
large constant set|any|const N = {k in 0..1099511627775 where k > 0}
long computation of a constant|any|const N = count(k in 0..1099511627775 where k > 0)
long fold|any|const N = fold(k in 0..1099511627775, a = 0 : a + k)
long constant invariant|any|invariant I = forall k in 0..1099511627775 : k >= 0
many subsets|any|const N = size(subsets({k in 0..63 where k < 60}))
many maps|any|const N = size(maps(0..9, 0..9))
many permutations|any|const N = size(permutations(0..9))
large type|120|type A = map[0..65535 -> map[0..65535 -> bool]]\nvar x : A := any
large process|any|process p[i in 1..4096] { var x : seq[0..999, 4096] := [] }
all values of a large type|any|type T = (0..999, 0..999)\nvar x : T := any\ncut true
constant through itself|120|const N = N
constants in a circle|120|const A = B + C\nconst B = C + A\nconst C = A + B
type through itself|120|type T = T
type in itself|120|type T = set[T]\nvar x : T := {}
types in a circle|120|type T = U?\ntype U = {t: T}\nvar x : T := none
size through itself|120|type T = seq[bool, N]\nconst N = size(T)
definition through itself|120|def d = d\ninvariant I = d
definition through itself twice|120|def f(n) = if n < 2 then n else f(n - 1) + f(n - 2)\ninvariant I = f(5) == 5
definitions in a circle|120|def d(n) = e(n) + e(n)\ndef e(n) = d(n) + d(n)\ninvariant I = d(1) == 1
definition of itself|120|def d(n) = d(d(n))\ninvariant I = d(1) == 1
invariants in a circle|120|invariant I = J and J\ninvariant J = I and I
set through itself|120|def S = {x in S where true}\ninvariant I = forall x in S : x
procedures in a circle|120|proc p() { q(); q() }\nproc q() { p(); p() }\naction a { p() }
message through itself|120|network persistent\nmessage M : p\ndef m = m\nprocess p { action a { send m } }
check through itself|120|const N = 3\nconst M = N\nvar x : 0..M := 0\ncheck with N = M
module imports itself|120|import t
modules import each other|120|import a\nmodule a\nimport b\nmodule b\nimport a
modules in a circle of three|120|import a\nmodule a\nimport b\nmodule b\nimport c\nmodule c\nimport a
network imports itself|120|network n\nmessage M : p\nprocess p { }\nnetwork module n\nimport n
network on itself|any|network n\nmessage M : p\nprocess p { }\nnetwork module n\nnetwork n\nmessage K : p
two headers|any|spec u\nspec v
two specs of one name|any|spec t\nspec t
END
{ echo 'spec t' && lines 60 'def d@(n) = d@@(n) + d@@(n)' | sed 's/d0(n) = .*/d0(n) = n/' && echo 'invariant I = d1(1) == 1'; } | malformed 'definitions that are missing' 120
awk 'BEGIN {
    print "spec t\ndef d0(n) = n + n"
    for (i = 1; i < 60; i++) printf "def d%d(n) = d%d(n) + d%d(n)\n", i, i - 1, i - 1
    print "invariant I = d59(1) == 1"
}' | malformed 'definitions that double' 120
awk 'BEGIN {
    print "spec t\nvar x : 0..3 := 0\nproc p0() { x := 1 }"
    for (i = 1; i < 40; i++) printf "proc p%d() { p%d(); p%d() }\n", i, i - 1, i - 1
    print "action a { p39() }"
}' | malformed 'procedures that double' 120
awk 'BEGIN {
    print "spec t\ntype T0 = (bool, bool)"
    for (i = 1; i < 60; i++) printf "type T%d = (T%d, T%d)\n", i, i - 1, i - 1
    print "var x : T59 := any"
}' | malformed 'types that double' 120
awk 'BEGIN {
    print "spec t\nimport m0"
    for (i = 0; i < 60; i++) printf "module m%d\nimport m%d as a\nimport m%d as b\n", i, i + 1, i + 1
    print "module m60\nconst N = 1"
}' | malformed 'imports that double' any
adopt "$tmp/malformed"

# ---- odd command lines ----
printf 'spec t\nvar x : 0..3 := 0\naction a { pick y in 0..3; x := y }\ncheck\n' >"$tmp/r/ok.dspec"
while IFS='|' read -r codes line; do
    case $codes in '' | '#'*) continue ;; esac
    eval "dcheck $line"
    why=$(broken)
    if [ -n "$why" ]; then
        fail "command line: $line" "$why"
    else
        case " $codes " in
        *" $code "*) ok "command line: $line" ;;
        *) fail "command line: $line" "exit code $code, not $codes: $(head -n 1 "$tmp/err")" ;;
        esac
    fi
done <<'END'
151|
151|-D x=1
153|-
153|''
153|/
150|/dev/null
151|-depth -1 "$tmp/r/ok.dspec"
151|-depth 99999999999999999999 "$tmp/r/ok.dspec"
151|-seed 0x "$tmp/r/ok.dspec"
151|-workers 1025 "$tmp/r/ok.dspec"
151|-mem 8GG "$tmp/r/ok.dspec"
151|-mem inf "$tmp/r/ok.dspec"
151|-mem nan "$tmp/r/ok.dspec"
151|-mem -1 "$tmp/r/ok.dspec"
151|-mem '' "$tmp/r/ok.dspec"
151|-check '' "$tmp/r/ok.dspec"
151|-D = "$tmp/r/ok.dspec"
151|-D =3 "$tmp/r/ok.dspec"
151|-D '' "$tmp/r/ok.dspec"
151|-D 'x=3;const y=4' "$tmp/r/ok.dspec"
150|-D "x=$(rep 10000 '(')" "$tmp/r/ok.dspec"
150|-D "x=$(rep 10000 '-')1" "$tmp/r/ok.dspec"
153|-json '' "$tmp/r/ok.dspec"
153|-json / "$tmp/r/ok.dspec"
153|-json /dev/full "$tmp/r/ok.dspec"
0|-I /nowhere "$tmp/r/ok.dspec"
0|-workers 1024 "$tmp/r/ok.dspec"
END
"$DCHECK" "$tmp/r/ok.dspec" >/dev/full 2>/dev/null
code=$?
if [ "$code" = 153 ]; then ok 'command line: a full disk'; else fail 'command line: a full disk' "exit code $code, not 153"; fi
finish
