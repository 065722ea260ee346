"""The evaluator's answers where they are known: constants, and behaviours of a small module (tests/suites/tla.sh)."""
import os
import sys

sys.path.insert(0, os.path.dirname(__file__))
import tla  # noqa: E402

# x counts 0, 1, 2 and stays there; `back` may lead from 1 to 0; `side` needs x = 1 and changes y.
MODULE = """---- MODULE M ----
EXTENDS Integers
VARIABLES x, y
vars == <<x, y>>
Init == x = 0 /\\ y = 0
up == x < 2 /\\ x' = x + 1 /\\ UNCHANGED y
back == x = 1 /\\ x' = 0 /\\ UNCHANGED y
Next == up \\/ back
Fairness == {fairness}
Spec == Init /\\ [][Next]_vars /\\ Fairness
P == {formula}
====
"""
UP, BACK, TWO = "WF_vars(up)", "WF_vars(back)", "WF_vars(x = 1 /\\ up)"
CASES = [  # fairness, formula, whether it holds
    ("TRUE", "<>(x = 1)", False), (UP, "<>(x = 1)", True), (UP, "<>(x = 2)", False),
    ("SF_vars(x = 1 /\\ up) /\\ WF_vars(up)", "<>(x = 2)", True), (TWO + " /\\ " + UP, "<>(x = 2)", False),
    ("SF_vars(x = 1 /\\ up)", "<>(x = 2)", False), (UP, "x = 1 ~> x # 1", True), ("TRUE", "x = 1 ~> x # 1", False),
    (UP, "[](x = 2 => [](x = 2))", True), (UP, "[](<>(x # 1))", True), (UP, "<>([](x # 1))", False),
    (UP, "<>([](x = 2)) \\/ [](<>(x = 0))", True), (UP, "([](<>(x = 0))) <=> ~(<>(x = 2))", True),
    ("\\A k \\in {0, 1} : WF_vars(x = k /\\ up)", "<>(x = 1)", True), (BACK, "x = 1 ~> x # 1", True),
    (UP, "[](x < 3) /\\ <>(x = 2)", False), ("WF_vars(up) /\\ WF_vars(x = 9 /\\ up)", "<>(x = 1)", True),
]

CONSTANTS = [  # expression, value
    ("/\\ FALSE\n/\\ TRUE\n=> TRUE", "TRUE"), ("/\\ FALSE\n/\\ TRUE\n   => TRUE", "FALSE"),
    ("\\/ /\\ TRUE\n   /\\ FALSE\n\\/ TRUE", "TRUE"), ("/\\ TRUE\n/\\ \\/ FALSE\n   \\/ TRUE", "TRUE"),
    ("1 + 2 * 3", "7"), ("-7 % 3", "2"), ("(-7) \\div 2", "-4"), ("-7 \\div 2", "-3"), ("10 - 3 - 2", "5"), ("~TRUE \\/ TRUE", "TRUE"),
    ("{x \\in 1..5 : x % 2 = 0}", "{4, 2}"), ("{x * x : x \\in 0..2}", "{0, 1, 4}"), ("UNION {{1}, {2, 3}}", "1..3"),
    ("[i \\in 1..2 |-> i + 1]", "<<2, 3>>"), ("[[a |-> 1, b |-> 2] EXCEPT !.a = 5, !.b = 6]", "[b |-> 6, a |-> 5]"),
    ("[<<1, 2>> EXCEPT ![2] = 7][2]", "7"), ("Cardinality(SUBSET (1..3))", "8"), ("Cardinality([1..2 -> 0..2])", "9"),
    ("Cardinality([a : 1..2, b : BOOLEAN])", "4"), ("Cardinality((1..2) \\X (1..3))", "6"), ("DOMAIN <<5, 5>>", "1..2"),
    ("LET f[i \\in 0..9] == IF i = 0 THEN 1 ELSE i * f[i - 1] IN f[5]", "120"), ("CHOOSE x \\in 1..9 : x * x = 49", "7"),
    ("SubSeq(<<1, 2, 3>>, 2, 3) \\o <<4>>", "<<2, 3, 4>>"), ("Head(<<4>>) + Len(Tail(<<1, 2, 3>>))", "6"),
    ("CopiesIn(2, SetToBag({1, 2}) (+) SetToBag({2}))", "2"), ("SetToBag({1, 2}) (-) SetToBag({1, 3})", "2 :> 1"),
    ("(1 :> 5 @@ 1 :> 6 @@ 2 :> 7)", "<<5, 7>>"), ("BagToSet(EmptyBag)", "{}"), ("<<1, 2>> \\in Seq(1..2)", "TRUE"),
    ("{1} \\subseteq 1..2 /\\ 3 \\notin 1..2", "TRUE"), ("IF \\E x \\in 1..2 : x > 1 THEN 1 ELSE 2", "1"),
    ("\\A x \\in {} : FALSE", "TRUE"), ("[tag |-> \"a\"] # [tag |-> \"a\", n |-> 1]", "TRUE"),
]
ERRORS = ["1 = TRUE", "<<1>>[2]", "CHOOSE x \\in 1..2 : x > 2", "Head(<<>>)", "2147483647 + 1", "1 \\div 0", "{1, TRUE}",
          "Assert(FALSE, \"why\")", "\"a\" \\in 1..2", "SubSeq(<<1>>, 1, 2)"]


def constant(text):
    indented = text.replace("\n", "\n    ")
    module = f"---- MODULE M ----\nEXTENDS Integers, Sequences, FiniteSets, Bags, TLC\nC ==\n    {indented}\n===="
    m = tla.Module(tla.Parser(module).module(), tla.parse_config(""))
    d = m.definition("C")
    return d.value(d.frame([None, None], []))


def constants():
    for text, value in CONSTANTS:
        found, want = constant(text), constant(value)
        yield f"{text!r} is {value}", found == want and type(found) is type(want), found
    for text in ERRORS:
        try:
            yield f"{text!r} is an error", False, constant(text)
        except tla.TlaError:
            yield f"{text!r} is an error", True, None


def main():
    for name, fine, found in constants():
        print(f"ok tla values: {name}" if fine else f"FAIL tla values: {name}: {found!r}")
    config = tla.parse_config("SPECIFICATION Spec CHECK_DEADLOCK FALSE")
    for fairness, formula, want in CASES:
        text = MODULE.replace("{fairness}", fairness if fairness != "TRUE" else "WF_vars(FALSE)").replace("{formula}", formula)
        m = tla.Module(tla.Parser(text).module(), config)
        _, graph = tla.explore(m)
        found = tla.holds(m, "P", graph, m.initial_states())
        name = f"tla behaviours: {formula} under {fairness}"
        print(f"ok {name}" if found == want else f"FAIL {name}: {found}, not {want}")


if __name__ == "__main__":
    main()
