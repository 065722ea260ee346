#!/bin/sh
# Charts, files for other tools and the page of -report: golden files (tests/report/), validity by the rules of each
# format, the same bytes for any number of workers and both executions, hostile texts, and files that cannot be written.
#
#   REPORT_BLESS=1 sh tests/suites/report.sh             writes the golden files anew
#   REPORT_BROWSER=chromium sh tests/suites/report.sh    tries the page in a browser, too
. tests/tools/lib.sh
gold=tests/report

# mask: what differs from run to run
mask() {
    sed -E -e 's/ time="[0-9.]+"/ time="TIME"/' -e 's/"version": "[0-9]+\.[0-9]+\.[0-9]+"/"version": "VERSION"/' \
        -e 's/[0-9.]+ s, [0-9]+ workers?, [a-z, ]+.*/TIME/' -e "s|$tmp/[a-z0-9]*/||g" -e "s|file://$PWD/||g" "$1"
}

# golden FILE NAME: compares, or blesses; of a long file its beginning and end
golden() {
    mask "$1" >"$tmp/masked"
    if [ "$(wc -c <"$tmp/masked")" -gt 60000 ]; then
        { head -n 24 "$tmp/masked" && echo ... && tail -n 4 "$tmp/masked"; } >"$tmp/short"
        mv "$tmp/short" "$tmp/masked"
    fi
    if [ -n "${REPORT_BLESS:-}" ]; then cp "$tmp/masked" "$gold/$2"; fi
    if cmp -s "$tmp/masked" "$gold/$2"; then ok "report $2"; else fail "report $2" "$(diff "$tmp/masked" "$gold/$2" 2>&1 | head -n 5)"; fi
}

# all DIR ARGUMENT...: every format of one run into DIR
all() {
    to=$1
    shift
    mkdir -p "$to"
    LC_ALL=C.UTF-8 COLUMNS=100 "$DCHECK" "$@" -trace chart -quiet -trace-out "$to/t.itf.json" -junit "$to/junit.xml" \
        -sarif "$to/sarif.json" -report "$to/page.html" >"$to/chart.txt" 2>"$to/err" </dev/null
    for end in tlc.json shiviz mmd puml svg; do
        "$DCHECK" "$@" -trace none -quiet -trace-out "$to/t.$end" >>"$to/err" 2>&1 </dev/null
    done
    "$DCHECK" "$@" -quiet -json "$to/json" >/dev/null 2>&1 </dev/null
}

valid() { check "report valid: $1" python3 $gold/valid.py "$2" "$3" ${4:+"$4"}; }

# whole NAME SPEC CHECK: all of it on one violation
whole() {
    spec=specs/$2.dspec
    all "$tmp/$1" "$spec" -check "$3" -workers 1 -interpret
    sed -i '/^.*t\.itf.*\.json: /d' "$tmp/$1/chart.txt"
    golden "$tmp/$1/chart.txt" "$1.chart.txt"
    for end in itf.json tlc.json shiviz mmd puml svg; do golden "$tmp/$1/t.$end" "$1.$end"; done
    golden "$tmp/$1/junit.xml" "$1.junit.xml"
    golden "$tmp/$1/sarif.json" "$1.sarif.json"
    valid "$1.itf.json" itf "$tmp/$1/t.itf.json" "$tmp/$1/json"
    valid "$1.tlc.json" tlc "$tmp/$1/t.tlc.json"
    valid "$1.shiviz" shiviz "$tmp/$1/t.shiviz"
    valid "$1.mmd" mermaid "$tmp/$1/t.mmd"
    valid "$1.puml" plantuml "$tmp/$1/t.puml"
    valid "$1.svg" svg "$tmp/$1/t.svg"
    valid "$1.junit.xml" junit "$tmp/$1/junit.xml"
    valid "$1.sarif.json" sarif "$tmp/$1/sarif.json"
    valid "$1.html" page "$tmp/$1/page.html" "$spec"
    for how in '-workers 2 -interpret' '-workers 2 -native'; do
        # shellcheck disable=SC2086
        all "$tmp/$1b" "$spec" -check "$3" $how
        same "$1" "$how"
    done
}

# same NAME HOW: the files of the second run are those of the first
same() {
    for f in "$tmp/$1"/t* "$tmp/$1/sarif.json" "$tmp/$1/page.html" "$tmp/$1/junit.xml" "$tmp/$1/chart.txt"; do
        stable "$f" >"$tmp/one"
        stable "$tmp/$1b/${f##*/}" | sed -E '/^.*t\.itf.*\.json: /d' >"$tmp/two"
        if cmp -s "$tmp/one" "$tmp/two"; then ok "report $1 ${f##*/} is the same with $2"; else fail "report $1 ${f##*/} is the same with $2" "$(diff "$tmp/one" "$tmp/two" | head -n 4)"; fi
    done
}
stable() { mask "$1" | sed -e '/data-run/d'; }

# arrows NAME DIAGRAM JSON: what is drawn is what happened
arrows() { check "report arrows: $1" python3 $gold/arrows.py "$2" "$3"; }

whole flp consensus_flp flp
whole raft raft forgets_vote
whole paxos paxos minority_quorums
for f in flp raft paxos; do arrows "$f" "$tmp/$f/t.mmd" "$tmp/$f/json"; done

# a message that is repeated, one that is lost, one dropped by a crash, one to oneself
all "$tmp/copies" $gold/copies.dspec
sed -i '/^.*t\.itf.*\.json: /d' "$tmp/copies/chart.txt"
golden "$tmp/copies/chart.txt" copies.chart.txt
golden "$tmp/copies/t.mmd" copies.mmd
golden "$tmp/copies/t.svg" copies.svg
valid copies.mmd mermaid "$tmp/copies/t.mmd"
valid copies.svg svg "$tmp/copies/t.svg"
valid copies.shiviz shiviz "$tmp/copies/t.shiviz"

# ---- the rules themselves: a file that is changed is refused ----
refuse() { # refuse FORMAT FILE SED
    sed -E -e "$3" "$2" >"$tmp/changed"
    if cmp -s "$2" "$tmp/changed"; then fail "report $1 refuses $3" 'nothing was changed'; return; fi
    if python3 $gold/valid.py "$1" "$tmp/changed" >/dev/null 2>&1; then fail "report $1 refuses $3" 'accepted'; else ok "report $1 refuses $3"; fi
}
refuse itf "$tmp/raft/t.itf.json" 's/\{"#bigint": "2"\}/2/'
refuse itf "$tmp/raft/t.itf.json" 's/"index": 3/"index": 4/'
refuse itf "$tmp/raft/t.itf.json" 's/"#set"/"#sets"/'
refuse itf "$tmp/raft/t.itf.json" 's/-> Int\)/-> Bool)/'
refuse itf "$tmp/raft/t.itf.json" 's/-> Int\)/-> Int/'
refuse tlc "$tmp/raft/t.tlc.json" 's/^( *)\[2, /\1[3, /'
refuse shiviz "$tmp/raft/t.shiviz" '$s/:[0-9]+\}/:99}/'
refuse shiviz "$tmp/raft/t.shiviz" '4s/server/other/'
refuse mermaid "$tmp/raft/t.mmd" 's/participant p1/participant p9/'
refuse mermaid "$tmp/raft/t.mmd" 's/crashes/<b>/'
refuse mermaid "$tmp/flp/t.mmd" '/^ *end$/d'
refuse plantuml "$tmp/raft/t.puml" '/@enduml/d'
refuse svg "$tmp/raft/t.svg" 's/data-step="3"/data-step="4"/'
refuse svg "$tmp/raft/t.svg" 's|<style>|<script/><style>|'
refuse junit "$tmp/raft/junit.xml" 's/tests="[0-9]+"/tests="7"/'
refuse sarif "$tmp/raft/sarif.json" 's/"executionOrder": 3/"executionOrder": 4/'
refuse sarif "$tmp/raft/sarif.json" 's/"ruleId": "invariant"/"ruleId": "other"/'
refuse page "$tmp/raft/page.html" 's|<main|<script></script><main|'
refuse page "$tmp/raft/page.html" 's|id="c1-t1"|id="c1-t2"|'
refuse page "$tmp/raft/page.html" 's|</main>||'

# ---- texts that would break out of their place ----
bad="$tmp/a </script><b>\"&'"
mkdir -p "${bad%/*}"
cp $gold/hostile.dspec "$bad.dspec"
all "$tmp/hostile" "$bad.dspec" -all -D 'N=/* </script> "]]> %%{init: {}}%% ;#<> */ 2'
for f in t.itf.json:itf t.tlc.json:tlc t.shiviz:shiviz t.mmd:mermaid t.puml:plantuml t.svg:svg junit.xml:junit sarif.json:sarif; do
    valid "hostile ${f%:*}" "${f#*:}" "$tmp/hostile/${f%:*}"
done
valid 'hostile page' page "$tmp/hostile/page.html" "$bad.dspec"

# ---- a cycle, a crash, lost messages ----
says() { if grep -qF -e "$2" "$1"; then ok "report $3"; else fail "report $3" "$(head -c 300 "$1")"; fi; }
"$DCHECK" specs/crash_recovery.dspec -check torn -trace-out "$tmp/torn.mmd" -trace chart >"$tmp/out" 2>&1
says "$tmp/out" 'x crashes' 'chart: a crash in the middle of a step, in ASCII'
says "$tmp/torn.mmd" 'crashes in the middle of it' 'mermaid: a crash in the middle of a step'
"$DCHECK" specs/lossy_channel.dspec -trace-out "$tmp/lossy.mmd" -trace chart >"$tmp/out" 2>&1
says "$tmp/out" '! lose(m = Ack(3))' 'chart: a lost message'
says "$tmp/lossy-2.mmd" '--x' 'mermaid: a lost message, in the second file'
valid lossy-2.mmd mermaid "$tmp/lossy-2.mmd"

"$DCHECK" specs/paxos.dspec -check minority_quorums -trace none >"$tmp/out" 2>&1
if grep -Eq '^  refines +abstract +violated: a trace of 9 states' "$tmp/out"; then ok 'report a violated refinement is called violated'; else fail 'report a violated refinement is called violated' "$(grep refines "$tmp/out")"; fi

# ---- the page in a browser ----
# browser NAME SCRIPT PATTERN: after the script the document has a line that matches
browser() {
    sed "s#</body>#<script>$2</script></body>#" "$tmp/raft/page.html" >"$tmp/browser.html"
    timeout 60 "$REPORT_BROWSER" --headless --no-sandbox --disable-gpu --dump-dom "file://$tmp/browser.html" >"$tmp/dom" 2>/dev/null
    if grep -Eq -e "$3" "$tmp/dom"; then ok "report browser: $1"; else fail "report browser: $1" "$(grep -E '<output|class="step' "$tmp/dom" | head -n 12)"; fi
}
if [ -n "${REPORT_BROWSER:-}" ]; then
    browser 'it begins at the first step' '' '<output[^>]*>1 of 9</output>'
    browser 'the button goes on' "document.querySelector('.on').click()" '<li class="step now" [^>]*data-step="1"'
    browser 'arrow keys go on' "for (let i = 0; i !== 3; i++) document.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight'}))" '<output[^>]*>4 of 9</output>'
    browser 'the running action is marked' "for (let i = 0; i !== 3; i++) document.querySelector('.on').click()" '<span class="line running"'
    browser 'the end is the end' "for (let i = 0; i !== 30; i++) document.querySelector('.on').click()" '<output[^>]*>9 of 9</output>'
    browser 'a click on the diagram' "document.querySelector('svg [data-step=\"6\"]').dispatchEvent(new MouseEvent('click'))" '<output[^>]*>7 of 9</output>'
    browser 'a link to a step' "location.hash = 'c1-t1-s5'; window.dispatchEvent(new Event('hashchange'))" '<output[^>]*>5 of 9</output>'
fi

# ---- in sentences ----
"$DCHECK" specs/raft.dspec -check forgets_vote -quiet -trace none -explain -interpret >"$tmp/raft.tale" 2>&1
golden "$tmp/raft.tale" raft.tale.txt
"$DCHECK" specs/consensus_flp.dspec -check flp -quiet -trace none -explain -native >"$tmp/out" 2>&1
says "$tmp/out" 'From here on it repeats for ever' 'explain: a cycle'
"$DCHECK" specs/lossy_channel.dspec -quiet -trace none -explain >"$tmp/out" 2>&1
says "$tmp/out" 'Lost: Ack(n: 3) from receiver to sender, which nobody received.' 'explain: a lost message'

# ---- the width of a chart ----
for columns in 44 60 80 200; do
    COLUMNS=$columns "$DCHECK" specs/consensus_flp.dspec -check flp -trace chart -quiet -interpret 2>&1 |
        sed -n '/^property/,/^ *@n/p' | awk -v most=$columns 'length($0) > most { print; exit 1 }' >"$tmp/out" && ok "report chart: $columns columns" ||
        fail "report chart: $columns columns" "$(cat "$tmp/out")"
done
COLUMNS=30 "$DCHECK" specs/consensus_flp.dspec -check too_eager -trace chart -interpret >"$tmp/out" 2>&1
says "$tmp/out" '(no chart: 3 processes do not fit into 30 columns)' 'chart: too narrow, and it says so'
says "$tmp/out" '    2  node[3] receives' 'chart: too narrow, steps instead'
for form in full none steps; do
    "$DCHECK" specs/paxos.dspec -check minority_quorums -trace $form -interpret 2>&1 | grep -v ' s, ' >"$tmp/a"
    case $form in full) old=-full ;; none) old=-no-trace ;; *) old=-deadlock ;; esac
    "$DCHECK" specs/paxos.dspec -check minority_quorums $old -interpret 2>&1 | grep -v ' s, ' >"$tmp/b"
    if [ $form = steps ]; then sed -i '/deadlock/d' "$tmp/a" "$tmp/b"; fi
    check "report -trace $form is what ${old} gives" cmp "$tmp/a" "$tmp/b"
done

# ---- formats by name, several traces ----
"$DCHECK" specs/paxos.dspec -check minority_quorums -trace none -trace-out "$tmp/some" -format svg >"$tmp/out" 2>&1
valid 'format by name' svg "$tmp/some"
valid 'format by name, the second trace' svg "$tmp/some-2"
says "$tmp/out" "$tmp/some-2: refines abstract is violated" 'the files are named'
"$DCHECK" specs/crash_recovery.dspec -check atomic_send -trace-out "$tmp/none.svg" >/dev/null 2>"$tmp/out"
says "$tmp/out" 'there is no trace' 'no trace, no file'
if [ -e "$tmp/none.svg" ]; then fail 'report no trace, no file left' 'it is there'; else ok 'report no trace, no file left'; fi

# ---- wrong usage, files that cannot be written ----
# refused CODE TEXT ARGUMENT...
refused() {
    code=$1
    text=$2
    shift 2
    "$DCHECK" specs/paxos.dspec -check minority_quorums -interpret "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
    got=$?
    if [ $got = "$code" ] && grep -q -e "$text" "$tmp/err"; then ok "report refused: $*"; else fail "report refused: $*" "exit $got: $(cat "$tmp/err")"; fi
}
refused 151 'no format goes by the end of `x.dot`' -trace-out x.dot
refused 151 'there is no format `dot`' -trace-out x.svg -format dot
refused 151 'there is no -trace-out' -format svg
refused 151 '-trace is steps' -trace tree
refused 151 'want one spec file' specs/raft.dspec -junit "$tmp/x.xml"
"$DCHECK" specs/paxos.dspec -all -quiet -report "$tmp/all.html" >/dev/null 2>&1
valid 'page of all checks' page "$tmp/all.html" specs/paxos.dspec
"$DCHECK" specs/two_phase_commit.dspec -quiet -symmetry off -report "$tmp/levels.html" >/dev/null 2>&1
check 'page: states of each level' python3 - "$tmp/levels.html" <<'END'
import re, sys
chart = re.search(r'<details class="levels">.*?</details>', open(sys.argv[1], encoding="utf-8").read(), re.S)[0]
bars = re.findall(r'height="(\d+)"><title>level (\d+): ([\d,]+)</title>', chart)
states = [int(n.replace(",", "")) for _, _, n in bars]
assert [int(l) for _, l, _ in bars] == list(range(1, len(bars) + 1)), bars
assert states == [1, 7, 21, 38, 50, 54, 49, 36, 21, 9, 2], states
assert [int(h) for h, _, _ in bars] == [max(1, 100 * n // 54) for n in states], bars
assert "11 levels; most new states in level 6: 54" in chart and 'aria-label="New states by level: ' in chart
END
"$DCHECK" specs/paxos.dspec -check minority_quorums -dump ir >"$tmp/p.ir" 2>/dev/null
"$DCHECK" "$tmp/p.ir" -quiet -report "$tmp/ir.html" -sarif "$tmp/ir.sarif" -trace-out "$tmp/ir.tlc.json" >/dev/null 2>&1
valid 'page without sources' page "$tmp/ir.html"
valid 'sarif without sources' sarif "$tmp/ir.sarif"
valid 'tlc without sources' tlc "$tmp/ir.tlc.json"
for option in -trace-out -report -junit -sarif -json; do
    refused 153 'No such file' $option "$tmp/nowhere/x.svg"
    says "$tmp/out" 'violated: invariant Agreement, as expected' "the verdict is printed though $option fails"
    refused 153 'No space left' $option /dev/full -format svg -trace-out "$([ $option = -trace-out ] && echo /dev/full || echo "$tmp/fine.svg")"
done

# ---- JUnit and SARIF of other outcomes ----
cli=tests/golden/cli
outcome() { # outcome NAME TEXT ARGUMENT...
    name=$1
    text=$2
    shift 2
    "$DCHECK" "$@" -quiet -trace none -junit "$tmp/j.xml" -sarif "$tmp/s.json" >/dev/null 2>&1 </dev/null
    valid "junit of $name" junit "$tmp/j.xml"
    valid "sarif of $name" sarif "$tmp/s.json"
    says "$tmp/j.xml" "$text" "junit of $name says $text"
}
outcome 'an unexpected violation' '<failure message="a trace of' $cli/talk.dspec
outcome 'an error in a step' '<error ' $cli/errors.dspec
outcome 'a false assumption' '<error ' $cli/assume.dspec -check odd
outcome 'a bounded search' '<skipped ' $cli/long.dspec -depth 3
outcome 'an unreachable state' '<failure ' $cli/count.dspec -check nowhere
outcome 'a violation that does not come' 'but the check expects' $cli/count.dspec -check unforeseen
outcome 'all checks' 'skipped="' $cli/count.dspec -all
if command -v xmllint >/dev/null; then
    for f in "$tmp"/*/t.svg "$tmp"/*/junit.xml "$tmp/j.xml"; do check "report xmllint ${f#"$tmp"/}" xmllint --noout "$f"; done
fi

# ---- completion ----
for shell in bash zsh fish; do
    "$DCHECK" -completion $shell >"$tmp/completion.$shell" 2>&1
    missing=''
    for option in $("$DCHECK" -help | sed -n 's/^  -\([A-Za-z-]*\).*/\1/p'); do
        grep -Eq -e "[ '*-](-|o )${option}[]|['[ )]" "$tmp/completion.$shell" || missing="$missing $option"
    done
    if [ -z "$missing" ]; then ok "report completion for $shell knows all options"; else fail "report completion for $shell knows all options" "$missing"; fi
    if command -v $shell >/dev/null; then check "report completion: $shell reads it" $shell -n "$tmp/completion.$shell"; fi
done
if command -v bash >/dev/null; then
    completes() { # completes EXPECTED WORD...
        want=$1
        shift
        got=$(bash -c 'source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _dcheck; echo "${COMPREPLY[*]}"' "$tmp/completion.bash" "$@")
        if [ "$got" = "$want" ]; then ok "report completion: $*"; else fail "report completion: $*" "$got"; fi
    }
    completes chart dcheck -trace ch
    completes '-trace -trace-out' dcheck -tra
    completes specs/raft.dspec dcheck specs/raft.
fi
refused 151 '-completion is bash, zsh or fish' -completion tcsh
finish
