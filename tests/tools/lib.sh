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

finish() {
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ]
    exit $?
}
