#!/bin/sh
# Which folder may include which: no arrow of the architecture runs back.
. tests/tools/lib.sh
python3 tests/tools/includes.py . >"$tmp/out" || fail includes 'the table could not be checked'
adopt "$tmp/out"
# the checker itself: a tree in which arrows run back
mkdir -p "$tmp/tree/checker" "$tmp/tree/compiler" "$tmp/tree/base"
: >"$tmp/tree/compiler/ir.h"
printf '#include "compiler/ir.h"\n' >"$tmp/tree/checker/a.c"
printf '/* #include "compiler/ir.h" */\n#include <stdio.h>\n#include <jansson.h>\n' >"$tmp/tree/base/a.c"
printf '#include "ir.h"\n' >"$tmp/tree/compiler/b.c"
python3 tests/tools/includes.py "$tmp/tree" >"$tmp/out"
for text in 'checker/a.c:1: checker/ may not include compiler/ir.h' 'base/a.c:3: <jansson.h>' 'compiler/b.c:1: "ir.h" without its folder'; do
    if grep -qF "$text" "$tmp/out"; then ok "includes are told: $text"; else fail "includes are told: $text" "$(cat "$tmp/out")"; fi
done
finish
