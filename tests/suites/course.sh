#!/bin/sh
# The course is true: docs/course/ is run as a reader would run it, from top to bottom, and specs/exercises/ keeps its
# promises.
#
# Blocks are as in docs/ (tests/suites/docs.sh), with three additions, for a lesson changes its spec as it goes:
# - ```dspec is a file NAME.dspec (from its `spec NAME`) from there on, until a later block of the same name replaces it.
#   A block without a header is a fragment: it gets `spec example` and, unless it has a check, `check allow deadlock`.
#   Its first check ends with the exit code that the block names (`exit=12`); without, all its checks with 0 or 2.
# - ```dspec from=specs/x.dspec quotes: its lines stand in that file in this order, `...` apart.
# - ```console may have several commands, each followed by its output; `...` stands for any lines.
#
# Each exercise NN_name.dspec ends as its checks say, has a head, and is linked from chapter NN; each chapter has exercises,
# and the way through (docs/course/README.md) leads to each page.
. tests/tools/lib.sh
case $DCHECK in /*) binary=$DCHECK ;; *) binary=$PWD/$DCHECK ;; esac
root=$PWD

# steps FILE: its blocks as $tmp/s/N.dspec, .quote or .console, with N.line and N.info
steps() {
    rm -rf "$tmp/s" "$tmp/w"
    mkdir "$tmp/s" "$tmp/w"
    ln -s "$root/specs" "$tmp/w/specs"
    awk -v to="$tmp/s/" '
        /^```(dspec|console)/ && !open {
            open = 1; n = sprintf("%04d", ++blocks); kind = /^```console/ ? "console" : "dspec"
            if (match($0, /from=[^ ]+/)) kind = "quote"
            print NR > (to n ".line"); print $0 > (to n ".info"); printf "" > (to n "." kind)
            head = text = ""; header = check = unit = 0; next
        }
        /^```/ && open {
            open = 0
            if (kind != "dspec") next
            file = to n ".dspec"
            if (!header) print "spec example" > file
            printf "%s", head > file
            if (!check && !header) print "check allow deadlock" > file
            printf "%s", text > file; next
        }
        open && kind != "dspec" { print > (to n "." kind); next }
        open {
            if ($0 ~ /^(spec|module|network module) /) { unit++; header = 1 }
            if ($0 ~ /^check( |$)/ && unit < 2) check = 1
            if (unit < 2) head = head $0 "\n"; else text = text $0 "\n"
        }' "$1"
}

# block PAGE N: runs a spec in the text, and leaves it for the commands below
block() {
    at="$1:$(cat "$2.line")"
    want=$(sed -n 's/.*exit=\([0-9]*\).*/\1/p' "$2.info")
    name=$(sed -n 's/^spec \([A-Za-z0-9_]*\).*/\1/p' "$2.dspec" | head -n 1)
    [ -n "$name" ] || name=$(sed -n 's/^\(network \)\{0,1\}module \([A-Za-z0-9_]*\).*/\2/p' "$2.dspec" | head -n 1)
    cp "$2.dspec" "$tmp/w/$name.dspec"
    [ -n "$want" ] && all='' || all=-all
    # shellcheck disable=SC2086
    (cd "$tmp/w" && timeout 60 "$binary" "$name.dspec" $all -interpret -quiet -no-trace -workers 1) >"$tmp/out" 2>&1 </dev/null
    got=$?
    case ${want:-any}/$got in
    any/0 | any/2 | "$got/$got") ok "$at" ;;
    *) fail "$at" "exit $got, not ${want:-0 or 2}: $(head -n 8 "$tmp/out")" ;;
    esac
}

# quote PAGE N: the lines stand in the file that is quoted
quote() {
    at="$1:$(cat "$2.line")"
    file=$(sed -n 's/.*from=\([^ ]*\).*/\1/p' "$2.info")
    if [ ! -f "$file" ]; then
        fail "$at" "there is no $file"
    elif awk 'function bare(s) { gsub(/^[ \t]+|[ \t]+$/, "", s); return s }
              NR == FNR { have[++m] = bare($0); next }
              bare($0) == "" || bare($0) == "..." { next }
              { for (i++; i <= m && have[i] != bare($0); i++); if (i > m) { print; exit 1 } }' "$file" "$2.quote" >"$tmp/why"; then
        ok "$at quotes $file"
    else
        fail "$at quotes $file" "not there, or not in this order: $(cat "$tmp/why")"
    fi
}

# prints PAGE N: the commands of a block print what stands below them
prints() {
    rm -f "$tmp"/c.*
    awk -v to="$tmp/c." '/^\$ / { n++; print substr($0, 3) > (to n); printf "" > (to n ".want"); next } n { print > (to n ".want") }' "$2.console"
    for cmd in "$tmp"/c.?; do
        [ -f "$cmd" ] || continue
        line=$(cat "$cmd")
        at="$1:$(cat "$2.line"): $line"
        case $line in
        './dcheck '*) ;;
        *) fail "$at" 'the course runs ./dcheck only' && continue ;;
        esac
        (cd "$tmp/w" && eval "timeout 120 \"$binary\" ${line#./dcheck }") >"$tmp/out" 2>&1 </dev/null
        if printed "$cmd.want" "$tmp/out" >"$tmp/why"; then ok "$at"; else fail "$at" "$(cat "$tmp/why")"; fi
    done
}

for page in docs/course/*.md; do
    [ -f "$page" ] || continue
    steps "$page"
    for step in "$tmp"/s/*.line; do
        [ -f "$step" ] || continue
        n=${step%.line}
        [ ! -f "$n.dspec" ] || block "$page" "$n"
        [ ! -f "$n.quote" ] || quote "$page" "$n"
        [ ! -f "$n.console" ] || prints "$page" "$n"
    done
    for link in $(grep -Eo '\]\([^)# ]+' "$page" | cut -c3-); do
        case $link in http*) continue ;; esac
        [ -e "$(dirname "$page")/$link" ] || fail "$page links to $link" 'there is no such file'
    done
    for path in $(grep -Eo '`(stdlib|specs|docs|bench|tests)/[A-Za-z0-9_./-]+`' "$page" | tr -d '`'); do
        [ -e "$path" ] || fail "$page names $path" 'there is no such file'
    done
    ok "$page: links"
done

# ---- exercises ----
for spec in specs/exercises/*.dspec; do
    [ -f "$spec" ] || continue
    timeout 60 "$DCHECK" "$spec" -all -quiet -no-trace -workers 1 >"$tmp/out" 2>&1 </dev/null
    got=$?
    if [ "$got" = 0 ]; then ok "$spec -all"; else fail "$spec -all" "exit $got: $(tail -n 8 "$tmp/out")"; fi
    if head -n 1 "$spec" | grep -q '^/// '; then ok "$spec has a head"; else fail "$spec has a head" 'it begins with ///'; fi
    base=${spec##*/}
    if grep -q "](../../$spec)" docs/course/"${base%%_*}"_*.md 2>/dev/null; then ok "$spec is linked"; else fail "$spec is linked" "from no page docs/course/${base%%_*}_*.md"; fi
done

# ---- the way through ----
for page in docs/course/*.md; do
    base=${page##*/}
    [ "$base" != README.md ] || continue
    if grep -q "]($base)" docs/course/README.md; then ok "the way through leads to $base"; else fail "the way through leads to $base" 'no link in docs/course/README.md'; fi
    case $base in
    [0-9]*) if grep -q '](../../specs/exercises/' "$page"; then ok "$base has exercises"; else fail "$base has exercises" 'it links to none'; fi ;;
    esac
done
finish
