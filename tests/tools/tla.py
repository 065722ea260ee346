"""Evaluates TLA+ modules: the subset that dcheck -tla writes, read by the grammar of the language.

    tla.py MODULE.tla [MODULE.cfg]     parse, explore, and print one line of JSON: states, depth, verdicts

It knows nothing of dcheck. Tokens, junction lists aligned by column, and precedences are those of "Specifying Systems"
(Lamport, 2002); Init and Next are evaluated as TLC does: from left to right, `v' = e` gives a variable its next value the
first time and is a test from then on. Comparing values of different kinds is an error, as in TLC."""
import json
import re
import sys

sys.setrecursionlimit(20000)


class TlaSyntax(Exception):
    pass


class TlaError(Exception):
    """An expression without a value."""


# ---- tokens ----

WORDS = {"ASSUME", "BOOLEAN", "CASE", "CHOOSE", "CONSTANT", "CONSTANTS", "DOMAIN", "ELSE", "ENABLED", "EXCEPT", "EXTENDS",
         "FALSE", "IF", "IN", "LET", "MODULE", "RECURSIVE", "SUBSET", "THEN", "TRUE", "UNCHANGED", "UNION", "VARIABLE",
         "VARIABLES"}
TOKEN = re.compile(r"""
      (?P<space>[ \n]+ | \\\*[^\n]* | \(\*.*?\*\))
    | (?P<line>-{4,} | ={4,})
    | (?P<number>[0-9]+(?![0-9A-Za-z_]))
    | (?P<string>"(?:[^"\\\n]|\\.)*")
    | (?P<name>[0-9A-Za-z_]*[A-Za-z][0-9A-Za-z_]*)
    | (?P<op>\\[A-Za-z]+ | /\\ | \\/ | \|-> | -> | == | => | <=> | ~> | \[\] | <> | << | >>_ | >> | \]_ | \.\. | <= | >=
          | :> | @@ | \(\+\) | \(-\) | [-+*%=\#<>~'\[\](){},.:!_\\])
    """, re.X | re.S)


class Token:
    __slots__ = ("kind", "text", "line", "col")

    def __init__(self, kind, text, line, col):
        self.kind, self.text, self.line, self.col = kind, text, line, col


def tokens_of(text):
    out, at, line, start = [], 0, 1, 0
    while at < len(text):
        m = TOKEN.match(text, at)
        if not m:
            raise TlaSyntax(f"{line}:{at - start + 1}: {text[at:at + 20]!r} is no token")
        kind, piece = m.lastgroup, m.group()
        if kind != "space":
            if kind == "name" and piece in WORDS:
                kind = "word"
            out.append(Token(kind, piece, line, at - start + 1))
        if "\n" in piece:
            line += piece.count("\n")
            start = at + piece.rindex("\n") + 1
        at = m.end()
    out.append(Token("end", "", line, 0))
    return out


# ---- grammar: trees are tuples (kind, ...) ----

INFIX = {  # lowest and highest precedence, whether it associates to the left
    "=>": (1, 1, False), "<=>": (2, 2, False), "~>": (2, 2, False), "/\\": (3, 3, True), "\\/": (3, 3, True),
    "=": (5, 5, False), "#": (5, 5, False), "<": (5, 5, False), ">": (5, 5, False), "<=": (5, 5, False),
    ">=": (5, 5, False), "\\in": (5, 5, False), "\\notin": (5, 5, False), "\\subseteq": (5, 5, False),
    "@@": (6, 6, True), ":>": (7, 7, False), "\\cup": (8, 8, True), "\\cap": (8, 8, True), "\\": (8, 8, False),
    "..": (9, 9, False), "+": (10, 10, True), "(+)": (10, 10, True), "%": (10, 11, False), "-": (11, 11, True),
    "(-)": (11, 11, True), "\\X": (10, 13, False), "*": (13, 13, True), "\\div": (13, 13, False), "\\o": (13, 13, True),
}
PREFIX = {"~": 4, "[]": 15, "<>": 15, "ENABLED": 15, "UNCHANGED": 15, "SUBSET": 8, "UNION": 8, "DOMAIN": 9, "-": 12}


class Parser:
    def __init__(self, text):
        self.toks, self.at, self.limit = tokens_of(text), 0, 0

    def peek(self, ahead=0):
        t = self.toks[min(self.at + ahead, len(self.toks) - 1)]
        return t if t.col > self.limit else self.toks[-1]

    def fail(self, what):
        t = self.toks[self.at]
        raise TlaSyntax(f"{t.line}:{t.col}: {what}, not {t.text!r}")

    def take(self, text=None, kind=None):
        t = self.peek()
        if (text is not None and t.text != text) or (kind and t.kind != kind):
            self.fail(f"{text or kind} is wanted")
        self.at += 1
        return t.text

    def accept(self, text):
        if self.peek().text == text and self.peek().kind in ("op", "word"):
            self.at += 1
            return True
        return False

    # expressions

    def expr(self, above=0):
        left = self.unary()
        last = None
        while True:
            t = self.peek()
            if t.kind != "op" or t.text not in INFIX:
                return left
            lo, hi, assoc = INFIX[t.text]
            if last and lo <= last[2] and hi >= last[1] and not (last[0] == t.text and assoc):
                self.fail(f"parentheses are wanted between {last[0]} and {t.text}")
            if lo <= above:
                return left
            self.at += 1
            right = self.product(left) if t.text == "\\X" else self.expr(hi)
            if t.text == "\\X":
                left = right
            elif t.text in ("/\\", "\\/") and left[0] == t.text:
                left = (t.text, left[1] + [right])
            elif t.text in ("/\\", "\\/"):
                left = (t.text, [left, right])
            else:
                left = ("infix", t.text, left, right)
            last = (t.text, lo, hi)

    def product(self, first):
        parts = [first, self.expr(13)]
        while self.accept("\\X"):
            parts.append(self.expr(13))
        return ("product", parts)

    def unary(self):
        t = self.peek()
        if t.kind == "op" and t.text in ("/\\", "\\/"):
            return self.junctions(t)
        if t.kind in ("op", "word") and t.text in PREFIX:
            self.at += 1
            return ("prefix", t.text, self.expr(PREFIX[t.text]))
        if t.text in ("\\E", "\\A"):
            self.at += 1
            names = self.binders()
            self.take(":")
            return ("quantifier", t.text, names, self.expr())
        if t.text == "CHOOSE":
            self.at += 1
            name = self.take(kind="name")
            self.take("\\in")
            domain = self.expr(5)
            self.take(":")
            return ("choose", name, domain, self.expr())
        if t.text == "IF":
            self.at += 1
            c = self.expr()
            self.take("THEN")
            x = self.expr()
            self.take("ELSE")
            return ("if", c, x, self.expr())
        if t.text == "LET":
            return self.let()
        return self.postfix(self.primary())

    def junctions(self, first):
        items, outer = [], self.limit
        while True:
            t = self.peek()
            if t.text != first.text or t.col != first.col or t.kind != "op":
                return (first.text, items)
            self.at += 1
            self.limit = first.col
            items.append(self.expr())
            self.limit = outer

    def binders(self):
        out = []
        while True:
            names = [self.take(kind="name")]
            while self.accept(","):
                names.append(self.take(kind="name"))
            self.take("\\in")
            domain = self.expr(5)
            out += [(n, domain) for n in names]
            if not self.accept(","):
                return out

    def let(self):
        self.take("LET")
        defs = []
        while not self.accept("IN"):
            name = self.take(kind="name")
            if self.accept("["):
                (param, domain), = self.binders()
                self.take("]")
                self.take("==")
                defs.append((name, ("function", param, domain), self.expr()))
            else:
                self.take("==")
                defs.append((name, None, self.expr()))
        return ("let", defs, self.expr())

    def postfix(self, e):
        while True:
            t = self.peek()
            if t.text == "'" and t.kind == "op":
                self.at += 1
                e = ("prime", e)
            elif t.text == "[" and t.kind == "op":
                self.at += 1
                args = self.list("]")
                e = ("apply", e, args[0] if len(args) == 1 else ("tuple", args))
            elif t.text == "." and t.kind == "op":
                self.at += 1
                e = ("apply", e, ("string", self.take(kind="name")))
            else:
                return e

    def list(self, close):
        items = []
        if self.accept(close):
            return items
        while True:
            items.append(self.expr())
            if self.accept(close):
                return items
            self.take(",")

    def primary(self):
        t = self.peek()
        self.at += 1
        if t.kind == "number":
            return ("number", int(t.text))
        if t.kind == "string":
            return ("string", t.text[1:-1])
        if t.kind == "name":
            if t.text[:3] in ("WF_", "SF_"):
                self.take("(")
                action = self.expr()
                self.take(")")
                return ("fair", t.text[:2], t.text[3:], action)
            return ("name", t.text, self.list(")") if self.accept("(") else None)
        if t.text in ("TRUE", "FALSE"):
            return ("boolean", t.text == "TRUE")
        if t.text == "BOOLEAN":
            return ("set", [("boolean", False), ("boolean", True)])
        if t.text == "(":
            e = self.expr()
            self.take(")")
            return e
        if t.text == "{":
            return self.braces()
        if t.text == "<<":
            if self.accept(">>"):
                return ("tuple", [])
            items = [self.expr()]
            while self.accept(","):
                items.append(self.expr())
            if self.accept(">>_"):
                return ("angle", items[0], self.postfix(self.primary()))
            self.take(">>")
            return ("tuple", items)
        if t.text == "[":
            return self.brackets()
        self.at -= 1
        return self.fail("an expression is wanted")

    def braces(self):
        if self.accept("}"):
            return ("set", [])
        if self.peek().kind == "name" and self.peek(1).text == "\\in":
            start = self.at
            name = self.take(kind="name")
            self.take("\\in")
            domain = self.expr(5)
            if self.accept(":"):
                cond = self.expr()
                self.take("}")
                return ("filter", name, domain, cond)
            self.at = start
        items = [self.expr()]
        if self.accept(":"):
            names = self.binders()
            self.take("}")
            return ("image", items[0], names)
        while self.accept(","):
            items.append(self.expr())
        self.take("}")
        return ("set", items)

    def brackets(self):
        if self.peek().kind == "name" and self.peek(1).text in ("|->", ":"):
            sets = self.peek(1).text == ":"
            fields = []
            while True:
                name = self.take(kind="name")
                self.take(":" if sets else "|->")
                fields.append((name, self.expr()))
                if self.accept("]"):
                    return ("records" if sets else "record", fields)
                self.take(",")
        if self.peek().kind == "name" and self.peek(1).text == "\\in":
            names = self.binders()
            self.take("|->")
            body = self.expr()
            self.take("]")
            return ("lambda", names, body)
        e = self.expr()
        if self.accept("->"):
            to = self.expr()
            self.take("]")
            return ("functions", e, to)
        if self.accept("EXCEPT"):
            changes = []
            while True:
                self.take("!")
                path = []
                while self.peek().text in ("[", "."):
                    if self.accept("["):
                        path.append(self.expr())
                        self.take("]")
                    else:
                        self.take(".")
                        path.append(("string", self.take(kind="name")))
                self.take("=")
                changes.append((path, self.expr()))
                if self.accept("]"):
                    return ("except", e, changes)
                self.take(",")
        self.take("]_")
        return ("box", e, self.postfix(self.primary()))

    # units

    def module(self):
        m = {"extends": [], "constants": [], "variables": [], "definitions": {}, "assume": [], "before": {}}
        self.take(kind="line")
        self.take("MODULE")
        m["name"] = self.take(kind="name")
        self.take(kind="line")
        while True:
            t = self.peek()
            if t.kind == "line" and t.text[0] == "=":
                return m
            self.at += 1
            if t.text == "EXTENDS":
                m["extends"] += self.names()
            elif t.text in ("CONSTANT", "CONSTANTS"):
                m["constants"] += self.names()
            elif t.text in ("VARIABLE", "VARIABLES"):
                m["variables"] += self.names()
            elif t.text == "ASSUME":
                m["assume"].append(self.expr())
            elif t.text == "RECURSIVE":
                self.take(kind="name")
                self.take("(")
                self.take("_")
                while self.accept(","):
                    self.take("_")
                self.take(")")
            elif t.kind == "name":
                params = []
                if self.accept("("):
                    params.append(self.take(kind="name"))
                    while self.accept(","):
                        params.append(self.take(kind="name"))
                    self.take(")")
                self.take("==")
                if t.text in m["definitions"]:
                    self.fail(f"{t.text} is defined twice")
                m["before"][t.text] = set(m["constants"] + m["variables"])  # names have a meaning from there on
                m["definitions"][t.text] = (params, self.expr())
            else:
                self.at -= 1
                self.fail("a definition is wanted")

    def names(self):
        out = [self.take(kind="name")]
        while self.accept(","):
            out.append(self.take(kind="name"))
        return out


def parse_config(text):
    out = {"INVARIANT": [], "PROPERTY": [], "CONSTRAINT": [], "CONSTANT": {}, "SPECIFICATION": None, "DEADLOCK": True}
    section, words = None, re.sub(r"\\\*[^\n]*", "", text).split()
    alias = {"INVARIANTS": "INVARIANT", "PROPERTIES": "PROPERTY", "CONSTANTS": "CONSTANT", "CONSTRAINTS": "CONSTRAINT"}
    i = 0
    while i < len(words):
        w = alias.get(words[i], words[i])
        i += 1
        if w in ("INVARIANT", "PROPERTY", "CONSTRAINT", "CONSTANT", "SPECIFICATION", "CHECK_DEADLOCK"):
            section = w
        elif section == "SPECIFICATION":
            out[section] = w
        elif section == "CHECK_DEADLOCK":
            out["DEADLOCK"] = w == "TRUE"
        elif section == "CONSTANT":
            if words[i] != "=":
                raise TlaSyntax(f"{w} is given no value in the model")
            out[section][w] = words[i + 1]
            i += 2
        elif section:
            out[section].append(w)
        else:
            raise TlaSyntax(f"{w} stands in no section of the model")
    return out


# ---- values ----
# booleans, integers, strings, Model; sets are frozensets; functions on 1..n tuples, all other functions Function.

class Model:
    __slots__ = ("name",)

    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return self.name


class Function:
    __slots__ = ("map", "hash")

    def __init__(self, items):
        self.map = items
        self.hash = hash(frozenset(items.items()))

    def __hash__(self):
        return self.hash

    def __eq__(self, other):
        return other.__class__ is Function and self.hash == other.hash and self.map == other.map

    def __repr__(self):
        return "(" + " @@ ".join(f"{k!r} :> {v!r}" for k, v in self.map.items()) + ")"


class Recursive:
    """f[x \\in S] == e of a LET: called when it is applied."""
    __slots__ = ("frame", "slot", "domain", "body", "at")

    def __init__(self, frame, at, slot, domain, body):
        self.frame, self.at, self.slot, self.domain, self.body = frame, at, slot, domain, body

    def call(self, x):
        if not self.domain(self.frame, x):
            raise TlaError("a recursive function is applied outside its domain")
        frame = self.frame[:]
        frame[self.at] = self
        frame[self.slot] = x
        return self.body(frame)


def function(items):
    n = len(items)
    if all(type(k) is int for k in items) and (n == 0 or (1 in items and n in items)):
        if all(1 <= k <= n for k in items):
            return tuple([items[k] for k in range(1, n + 1)])
    return Function(items)


def items_of(f):
    if f.__class__ is tuple:
        return {i + 1: v for i, v in enumerate(f)}
    if f.__class__ is Function:
        return f.map
    raise TlaError(f"{f!r} is no function")


def kind(v):
    c = v.__class__
    return "function" if c is tuple or c is Function else c.__name__


def equal(a, b):
    if a.__class__ is b.__class__:
        if a.__class__ is tuple and len(a) == len(b):
            return all(equal(x, y) for x, y in zip(a, b))
        return a == b
    if a.__class__ is Model or b.__class__ is Model:
        return False
    if kind(a) != kind(b):
        raise TlaError(f"{a!r} is compared with {b!r}, a value of another kind")
    return False


def truth(v):
    if v is not True and v is not False:
        raise TlaError(f"{v!r} is no truth value")
    return v


def integer(v):
    if type(v) is not int:
        raise TlaError(f"{v!r} is no integer")
    if not -(1 << 31) <= v < 1 << 31:
        raise TlaError(f"{v} has more than 32 bits")
    return v


def elements(v):
    if v.__class__ is not frozenset:
        raise TlaError(f"{v!r} is no set that can be listed")
    return v


def make_set(values):
    values = list(values)
    kinds = {kind(v) for v in values} - {"Model"}
    if len(kinds) > 1:
        raise TlaError(f"a set holds values of several kinds: {sorted(kinds)}")
    return frozenset(values)


def apply(f, x):
    c = f.__class__
    if c is tuple:
        if type(x) is int and 0 < x <= len(f):
            return f[x - 1]
    elif c is Function:
        try:
            return f.map[x]
        except KeyError:
            pass
    elif c is Recursive:
        return f.call(x)
    else:
        raise TlaError(f"{f!r} is no function")
    raise TlaError(f"{f!r} is applied to {x!r}, which is outside its domain")


def sequence(v):
    if v.__class__ is not tuple:
        raise TlaError(f"{v!r} is no sequence")
    return v


def change(f, path, frame, value):
    """f with the element at the path replaced; as in TLC, nothing happens outside the domain, which is an error here."""
    key = path[0](frame)
    items = dict(items_of(f))
    if key not in items:
        raise TlaError(f"EXCEPT at {key!r}, outside the domain")
    items[key] = value if len(path) == 1 else change(items[key], path[1:], frame, value)
    if f.__class__ is tuple:
        return tuple(items.values())
    return Function(items)


def subsets(s):
    out = [()]
    for x in s:
        out += [t + (x,) for t in out]
    return frozenset(frozenset(t) for t in out)


def functions(keys, values):
    out = [{}]
    for k in keys:
        out = [{**f, k: v} for f in out for v in values]
    return frozenset(function(f) for f in out)


def records(fields):
    out = [{}]
    for name, values in fields:
        out = [{**f, name: v} for f in out for v in values]
    return frozenset(Function(f) for f in out)


def assert_(value, why):
    if value is True:
        return True
    raise TlaError(" ".join(why) if isinstance(why, tuple) else why)


def sub_sequence(s, m, n):
    if m > n:
        return ()
    if m < 1 or n > len(sequence(s)):
        raise TlaError("SubSeq outside the sequence")
    return s[m - 1:n]


def first_of(s):
    if not sequence(s):
        raise TlaError("Head of an empty sequence")
    return s[0]


def rest_of(s):
    if not sequence(s):
        raise TlaError("Tail of an empty sequence")
    return s[1:]


def bag_join(a, b):
    out = dict(items_of(a))
    for k, n in items_of(b).items():
        out[k] = out.get(k, 0) + n
    return function(out)


def bag_without(a, b):
    out = dict(items_of(a))
    for k, n in items_of(b).items():
        if k in out:
            out[k] -= n
    return function({k: n for k, n in out.items() if n > 0})


STANDARD = {
    "Len": lambda s: len(sequence(s)), "Append": lambda s, x: sequence(s) + (x,), "Head": first_of, "Tail": rest_of,
    "SubSeq": sub_sequence, "Cardinality": lambda s: len(elements(s)), "Assert": assert_,
    "BagToSet": lambda b: frozenset(items_of(b)), "SetToBag": lambda s: function({x: 1 for x in elements(s)}),
    "CopiesIn": lambda x, b: items_of(b).get(x, 0), "BagCardinality": lambda b: sum(items_of(b).values()),
}
CONSTANTS = {"EmptyBag": ()}
MODULES = {"Integers", "Sequences", "FiniteSets", "Bags", "TLC"}


# ---- compiling expressions to closures over a frame: [state, next state, names...] ----

class Lazy:
    __slots__ = ("f",)

    def __init__(self, f):
        self.f = f


class Scope:
    """Where names live in the frame of one definition."""

    def __init__(self, module, params):
        self.module, self.names, self.size = module, {}, 2
        for p in params:
            self.bind(p, "value")

    def bind(self, name, what):
        self.names[name] = (what, self.size)
        self.size += 1
        return self.size - 1

    def drop(self, name):
        del self.names[name]


class Definition:
    def __init__(self, name, params, tree):
        self.name, self.params, self.tree = name, params, tree
        self.value = self.action = self.scope = None
        self.level, self.known = 2, None  # 0: constant, 1: state, 2: action or formula

    def frame(self, outer, args):
        return [outer[0], outer[1], *args] + [None] * (self.scope_size - 2 - len(args))


class Module:
    def __init__(self, tree, config):
        self.tree, self.config = tree, config
        self.variables = {v: i for i, v in enumerate(tree["variables"])}
        self.known, self.constants, self.definitions = set(), {}, {}
        for e in tree["extends"]:
            if e not in MODULES:
                raise TlaSyntax(f"there is no module {e} here")
        for name in tree["constants"]:
            if name not in config["CONSTANT"]:
                raise TlaSyntax(f"the constant {name} has no value in the model")
            value = config["CONSTANT"][name]
            self.constants[name] = Model(name) if value == name else int(value)
            self.add(name)
        for name in tree["variables"]:
            self.add(name)
        for name, (params, body) in tree["definitions"].items():
            d = self.definitions[name] = Definition(name, params, body)
            self.add(name)
            d.level = self.level(body)
            d.scope_size = 64
            scope = Scope(self, params)
            d.compiled = None
            d.scope = scope
        self.check_names()
        self.initial = False

    def add(self, name):
        if name in self.known or name in STANDARD or name in CONSTANTS or name in WORDS:
            raise TlaSyntax(f"the name {name} is defined twice")
        self.known.add(name)

    def check_names(self):
        """What SANY would refuse: unknown names, uses before the definition, wrong numbers of arguments."""
        seen = set()
        for name, (params, body) in self.tree["definitions"].items():
            seen |= self.tree["before"][name]
            if params and self.mentions(body, name):
                seen.add(name)  # announced by RECURSIVE
            if any(p in seen for p in params):
                raise TlaSyntax(f"a parameter of {name} has a meaning already")
            self.names_in(body, seen, set(params), name)
            seen.add(name)

    def mentions(self, tree, name):
        if isinstance(tree, tuple) and tree and tree[0] == "name" and tree[1] == name:
            return True
        return isinstance(tree, (tuple, list)) and any(self.mentions(t, name) for t in tree)

    def names_in(self, e, seen, bound, where):
        if isinstance(e, list):
            for t in e:
                self.names_in(t, seen, bound, where)
            return
        if not isinstance(e, tuple) or not e:
            return

        def binds(names, outer):
            inner = set(outer)
            for name in names:
                if name in inner or name in seen or name in STANDARD or name in CONSTANTS:
                    raise TlaSyntax(f"{where}: the name {name} is bound, but it has a meaning already")
                inner.add(name)
            return inner
        k = e[0]
        if k == "name":
            self.use(e, seen, bound, where)
            self.names_in(e[2] or [], seen, bound, where)
        elif k in ("quantifier", "lambda", "image"):
            names = e[2] if k != "lambda" else e[1]
            for _, domain in names:
                self.names_in(domain, seen, bound, where)
            self.names_in(e[3] if k == "quantifier" else e[2] if k == "lambda" else e[1], seen,
                          binds([n for n, _ in names], bound), where)
        elif k in ("choose", "filter"):
            self.names_in(e[2], seen, bound, where)
            self.names_in(e[3], seen, binds([e[1]], bound), where)
        elif k == "let":
            inner = set(bound)
            for name, how, body in e[1]:
                after = binds([name], inner)
                if how:
                    self.names_in(how[2], seen, inner, where)
                    self.names_in(body, seen, binds([how[1]], after), where)
                else:
                    self.names_in(body, seen, inner, where)
                inner = after
            self.names_in(e[2], seen, inner, where)
        elif k == "fair":
            self.names_in(e[3], seen, bound, where)
        elif k in ("string", "number", "boolean"):
            pass
        elif k in ("record", "records"):
            self.names_in([v for _, v in e[1]], seen, bound, where)
        else:
            for t in e[1:]:
                self.names_in(t, seen, bound, where)

    def use(self, e, seen, bound, where):
        name, args = e[1], len(e[2] or [])
        if name in bound or name in CONSTANTS or name in ("Nat", "Int"):
            return
        if name in STANDARD or name == "Seq":
            return
        if name not in seen:
            raise TlaSyntax(f"{where}: the name {name} is not defined here")
        if name in self.definitions and len(self.definitions[name].params) != args:
            raise TlaSyntax(f"{where}: {name} has {len(self.definitions[name].params)} parameters")

    def level(self, e):
        """0: a constant; 1: of a state; 2: of a step or behaviour."""
        if isinstance(e, list):
            return max([self.level(t) for t in e], default=0)
        if not isinstance(e, tuple) or not e:
            return 0
        if e[0] in ("prime", "fair", "angle", "box") or (e[0] == "prefix" and e[1] in ("UNCHANGED", "[]", "<>", "ENABLED")):
            return 2
        if e[0] == "infix" and e[1] == "~>":
            return 2
        if e[0] == "name":
            own = 1 if e[1] in self.variables else self.definitions[e[1]].level if e[1] in self.definitions else 0
            return max(own, self.level(e[2] or []))
        if e[0] in ("record", "records"):  # of pairs, whose names may be the names of nodes
            return max([self.level(v) for _, v in e[1]], default=0)
        return max([self.level(t) for t in e[1:]], default=0)

    # values

    def definition(self, name):
        d = self.definitions[name]
        if d.compiled is None:
            d.compiled = True
            d.scope = Scope(self, d.params)
            d.value = self.value(d.tree, d.scope)
            d.scope_size = d.scope.size
        return d

    def call(self, name, args, scope):
        d = self.definitions[name]
        fs = [self.value(a, scope) for a in args]
        if not d.params and d.level == 0:
            cache = []

            def constant(fr):
                if not cache:
                    m = self.definition(name)
                    cache.append(m.value(m.frame([None, None], [])))
                return cache[0]
            return constant

        def f(fr):
            m = self.definition(name)
            return m.value(m.frame(fr, [g(fr) for g in fs]))
        return f

    def value(self, e, scope):
        return getattr(self, "v_" + NAMES.get(e[0], e[0]))(e, scope)

    def values(self, list_, scope):
        return [self.value(e, scope) for e in list_]

    def v_number(self, e, scope):
        v = integer(e[1])
        return lambda fr: v

    v_string = v_boolean = lambda self, e, scope: (lambda fr, v=e[1]: v)

    def v_name(self, e, scope):
        name, args = e[1], e[2]
        if name in scope.names:
            what, i = scope.names[name]
            if what == "value":
                return lambda fr: fr[i]

            def lazy(fr):
                v = fr[i]
                if v.__class__ is Lazy:
                    v = fr[i] = v.f(fr)
                return v
            return lazy
        if name in self.variables:
            i = self.variables[name]

            def variable(fr):
                v = fr[0][i]
                if v is None:
                    raise TlaError(f"{name} has no value yet")
                return v
            return variable
        if name in self.constants:
            v = self.constants[name]
            return lambda fr: v
        if name in CONSTANTS:
            v = CONSTANTS[name]
            return lambda fr: v
        if name in STANDARD:
            op, fs = STANDARD[name], self.values(args, scope)
            if len(fs) == 1:
                f = fs[0]
                return lambda fr: op(f(fr))
            a, *more = fs
            if len(fs) == 2:
                b = fs[1]
                return lambda fr: op(a(fr), b(fr))
            return lambda fr: op(*[g(fr) for g in fs])
        return self.call(name, args or [], scope)

    def v_prime(self, e, scope):
        if e[1][0] == "name" and e[1][1] in self.variables:
            i = self.variables[e[1][1]]

            def next_value(fr):
                v = fr[1][i]
                if v is None:
                    raise TlaError(f"{e[1][1]}' has no value yet")
                return v
            return next_value
        f = self.value(e[1], scope)

        def primed(fr):
            inner = fr[:]
            inner[0], inner[1] = fr[1], None
            return f(inner)
        return primed

    def v_and(self, e, scope):
        fs = self.values(e[1], scope)

        def conjunction(fr):
            for f in fs:
                v = f(fr)
                if v is not True:
                    return truth(v)
            return True
        return conjunction

    def v_or(self, e, scope):
        fs = self.values(e[1], scope)

        def disjunction(fr):
            for f in fs:
                v = f(fr)
                if v is not False:
                    return truth(v)
            return False
        return disjunction

    def v_prefix(self, e, scope):
        op = e[1]
        if op == "ENABLED":
            return self.enabled(e[2], scope)
        if op == "UNCHANGED":
            names = e[2][1] if e[2][0] == "tuple" else [e[2]]
            pairs = [(self.value(n, scope), self.value(("prime", n), scope)) for n in names]
            return lambda fr: all(equal(f(fr), g(fr)) for f, g in pairs)
        f = self.value(e[2], scope)
        if op == "~":
            return lambda fr: not truth(f(fr))
        if op == "-":
            return lambda fr: -integer(f(fr))
        if op == "SUBSET":
            return lambda fr: subsets(elements(f(fr)))
        if op == "UNION":
            return lambda fr: make_set(x for s in elements(f(fr)) for x in elements(s))
        if op == "DOMAIN":
            return lambda fr: frozenset(items_of(f(fr)))
        raise TlaSyntax(f"{op} has no value in a state")

    def v_infix(self, e, scope):
        op = e[1]
        if op in ("\\in", "\\notin"):
            x, has = self.value(e[2], scope), self.member(e[3], scope)
            if op == "\\in":
                return lambda fr: has(fr, x(fr))
            return lambda fr: not has(fr, x(fr))
        if op == "\\subseteq":
            s, has = self.value(e[2], scope), self.member(e[3], scope)
            return lambda fr: all(has(fr, x) for x in elements(s(fr)))
        f, g = self.value(e[2], scope), self.value(e[3], scope)
        if op == "=":
            return lambda fr: equal(f(fr), g(fr))
        if op == "#":
            return lambda fr: not equal(f(fr), g(fr))
        if op == "=>":
            return lambda fr: not truth(f(fr)) or truth(g(fr))
        if op == "<=>":
            return lambda fr: truth(f(fr)) is truth(g(fr))
        simple = {
            "+": lambda a, b: integer(a + b), "-": lambda a, b: integer(a - b), "*": lambda a, b: integer(a * b),
            "<": lambda a, b: a < b, ">": lambda a, b: a > b, "<=": lambda a, b: a <= b, ">=": lambda a, b: a >= b,
            "..": lambda a, b: frozenset(range(a, b + 1)),
        }
        if op in simple:
            h = simple[op]

            def arithmetic(fr):
                a, b = f(fr), g(fr)
                if a.__class__ is not int or b.__class__ is not int:
                    raise TlaError(f"{op} of {a!r} and {b!r}")
                return h(a, b)
            return arithmetic
        if op in ("%", "\\div"):
            def division(fr):
                a, b = integer(f(fr)), integer(g(fr))
                if b <= 0:
                    raise TlaError(f"{op} by {b}")
                return a % b if op == "%" else a // b
            return division
        other = {
            "\\cup": lambda a, b: make_set(elements(a) | elements(b)), "\\cap": lambda a, b: elements(a) & elements(b),
            "\\": lambda a, b: elements(a) - elements(b), "\\o": lambda a, b: sequence(a) + sequence(b),
            ":>": lambda a, b: function({a: b}), "@@": lambda a, b: function({**items_of(b), **items_of(a)}),
            "(+)": bag_join, "(-)": bag_without,
        }
        h = other[op]
        return lambda fr: h(f(fr), g(fr))

    def v_quantifier(self, e, scope):
        if len(e[2]) > 1:
            inner = ("quantifier", e[1], e[2][1:], e[3])
            return self.v_quantifier(("quantifier", e[1], e[2][:1], inner), scope)
        (name, domain), = e[2]
        s = self.value(domain, scope)
        i = scope.bind(name, "value")
        f = self.value(e[3], scope)
        scope.drop(name)
        want = e[1] == "\\E"

        def quantifier(fr):
            for x in elements(s(fr)):
                fr[i] = x
                if truth(f(fr)) is want:
                    return want
            return not want
        return quantifier

    def v_choose(self, e, scope):
        s = self.value(e[2], scope)
        i = scope.bind(e[1], "value")
        f = self.value(e[3], scope)
        scope.drop(e[1])

        def choose(fr):
            for x in elements(s(fr)):
                fr[i] = x
                if truth(f(fr)):
                    return x
            raise TlaError("CHOOSE finds nothing")
        return choose

    def v_if(self, e, scope):
        c, f, g = self.values(e[1:], scope)
        return lambda fr: f(fr) if truth(c(fr)) else g(fr)

    def bind_let(self, e, scope):
        slots = []
        for name, how, body in e[1]:
            if how:
                domain = self.member(how[2], scope)
                at = scope.bind(name, "value")
                slot = scope.bind(how[1], "value")
                f = self.value(body, scope)
                scope.drop(how[1])
                slots.append((at, lambda fr, at=at, slot=slot, domain=domain, f=f: Recursive(fr, at, slot, domain, f)))
            else:
                f = Lazy(self.value(body, scope))
                slots.append((scope.bind(name, "lazy"), lambda fr, f=f: f))

        def prepare(fr):
            for i, make in slots:
                fr[i] = make(fr)
        return prepare

    def drop_let(self, e, scope):
        for name, _, _ in e[1]:
            scope.drop(name)

    def v_let(self, e, scope):
        prepare = self.bind_let(e, scope)
        f = self.value(e[2], scope)
        self.drop_let(e, scope)

        def let(fr):
            prepare(fr)
            return f(fr)
        return let

    def v_apply(self, e, scope):
        f, x = self.value(e[1], scope), self.value(e[2], scope)
        return lambda fr: apply(f(fr), x(fr))

    def v_tuple(self, e, scope):
        fs = self.values(e[1], scope)
        return lambda fr: tuple([f(fr) for f in fs])

    def v_set(self, e, scope):
        fs = self.values(e[1], scope)
        return lambda fr: make_set([f(fr) for f in fs])

    def v_filter(self, e, scope):
        s = self.value(e[2], scope)
        i = scope.bind(e[1], "value")
        f = self.value(e[3], scope)
        scope.drop(e[1])

        def filtered(fr):
            out = []
            for x in elements(s(fr)):
                fr[i] = x
                if truth(f(fr)):
                    out.append(x)
            return frozenset(out)
        return filtered

    def binders(self, names, scope):
        sets = [self.value(domain, scope) for _, domain in names]
        return sets, [scope.bind(name, "value") for name, _ in names]

    def v_image(self, e, scope):
        sets, slots = self.binders(e[2], scope)
        f = self.value(e[1], scope)
        for name, _ in e[2]:
            scope.drop(name)
        if len(sets) > 1:
            raise TlaSyntax("{e : x \\in S, y \\in T} is not known here")
        s, i = sets[0], slots[0]

        def image(fr):
            out = []
            for x in elements(s(fr)):
                fr[i] = x
                out.append(f(fr))
            return make_set(out)
        return image

    def v_lambda(self, e, scope):
        sets, slots = self.binders(e[1], scope)
        f = self.value(e[2], scope)
        for name, _ in e[1]:
            scope.drop(name)
        if len(sets) > 1:
            raise TlaSyntax("functions of several arguments are not known here")
        s, i = sets[0], slots[0]

        def mapped(fr):
            out = {}
            for x in elements(s(fr)):
                fr[i] = x
                out[x] = f(fr)
            return function(out)
        return mapped

    def v_record(self, e, scope):
        fs = [(name, self.value(v, scope)) for name, v in e[1]]
        return lambda fr: Function({name: f(fr) for name, f in fs})

    def v_except(self, e, scope):
        base = self.value(e[1], scope)
        changes = [(self.values(path, scope), self.value(v, scope)) for path, v in e[2]]

        def changed(fr):
            f = base(fr)
            for path, v in changes:
                f = change(f, path, fr, v(fr))
            return f
        return changed

    def v_records(self, e, scope):
        fs = [(name, self.value(v, scope)) for name, v in e[1]]
        return lambda fr: records([(name, elements(f(fr))) for name, f in fs])

    def v_functions(self, e, scope):
        f, g = self.value(e[1], scope), self.value(e[2], scope)
        return lambda fr: functions(elements(f(fr)), elements(g(fr)))

    def v_product(self, e, scope):
        fs = self.values(e[1], scope)

        def product(fr):
            out = [()]
            for f in fs:
                values = elements(f(fr))
                out = [t + (x,) for t in out for x in values]
            return frozenset(out)
        return product

    def v_unknown(self, e, scope):
        raise TlaSyntax(f"{e[0]} has no value in a state")

    v_fair = v_angle = v_unknown

    def v_box(self, e, scope):
        f = self.value(e[1], scope)
        same = self.v_prefix(("prefix", "UNCHANGED", self.unfold(e[2])), scope)
        return lambda fr: same(fr) or truth(f(fr))

    def unfold(self, e):
        """vars, as the tuple that it is."""
        while e[0] == "name" and e[1] in self.definitions and self.definitions[e[1]].tree[0] in ("tuple", "name"):
            if e[1] in self.variables:
                break
            e = self.definitions[e[1]].tree
        return e

    def member(self, e, scope):
        """x \\in e, without listing e where that is not needed."""
        if e[0] == "prefix" and e[1] == "SUBSET":
            has = self.member(e[2], scope)
            return lambda fr, x: all(has(fr, y) for y in elements(x))
        if e[0] == "infix" and e[1] == "..":
            f, g = self.value(e[2], scope), self.value(e[3], scope)

            def between(fr, x):
                if x.__class__ is Model:
                    return False
                return f(fr) <= integer(x) <= g(fr)
            return between
        if e[0] == "infix" and e[1] == "\\cup":
            f, g = self.member(e[2], scope), self.member(e[3], scope)
            return lambda fr, x: f(fr, x) or g(fr, x)
        if e[0] == "name" and e[1] in ("Int", "Nat"):
            least = 0 if e[1] == "Nat" else -(1 << 31)
            return lambda fr, x: x.__class__ is int and x >= least
        if e[0] == "name" and e[1] == "Seq":
            has = self.member(e[2][0], scope)
            return lambda fr, x: x.__class__ is tuple and all(has(fr, y) for y in x)
        if e[0] == "records":
            fields = {name: self.member(v, scope) for name, v in e[1]}

            def record(fr, x):
                if x.__class__ is not Function or x.map.keys() != fields.keys():
                    return False
                return all(has(fr, x.map[name]) for name, has in fields.items())
            return record
        if e[0] == "functions":
            keys, has = self.value(e[1], scope), self.member(e[2], scope)
            return lambda fr, x: frozenset(items_of(x)) == keys(fr) and all(has(fr, y) for y in items_of(x).values())
        if e[0] == "product":
            parts = [self.member(p, scope) for p in e[1]]
            return lambda fr, x: (x.__class__ is tuple and len(x) == len(parts)
                                  and all(has(fr, y) for has, y in zip(parts, x)))
        if e[0] == "name" and e[1] in self.definitions and not self.definitions[e[1]].params:
            made = []

            def defined(fr, x):
                if not made:
                    inner = Scope(self, [])
                    made.append(self.member(self.definitions[e[1]].tree, inner))
                    made.append(inner)
                return made[0]([fr[0], fr[1]] + [None] * made[1].size, x)
            return defined
        s = self.value(e, scope)

        def listed(fr, x):
            all_ = elements(s(fr))
            if x in all_:
                return True
            for y in all_:
                equal(x, y)  # of another kind: an error
                break
            return False
        return listed

    # actions: generators that give the next state (or the initial one) its values and yield for each way

    def action(self, e, scope):
        k = e[0]
        if k in ("/\\", "\\/"):
            fs = [self.action(t, scope) for t in e[1]]
            return self.sequence(fs) if k == "/\\" else self.alternatives(fs)
        if k == "quantifier" and e[1] == "\\E":
            return self.some(e, scope)
        if k == "if":
            c, f, g = self.value(e[1], scope), self.action(e[2], scope), self.action(e[3], scope)

            def choice(fr):
                yield from f(fr) if truth(c(fr)) else g(fr)
            return choice
        if k == "let":
            prepare = self.bind_let(e, scope)
            f = self.action(e[2], scope)
            self.drop_let(e, scope)

            def let(fr):
                prepare(fr)
                yield from f(fr)
            return let
        if k == "name" and e[1] in self.definitions and e[1] not in scope.names:
            return self.called(e, scope)
        if k == "infix" and e[1] == "=" and self.target(e[2]) is not None:
            return self.assign(self.target(e[2]), self.value(e[2], scope), self.value(e[3], scope))
        if k == "prefix" and e[1] == "UNCHANGED" and not self.initial:
            names = self.unfold(e[2])
            names = names[1] if names[0] == "tuple" else [names]
            return self.sequence([self.action(("infix", "=", ("prime", n), n), scope) for n in names])
        f = self.value(e, scope)

        def test(fr):
            if truth(f(fr)):
                yield
        return test

    def target(self, e):
        if self.initial and e[0] == "name" and e[1] in self.variables:
            return self.variables[e[1]]
        if not self.initial and e[0] == "prime" and e[1][0] == "name" and e[1][1] in self.variables:
            return self.variables[e[1][1]]
        return None

    def assign(self, i, get, f):
        which = 0 if self.initial else 1

        def assignment(fr):
            state = fr[which]
            if state[i] is None:
                state[i] = f(fr)
                yield
                state[i] = None
            elif equal(get(fr), f(fr)):
                yield
        return assignment

    def sequence(self, fs):
        if not fs:
            return lambda fr: iter((None,))
        if len(fs) == 1:
            return fs[0]
        head, tail = fs[0], self.sequence(fs[1:])

        def both(fr):
            for _ in head(fr):
                yield from tail(fr)
        return both

    def alternatives(self, fs):
        def any_(fr):
            for f in fs:
                yield from f(fr)
        return any_

    def some(self, e, scope):
        if len(e[2]) > 1:
            e = ("quantifier", e[1], e[2][:1], ("quantifier", e[1], e[2][1:], e[3]))
        (name, domain), = e[2]
        s = self.value(domain, scope)
        i = scope.bind(name, "value")
        f = self.action(e[3], scope)
        scope.drop(name)

        def some(fr):
            for x in elements(s(fr)):
                fr[i] = x
                yield from f(fr)
        return some

    def called(self, e, scope):
        d, fs, cache = self.definitions[e[1]], self.values(e[2] or [], scope), []
        initial = self.initial

        def called(fr):
            if not cache:
                inner, self.initial = Scope(self, d.params), initial
                cache.extend([self.action(d.tree, inner), inner])
                self.initial = False
            f, inner = cache
            args = [g(fr) for g in fs]
            yield from f([fr[0], fr[1], *args] + [None] * (inner.size - 2 - len(args)))
        return called

    def enabled(self, e, scope):
        """ENABLED A or ENABLED <<A>>_v."""
        changes = None
        if e[0] == "angle":
            changes = self.unfold(e[2])
            changes = [self.variables[n[1]] for n in (changes[1] if changes[0] == "tuple" else [changes])]
            e = e[1]
        f = self.action(e, scope)

        def enabled(fr):
            inner = fr[:]
            inner[1] = [None] * len(self.variables)
            for _ in f(inner):
                if changes is None or any(inner[1][i] != fr[0][i] for i in changes):
                    return True
            return False
        return enabled

    # the graph

    def formula(self, name):
        """A definition as a closure over a state (and the next one)."""
        d = self.definition(name)
        return lambda s, t=None: truth(d.value(d.frame([s, t], [])))

    def initial_states(self):
        n = len(self.variables)
        self.initial = True
        scope = Scope(self, [])
        f = self.action(self.definitions["Init"].tree, scope)
        self.initial = False
        state = [None] * n
        out = {}
        for _ in f([state, None] + [None] * scope.size):
            if None in state:
                raise TlaError(f"Init leaves {self.tree['variables'][state.index(None)]} without a value")
            out[tuple(state)] = True
        return list(out)

    def next_parts(self):
        """The disjuncts of Next, each apart, so that an error in one does not end the others."""
        tree = self.definitions["Next"].tree
        out = []
        for t in tree[1] if tree[0] == "\\/" else [tree]:
            scope = Scope(self, [])
            out.append((self.action(t, scope), scope))
        return out

    def successors(self, parts, state, errors):
        for f, scope in parts:
            new = [None] * len(state)
            try:
                for _ in f([state, new] + [None] * scope.size):
                    if None in new:
                        raise TlaError(f"a step leaves {self.tree['variables'][new.index(None)]} without a value")
                    yield tuple(new)
            except TlaError as e:
                errors.append(str(e))


NAMES = {"/\\": "and", "\\/": "or"}


def explore(m, most=None, more=()):
    """Breadth first, as TLC does: states outside the constraint are tested but neither counted nor expanded. `more` are
    invariants besides those of the model."""
    config = m.config
    if config["SPECIFICATION"] != "Spec":
        raise TlaSyntax("the model wants another specification")
    invariants = {n: m.formula(n) for n in (*config["INVARIANT"], *more)}
    bounds = [m.formula(n) for n in config["CONSTRAINT"]]
    steps, starts = {}, {}
    for name in config["PROPERTY"]:
        parts = m.definitions[name].tree
        for part in parts[1] if parts[0] == "/\\" else [parts]:
            if part[0] == "prefix" and part[1] == "[]" and part[2][0] == "box":
                scope = Scope(m, [])
                steps.setdefault(name, []).append((m.value(part[2], scope), scope))
            elif m.level(part) < 2:
                scope = Scope(m, [])
                starts.setdefault(name, []).append((m.value(part, scope), scope))
    result = {"module": m.tree["name"], "distinct": 0, "cut": 0, "depth": 0, "violated": [], "errors": [], "whole": True}
    violated, errors = set(), []
    for e in m.tree["assume"]:
        scope = Scope(m, [])
        if not m.value(e, scope)([None, None] + [None] * scope.size):
            result["violated"] = ["ASSUME"]
            return result, {}

    def test(name, f, *states):
        try:
            if not f(*states):
                violated.add(name)
        except TlaError as e:
            errors.append(f"{name}: {e}")

    def run(f, scope, s, t=None):
        return truth(f([s, t] + [None] * scope.size))
    parts, seen, graph = m.next_parts(), {}, {}
    try:
        level = m.initial_states()
    except TlaError as e:
        errors.append(f"Init: {e}")
        level = []
    for s in level:
        for name, list_ in starts.items():
            for f, scope in list_:
                test(name, lambda a, f=f, scope=scope: run(f, scope, a), s)
    expand = []

    def arrive(s):
        for name, f in invariants.items():
            test(name, f, s)
        inside = all(b(s) for b in bounds)
        result["distinct" if inside else "cut"] += 1
        return inside
    for s in level:
        seen[s] = len(seen)
        if arrive(s):
            expand.append(s)
    while expand:
        result["depth"] += 1
        now, expand = expand, []
        for s in now:
            out = graph[s] = []
            for t in m.successors(parts, s, errors):
                out.append(t)
                if t != s:
                    for name, list_ in steps.items():
                        for f, scope in list_:
                            test(name, lambda a, b, f=f, scope=scope: run(f, scope, a, b), s, t)
                if t in seen:
                    continue
                seen[t] = len(seen)
                if arrive(t):
                    expand.append(t)
            if most and len(seen) > most:
                result["whole"] = False
                expand = []
                break
    result["violated"] = sorted(violated)
    result["errors"] = sorted(set(errors))[:5]
    return result, graph


# ---- behaviours: temporal properties under fairness, on the graph of a model without a constraint ----

class Temporal:
    """A formula over states: the truth of each [] and <> in it is guessed along a behaviour, and the guesses must agree
    with the next step and come true (the tableau of Manna and Pnueli)."""

    def __init__(self, m, tree):
        self.m, self.operators, self.atoms = m, [], []
        self.holds = self.build(tree)

    def build(self, e):
        m = self.m
        if m.level(e) < 2:
            scope = Scope(m, [])
            f, values = m.value(e, scope), {}

            def atom(s, bits):
                if s not in values:
                    values[s] = truth(f([s, None] + [None] * scope.size))
                return values[s]
            return atom
        if e[0] == "name":
            return self.build(m.definitions[e[1]].tree)
        if e[0] in ("/\\", "\\/"):
            fs = [self.build(t) for t in e[1]]
            if e[0] == "/\\":
                return lambda s, bits: all(f(s, bits) for f in fs)
            return lambda s, bits: any(f(s, bits) for f in fs)
        if e[0] == "prefix" and e[1] == "~":
            f = self.build(e[2])
            return lambda s, bits: not f(s, bits)
        if e[0] == "prefix" and e[1] in ("[]", "<>"):
            return self.operator(e[1], self.build(e[2]))
        if e[0] == "infix" and e[1] in ("=>", "<=>", "~>"):
            f, g = self.build(e[2]), self.build(e[3])
            if e[1] == "<=>":
                return lambda s, bits: f(s, bits) == g(s, bits)
            if e[1] == "=>":
                return lambda s, bits: not f(s, bits) or g(s, bits)
            later = self.operator("<>", g)
            return self.operator("[]", lambda s, bits: not f(s, bits) or later(s, bits))
        raise TlaSyntax(f"{e[0]} in a formula about behaviours")

    def operator(self, op, f):
        i = len(self.operators)
        self.operators.append((op, f))
        return lambda s, bits: bits >> i & 1 == 1

    def agree(self, s, bits, after):
        for i, (op, f) in enumerate(self.operators):
            now, then = bits >> i & 1 == 1, after >> i & 1 == 1
            if now != (f(s, bits) and then if op == "[]" else f(s, bits) or then):
                return False
        return True

    def fulfilled(self, i, s, bits):
        op, f = self.operators[i]
        now = bits >> i & 1 == 1
        return now or not f(s, bits) if op == "[]" else not now or f(s, bits)


def obligations(m, e, fr, scope, graph):
    """(strong, {state: its steps}) for each instance of WF and SF in a formula."""
    if e[0] == "/\\":
        return [o for t in e[1] for o in obligations(m, t, fr, scope, graph)]
    if e[0] == "quantifier" and e[1] == "\\A" and len(e[2]) == 1:
        (name, domain), = e[2]
        values = elements(m.value(domain, scope)(fr + [None] * (scope.size - len(fr))))
        i, out = scope.bind(name, "value"), []
        for x in values:
            inner = (fr + [None] * (i + 1 - len(fr)))[:]
            inner[i] = x
            out += obligations(m, e[3], inner, scope, graph)
        scope.drop(name)
        return out
    if e[0] != "fair":
        raise TlaSyntax(f"{e[0]} in Fairness")
    f, steps = m.action(e[3], scope), {}
    for s in graph:
        new, to = [None] * len(s), set()
        frame = fr + [None] * (scope.size - len(fr))
        frame[0], frame[1] = s, new
        for _ in f(frame):
            if tuple(new) != s:
                to.add(tuple(new))
        if to:
            steps[s] = to
    return [(e[1] == "SF", steps)]


def components(nodes, edges):
    """Strongly connected components (Tarjan), without recursion."""
    index, low, stack, on, out = {}, {}, [], set(), []
    for root in nodes:
        if root in index:
            continue
        work = [(root, iter(edges[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on.add(root)
        while work:
            v, it = work[-1]
            for w in it:
                if w not in nodes:
                    continue
                if w not in index:
                    index[w] = low[w] = len(index)
                    stack.append(w)
                    on.add(w)
                    work.append((w, iter(edges[w])))
                    break
                if w in on:
                    low[v] = min(low[v], index[w])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[v])
                if low[v] == index[v]:
                    c = set()
                    while True:
                        w = stack.pop()
                        on.discard(w)
                        c.add(w)
                        if w == v:
                            break
                    out.append(c)
    return out


def fair_cycle(nodes, edges, formula, fairs):
    """Whether some endless way within the nodes fulfils the formula's promises and every obligation."""
    for c in components(nodes, edges):
        if len(c) == 1:
            v, = c
            if v not in edges[v]:
                continue
        if not all(any(formula.fulfilled(i, s, b) for s, b in c) for i in range(len(formula.operators))):
            continue
        drop, lost = set(), False
        for strong, steps in fairs:
            able = {v for v in c if v[0] in steps}
            taken = any(w in c and w[0] in steps[v[0]] for v in able for w in edges[v])
            if taken or not able or (not strong and len(able) < len(c)):
                continue
            if not strong:
                lost = True
                break
            drop |= able
        if lost:
            continue
        if not drop:
            return True
        if fair_cycle(c - drop, edges, formula, fairs):
            return True
    return False


def holds(m, name, graph, starts):
    """Whether every fair behaviour satisfies the temporal formula."""
    fairs, scope = [], Scope(m, [])
    if "Fairness" in m.definitions:
        fairs = obligations(m, m.definitions["Fairness"].tree, [None, None], scope, graph)
    tree = m.definitions[name].tree
    for part in tree[1] if tree[0] == "/\\" else [tree]:
        formula = Temporal(m, ("prefix", "~", part))
        all_bits = range(1 << len(formula.operators))
        edges = {}
        todo = [(s, b) for s in starts for b in all_bits if formula.holds(s, b)]
        while todo:
            s, b = v = todo.pop()
            if v in edges:
                continue
            edges[v] = [(t, after) for after in all_bits if formula.agree(s, b, after) for t in {s, *graph[s]}]
            todo += [w for w in edges[v] if w not in edges]
        if fair_cycle(set(edges), edges, formula, fairs):
            return False
    return True


def load(path, config=None):
    with open(path, encoding="utf-8") as f:
        parser = Parser(f.read())
    tree = parser.module()
    with open(config or path[:-4] + ".cfg", encoding="utf-8") as f:
        model = parse_config(f.read())
    m = Module(tree, model)
    for name in model["INVARIANT"] + model["PROPERTY"] + model["CONSTRAINT"] + [model["SPECIFICATION"]]:
        if name not in m.definitions:
            raise TlaSyntax(f"the model names {name}, which the module does not define")
    return m


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    try:
        m = load(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None)
    except TlaSyntax as e:
        sys.exit(f"{sys.argv[1]}:{e}")
    print(json.dumps(explore(m)[0]))


if __name__ == "__main__":
    main()
