#!/usr/bin/env python3
"""A random spec about symmetric types: symmetric.py SEED

Processes with symmetric ids, values of symmetric types inside each other, in messages and in all collections; nothing in
it depends on an order (but now and then by a `choose`, a `max`, or a loop, which the analysis must notice).
"""
import random
import sys

R = random.Random(int(sys.argv[1]))
SIZES = {"A": R.choice([2, 3, 3]), "B": R.choice([2, 2, 3])}
TWO = R.random() < 0.6
TYPES = ["A", "B"] if TWO else ["A"]


def sym():
    return R.choice(TYPES)


def new_type():
    a, b = sym(), sym()
    return R.choice([
        ("set", f"set[{a}]", a), ("option", f"{a}?", a), ("pairs", f"set[({a}, {b})]", (a, b)), ("count", f"map[{a} -> 0..2]", a),
        ("to", f"map[{a} -> {b}?]", (a, b)), ("seq", f"seq[{a}, 2]", a), ("bag", f"bag[{a}, 2]", a), ("sets", f"map[{a} -> set[{b}]]", (a, b)),
        ("family", f"set[set[{a}]]", a), ("record", None, a), ("long", f"set[({a}, {b}, 0..70, 0..70), 3]", (a, b)), ("plain", "0..2", None)])


class Var:
    def __init__(self, name):
        self.name = name
        self.kind, self.type, self.of = new_type()
        if self.kind == "record":
            self.type = f"Rec{self.of}"

    def declare(self):
        a = self.of if isinstance(self.of, str) else self.of and self.of[0]
        start = {"set": "{}", "option": "none", "pairs": "{}", "count": f"[z in {a} -> 0]", "to": f"[z in {a} -> none]", "seq": "[]",
                 "bag": "{||}", "sets": f"[z in {a} -> {{}}]", "family": "{}", "record": "any", "long": "{}", "plain": "0"}[self.kind]
        if self.kind in ("set", "option") and R.random() < 0.2:
            start = "any"
        return f"var {self.name} : {self.type} := {start}"


class Scope:
    """Names of each type that are in sight; `pick` makes new ones."""
    def __init__(self, names):
        self.names = {t: list(names.get(t, [])) for t in TYPES}
        self.fresh = 0
        self.lines = []

    def one(self, t):
        if not self.names[t] or R.random() < 0.35:
            self.fresh += 1
            name = f"k{self.fresh}"
            self.lines.append(f"pick {name} in {t}")
            self.names[t].append(name)
        return R.choice(self.names[t])


def assign(v, s, n):
    """A statement that changes v (n: how it is called here)."""
    if v.kind == "plain":
        return f"{n} := ({n} + 1) mod 3"
    if isinstance(v.of, tuple):
        a, b = s.one(v.of[0]), s.one(v.of[1])
    else:
        a, b = s.one(v.of), None
    return R.choice({
        "set": [f"{n} := {n} union {{{a}}}", f"{n} := {n} minus {{{a}}}", f"if {a} in {n} {{ {n} := {{}} }} else {{ {n} := {{{a}}} }}"],
        "option": [f"{n} := {a}", f"if {n} == {a} {{ {n} := none }} else {{ {n} := {a} }}"],
        "pairs": [f"{n} := {n} union {{({a}, {b})}}", f"{n} := {n} minus {{({a}, {b})}}"],
        "count": [f"{n}[{a}] := ({n}[{a}] + 1) mod 3"],
        "to": [f"{n}[{a}] := {b}", f"{n}[{a}] := none"],
        "seq": [f"{n} := append([], {a})", f"if len({n}) < 2 {{ {n} := append({n}, {a}) }} else {{ {n} := [] }}"],
        "bag": [f"if size({n}) < 2 {{ {n} := add({n}, {a}) }} else {{ {n} := {{||}} }}"],
        "sets": [f"{n}[{a}] := {n}[{a}] union {{{b}}}", f"{n}[{a}] := {{}}"],
        "family": [f"{n} := {n} union {{{{{a}}}}}", f"{n} := {n} union {{{{z in {v.of} where z != {a}}}}}", f"{n} := {{}}"],
        "record": [f"{n} := {n} with {{a: {a}}}", f"{n} := {n} with {{k: 1 - {n}.k}}"],
        "long": [f"{n} := {{({a}, {b}, 7, {R.randint(0, 1)})}}", f"{n} := {{}}"],
    }[v.kind])


def test(v, n, a, b):
    """A condition on v about names a (of its first type) and b."""
    return {
        "plain": f"{n} == {R.randint(0, 2)}", "set": f"{a} in {n}", "option": f"{n} == {a}", "pairs": f"({a}, {b}) in {n}",
        "count": f"{n}[{a}] == {R.randint(0, 2)}", "to": f"{n}[{a}] == {b}", "seq": f"(exists z in indices({n}) : {n}[z] == {a})",
        "bag": f"{n}[{a}] == 1", "sets": f"{b} in {n}[{a}]", "family": f"{{{a}}} in {n}", "record": f"{n}.a == {a}",
        "long": f"({a}, {b}, 7, 1) in {n}",
    }[v.kind]


def binders(v):
    of = v.of if isinstance(v.of, tuple) else (v.of, v.of) if v.of else ()
    return [t for t in of]


def condition(v, n, s):
    names = [s.one(t) for t in binders(v)] + ["", ""]
    c = test(v, n, names[0], names[1])
    return c if R.random() < 0.7 else f"not ({c})"


def trap(v, n, s):
    """What may show an order."""
    if v.kind == "set":
        x = v.of
        return R.choice([
            f"if {n} != {{}} {{ {n} := {{choose z in {n}}} }}",
            f"for z in {n} {{ {n} := {{z}} }}",
            f"for z in {x} {{ if z in {n} {{ {n} := {n} minus {{z}} }} }}",
        ])
    if v.kind == "count":
        return R.choice([f"for z in {v.of} {{ {n}[z] := 2 - {n}[z] }}", f"for z in {v.of} where {n}[z] == 0 {{ {n}[z] := 1 }}",
                         f"{n}[(max z in {v.of} by {n}[z])] := 0"])
    return None


def process(name, of, messages):
    vars_ = [Var(f"{name}_{i}") for i in range(R.randint(1, 2))]
    out = [f"process {name}[me in {of}] {{"]
    out += ["    " + v.declare() for v in vars_]
    seen = vars_ + SHARED
    for i in range(R.randint(1, 2)):
        s = Scope({of: ["me"]})
        v, w = R.choice(seen), R.choice(seen)
        body = [assign(v, s, v.name)]
        if R.random() < 0.25:
            t = trap(w, w.name, s)
            if t:
                body.append(t)
        for m, (sender, receiver, fields) in messages.items():
            if sender == name and R.random() < 0.6:
                args = ", ".join(s.one(f) if f in TYPES else str(R.randint(0, 1)) for f in fields)
                target = R.choice(["all", f"{s.one(PROCESSES[receiver])}", f"set {{z in {PROCESSES[receiver]} where {test_all(z='z', s=s, t=PROCESSES[receiver])}}}"])
                body.append(f"send {m}{'(' + args + ')' if args else ''} to {target}")
        g = Scope({of: ["me"]})
        guard = condition(w, w.name, g)
        if g.lines:  # a guard cannot pick
            guard = None
        out.append(f"    action {name}_do{i}{' when ' + guard if guard else ''} {{")
        out += ["        " + x for x in s.lines + body]
        out.append("    }")
    for m, (sender, receiver, fields) in messages.items():
        if receiver != name:
            continue
        params = [f"x{i}" for i in range(len(fields))]
        s = Scope({of: ["me"]})
        s.names.setdefault(PROCESSES[sender], []).append("who")
        for x, f in zip(params, fields):
            if f in TYPES:
                s.names[f].append(x)
        v = R.choice(seen)
        body = [assign(v, s, v.name)]
        out.append(f"    on {m}{'(' + ', '.join(params) + ')' if params else ''} from who {{")
        out += ["        " + x for x in s.lines + body]
        out.append("    }")
    out.append("}")
    return vars_, out


def test_all(z, s, t):
    return f"{z} != {s.names[t][0]}" if s.names[t] else "true"


SHARED = [Var(f"shared{i}") for i in range(R.randint(0, 1))]
PROCESSES = {"p": "A", "q": "B"} if TWO and R.random() < 0.5 else {"p": "A"}
MESSAGES = {}
if R.random() < 0.7:
    for i in range(R.randint(1, 2)):
        MESSAGES[f"M{i}"] = (R.choice(list(PROCESSES)), R.choice(list(PROCESSES)), [R.choice(TYPES + ["0..1"]) for _ in range(R.randint(0, 2))])

lines = [f"spec symmetric_{sys.argv[1]}"]
lines += [f"type {t} = symmetric {SIZES[t]}" for t in TYPES]
lines += [f"type Rec{t} = {{k: 0..1, a: {t}}}" for t in TYPES]
if MESSAGES:
    lines.append(R.choice(["network unordered max 2 when full cut", "network unordered max 2 when full drop", "network persistent",
                           "network ordered max 1 when full drop", "network ordered max 1 when full block", "network unordered max 3 when full cut"]))
    for m, (a, b, fields) in MESSAGES.items():
        text = ", ".join(f"f{i}: {f}" for i, f in enumerate(fields))
        lines.append(f"message {m}{'(' + text + ')' if text else ''} : {a} -> {b}")
if R.random() < 0.35:
    lines.append(R.choice(["faults { crash p up to 1 }", "faults { crash p up to 1, recover p up to 1 }", "faults { partition p }"]))
lines += [v.declare() for v in SHARED]
OWN = {}
for name, of in PROCESSES.items():
    OWN[name], text = process(name, of, MESSAGES)
    lines += text
for i in range(R.randint(1, 3)):
    name = R.choice(list(PROCESSES))
    v = R.choice(OWN[name] + SHARED)
    n = v.name if v in SHARED else f"{name}[i].{v.name}"
    ts = binders(v)
    c = test(v, n, "x", "y")
    quantified = f"{R.choice(['forall', 'exists'])} i in {PROCESSES[name]}"
    quantified += "".join(f", {x} in {t}" for x, t in zip("xy", ts))
    lines.append(f"{R.choice(['invariant', 'reachable', 'reachable', 'step'])} P{i} = {R.choice(['', 'not '])}({quantified} : {c})"
                 .replace("step P", "invariant P"))
lines.append("check allow deadlock" if R.random() < 0.8 else "check")
print("\n".join(lines))
