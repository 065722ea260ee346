#!/bin/sh
# Each header compiles alone, twice in a row, with gcc and with clang.
. tests/tools/lib.sh
[ -f build/gen/parser/grammar.h ] || ${MAKE:-make} -s all >/dev/null 2>&1
for compiler in gcc clang; do
    for header in base/*.h lexer/*.h parser/*.h model/*.h compiler/*.h checker/*.h report/*.h cli/*.h; do
        printf '#include "%s"\n#include "%s"\nextern int dc_not_empty;\n' "$header" "$header" >"$tmp/one.c"
        check "headers: $header alone ($compiler)" $compiler -std=c11 -Wall -Wextra -Werror -D_GNU_SOURCE -I. -Ibuild/gen -fsyntax-only "$tmp/one.c"
    done
done
finish
