"""Enforces which folder may include what: the table of docs/architecture.md, here as data. Prints ok or FAIL for each folder."""
import glob
import os
import re
import sys

MAY = {
    "base": [],
    "lexer": ["base"],
    "parser": ["lexer", "base"],
    "model": ["base"],
    "compiler": ["parser", "model", "base"],
    "checker": ["model", "base"],
    "report": ["checker", "model", "base"],
    "cli": ["base", "lexer", "parser", "model", "compiler", "checker", "report"],
    "lsp": ["compiler", "parser", "lexer", "base"],
    "editors": ["compiler", "parser", "lexer", "base"],
    "web": ["report"],
}
# Each library of others has one place where it is used.
FOREIGN = {"xxhash.h": "base/hash_inline.h", "immintrin.h": "checker/kernel.c", "jansson.h": "report/", "cmocka.h": "tests/"}
LIBC = set(
    "assert ctype dlfcn errno fcntl float getopt inttypes libgen limits locale math pthread sched setjmp signal stdalign stdarg stdatomic stdbool "
    "stddef stdint stdio stdlib stdnoreturn string strings threads time unistd wchar sys/mman sys/resource sys/stat sys/syscall sys/time sys/types "
    "sys/wait execinfo malloc poll termios sys/ioctl spawn".split()
)


def files(root, folder):
    for ext in ("c", "h", "l", "y", "def"):
        yield from sorted(glob.glob(os.path.join(root, folder, "**", f"*.{ext}"), recursive=True))


def wrong(root, folder, path):
    with open(path, encoding="utf-8") as f:
        text = re.sub(r"/\*.*?\*/", lambda m: "\n" * m.group().count("\n"), f.read(), flags=re.S)
    name = os.path.relpath(path, root)
    for number, line in enumerate(text.split("\n"), 1):
        m = re.match(r"\s*(?:%code[^{]*\{\s*)?#\s*include\s*(.*)", line)
        if not m:
            continue
        what = re.match(r'(["<])([^">]+)[">]', m.group(1))
        where = f"{name}:{number}"
        if not what:
            yield f"{where}: an include that is no plain name"
            continue
        kind, target = what.groups()
        if kind == "<":
            base = target[:-2] if target.endswith(".h") else target
            if base not in LIBC and not name.startswith(FOREIGN.get(target, "?")):
                yield f"{where}: <{target}> is neither libc nor has its place here"
            continue
        if "/" not in target:
            yield f'{where}: "{target}" without its folder'
        elif target.split("/")[0] not in MAY[folder] + [folder]:
            yield f"{where}: {folder}/ may not include {target}"
        elif not target.endswith((".h", ".def")):
            yield f'{where}: "{target}" is no header'
        elif not os.path.exists(os.path.join(root, target)) and not os.path.exists(os.path.join(root, "build/gen", target)):
            yield f'{where}: there is no "{target}"'


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else "."
    for folder in MAY:
        if not os.path.isdir(os.path.join(root, folder)):
            continue
        every = list(files(root, folder))
        found = [text for path in every for text in wrong(root, folder, path)]
        print(f"FAIL includes of {folder}/: {'; '.join(found)}" if found else f"ok includes of {folder}/ ({len(every)} files)")
    houses = {d for d in os.listdir(root) if os.path.isdir(os.path.join(root, d)) and glob.glob(os.path.join(root, d, "*.[ch]"))}
    strange = houses - set(MAY) - {"tests", "bench", "docs", "tools", "build"}
    print(f"FAIL includes: no row for {', '.join(sorted(strange))}" if strange else "ok includes: every folder has its row")


main()
