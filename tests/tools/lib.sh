# Shared by the suites, which source it from the root of the repository. A suite reports each test with ok or fail
# and ends with finish; tests/run reads the closing line. Everything temporary lives in $tmp and goes away with the suite.

DCHECK=${DCHECK:-./dcheck}
CC=${CC:-cc}
export LC_ALL=C
passed=0
failed=0

tmp=$(mktemp -d "${TMPDIR:-/tmp}/dcheck-test.XXXXXX") || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM HUP

# Compiled specs go to a cache of this run (tests/run shares one among the suites), never to the user's own.
XDG_CACHE_HOME=${DCHECK_TEST_CACHE:-$tmp/cache}
export XDG_CACHE_HOME

ok() {
    passed=$((passed + 1))
    printf 'ok %s\n' "$1"
}

# One line, however many the reason has.
fail() {
    failed=$((failed + 1))
    printf 'FAIL %s: %s\n' "$1" "$(printf '%s' "$2" | tr '\n' '|' | cut -c1-600)"
}

# check NAME COMMAND...: passes if the command succeeds; its output is the reason if it does not.
check() {
    check_name=$1
    shift
    if check_said=$("$@" 2>&1); then ok "$check_name"; else fail "$check_name" "${check_said:-$* failed}"; fi
}

# Takes over the lines `ok …` and `FAIL …` of a program that reports like a suite.
adopt() {
    while IFS= read -r line; do
        case $line in
        'ok '*) passed=$((passed + 1)) ;;
        'FAIL '*) failed=$((failed + 1)) ;;
        esac
        printf '%s\n' "$line"
    done <"$1"
}

# printed WANT GOT: GOT has the lines of WANT, where `...` stands for any lines. Times, memory and what is measured of
# behaviours differ between runs. Prints the first difference.
printed() {
    awk 'function plain(s) {
             sub(/[0-9.]+ s, [0-9]+ workers?, [a-z, ]+.*/, "TIME", s); sub(/memory [0-9.]+ MiB \(set [0-9.]+\)/, "MEMORY", s)
             sub(/behaviours: .*/, "BEHAVIOURS", s); return s
         }
         NR == FNR { want[++n] = plain($0); next }
         { got[++m] = plain($0) }
         END {
             while (n && want[n] == "") n--
             while (m && got[m] == "") m--
             i = 1; free = 0
             for (j = 1; j <= m; j++) {
                 while (want[i] ~ /^ *\.\.\.$/) { free = 1; i++ }
                 if (i <= n && got[j] == want[i]) { i++; free = 0 }
                 else if (!free) { print "line " j ": " got[j]; exit 1 }
             }
             while (i <= n && want[i] ~ /^ *\.\.\.$/) i++
             if (i <= n) { print "missing: " want[i]; exit 1 }
         }' "$1" "$2"
}

finish() {
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ]
    exit $?
}
