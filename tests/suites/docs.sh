#!/bin/sh
# The documentation is true: every ```dspec block compiles and its first check gives the exit code that the block names
# (`exit=12`; without: 0 or 2), every option of -help stands in the man page and in docs/, links lead somewhere, and the
# commands shown with their output (```console) print what stands there.
#
# A block is a whole file; one without a header gets `spec example` and, unless it has one, `check allow deadlock`. A command
# may name a spec that stands in a block of the same page.
. tests/tools/lib.sh

# split FILE: the blocks of FILE as $tmp/b/N.dspec, with N.exit and N.line
split() {
    rm -rf "$tmp/b"
    mkdir "$tmp/b"
    awk -v to="$tmp/b/" '
        /^```dspec/ {
            n++; open = 1; code = ""; text = ""; header = check = unit = 0
            if (match($0, /exit=[0-9]+/)) code = substr($0, RSTART + 5, RLENGTH - 5)
            print NR > (to n ".line"); print code > (to n ".exit"); next
        }
        /^```/ && open {
            open = 0; file = to n ".dspec"
            if (!header) print "spec example" > file
            printf "%s", head > file; head = ""
            if (!check && !header) print "check allow deadlock" > file
            printf "%s", text > file; next
        }
        open {
            if ($0 ~ /^(spec|module|network module) /) { unit++; header = 1 }
            if ($0 ~ /^check( |$)/ && unit < 2) check = 1
            if (unit < 2) head = head $0 "\n"; else text = text $0 "\n"
        }' "$1"
}

for file in README.md HACKING.md docs/*.md docs/internals/*.md; do
    [ -f "$file" ] || continue
    split "$file"
    for block in "$tmp"/b/*.dspec; do
        [ -f "$block" ] || continue
        n=${block%.dspec}
        name="$file:$(cat "$n.line")"
        want=$(cat "$n.exit")
        timeout 60 "$DCHECK" "$block" -interpret -quiet -no-trace >"$tmp/out" 2>&1 </dev/null
        got=$?
        case ${want:-any}/$got in
        any/0 | any/2 | "$got/$got") ok "$name" ;;
        *) fail "$name" "exit $got, not ${want:-0 or 2}: $(head -n 8 "$tmp/out")" ;;
        esac
    done
done

# ---- options ----
"$DCHECK" -help | sed -n 's/^  -\([A-Za-z-]*\).*/\1/p' >"$tmp/options"
[ -s "$tmp/options" ] || fail options 'dcheck -help names none'
cat README.md docs/*.md >"$tmp/all"
while read -r option; do
    if sed 's/\\-/-/g' docs/dcheck.1 | grep -Eq -- "^\.It Fl $option( |\$)"; then ok "man page: -$option"; else fail "man page: -$option" 'not in docs/dcheck.1'; fi
    if grep -Eq -- "-$option([^a-z-]|\$)" "$tmp/all"; then ok "docs: -$option"; else fail "docs: -$option" 'in no page of docs/'; fi
done <"$tmp/options"
sed -n 's/^\.It Fl \([A-Za-z-]*\).*/\1/p' docs/dcheck.1 >"$tmp/manual"
while read -r option; do
    if grep -qx -- "$option" "$tmp/options"; then ok "-help: -$option"; else fail "-help: -$option" 'stands in docs/dcheck.1 only'; fi
done <"$tmp/manual"
if command -v mandoc >/dev/null; then check 'man page: mandoc' mandoc -T lint -W error docs/dcheck.1; fi
if command -v groff >/dev/null; then
    groff -mdoc -Tascii -ww docs/dcheck.1 >/dev/null 2>"$tmp/err"
    if [ -s "$tmp/err" ]; then fail 'man page: groff' "$(cat "$tmp/err")"; else ok 'man page: groff'; fi
fi

# ---- exit codes: one table ----
for code in $("$DCHECK" -help | sed -n '/^Exit code/,$p' | grep -Eo '[0-9]+'); do
    if grep -Eq "^\| $code \|" docs/verdicts.md; then ok "docs/verdicts.md: $code"; else fail "docs/verdicts.md: $code" 'not in the table'; fi
    if grep -Eq "^\.It $code\$" docs/dcheck.1; then ok "man page: exit code $code"; else fail "man page: exit code $code" 'not in docs/dcheck.1'; fi
done

# ---- links ----
for file in README.md HACKING.md docs/*.md docs/internals/*.md; do
    [ -f "$file" ] || continue
    for link in $(grep -Eo '\]\([^)# ]+' "$file" | cut -c3-); do
        case $link in http*) continue ;; esac
        if [ -e "$(dirname "$file")/$link" ]; then ok "$file links to $link"; else fail "$file links to $link" 'there is no such file'; fi
    done
    # files of the tree that are named in `code`
    for path in $(grep -Eo '`(base|lexer|parser|model|compiler|checker|report|cli|stdlib|specs|tests|tools|docs|bench)/[A-Za-z0-9_./-]+`' "$file" | tr -d '`'); do
        if [ -e "$path" ]; then ok "$file names $path"; else fail "$file names $path" 'there is no such file'; fi
    done
done

# ---- the library: each module is described, and has a spec of its own that is named there ----
for module in stdlib/*.dspec; do
    row=$(grep -F "| \`$module\`" docs/library.md)
    case $row in
    *'`tests/golden/stdlib_'* | *'the same'*) ok "docs/library.md: $module" ;;
    *) fail "docs/library.md: $module" 'no row, or one that names no checks' ;;
    esac
done
for spec in tests/golden/stdlib_*.dspec; do
    for check in $(sed -n 's/^check \([a-z_]*\) .*/\1/p' "$spec"); do
        case $check in with | only | expect | allow) continue ;; esac
        grep -qw -- "$check" docs/library.md || fail "docs/library.md: $spec" "does not mention its check $check"
    done
done

# ---- what a command prints: ```console, `$ ./dcheck ...` and its output; `...` stands for any lines ----
case $DCHECK in /*) binary=$DCHECK ;; *) binary=$PWD/$DCHECK ;; esac
for file in README.md docs/*.md; do
    [ -f "$file" ] || continue
    split "$file"
    rm -rf "$tmp/c"
    mkdir "$tmp/c"
    ln -s "$PWD/specs" "$tmp/c/specs"
    for block in "$tmp"/b/*.dspec; do
        [ ! -f "$block" ] || cp "$block" "$tmp/c/$(sed -n 's/^spec //p' "$block" | head -n 1).dspec"
    done
    awk -v to="$tmp/c/" '
        /^```console/ { n++; open = 1; next }
        /^```/ { open = 0 }
        open && /^\$ / { print substr($0, 3) > (to n ".cmd"); next }
        open { print > (to n ".want") }' "$file"
    for cmd in "$tmp"/c/*.cmd; do
        [ -f "$cmd" ] || continue
        line=$(cat "$cmd")
        case $line in
        './dcheck '*)
            # shellcheck disable=SC2086
            set -- ${line#./dcheck }
            (cd "$tmp/c" && timeout 120 "$binary" "$@") >"$tmp/out" 2>&1 </dev/null
            ;;
        'printf '*' | ./dcheck '*) # a session of -i
            ln -sf "$binary" "$tmp/c/dcheck"
            (cd "$tmp/c" && timeout 120 sh -c "$line") >"$tmp/out" 2>&1 </dev/null
            ;;
        *) continue ;;
        esac
        if printed "${cmd%.cmd}.want" "$tmp/out" >"$tmp/why"; then ok "$file: $line"; else fail "$file: $line" "$(cat "$tmp/why")"; fi
    done
done
python3 tests/tools/specs_table.py tests/golden/golden.tsv >"$tmp/specs"
if cmp -s specs/README.md "$tmp/specs"; then ok 'specs/README.md is up to date'; else fail 'specs/README.md is up to date' 'run make specs-table'; fi
finish
