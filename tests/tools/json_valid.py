"""json_valid.py [-walks] SCHEMA FILE...: validates each document, also by what a schema cannot say; -walks: of -simulate."""
import json
import sys

import jsonschema


def refuse_twice(pairs):
    names = [name for name, _ in pairs]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"{', '.join(sorted(twice))} twice in an object")
    return dict(pairs)


def trace_faults(trace, shortest):
    if [e["step"] for e in trace] != list(range(len(trace))):
        yield "steps are not numbered from 0"
    if trace and trace[0]["action"] is not None:
        yield "the first event is not the initial state"
    if any(e["action"] is None for e in trace[1:]):
        yield "a step without its action"
    if len({tuple(e["state"]) for e in trace}) > 1:
        yield "the states of a trace differ in their variables"
    if shortest and any(e["state"] == f["state"] for e, f in zip(trace, trace[1:])):
        yield "a step of a shortest trace changes nothing"


def faults(document, schema, shortest):
    for e in sorted(jsonschema.Draft7Validator(schema).iter_errors(document), key=lambda e: list(map(str, e.path))):
        yield f"at /{'/'.join(map(str, e.path))}: {e.message[:200]}"
    for c in document.get("checks", []):
        names = [p["name"] for p in c["properties"]]
        if len(set(names)) != len(names):
            yield "a property is listed twice"
        if c["verdict"] == "proved" and any(p["verdict"] != "proved" for p in c["properties"]):
            yield "proved, but a property is not"
        if c["verdict"] == "violated" and c["kind"] in ("invariant", "initially", "step", "reachable"):
            if not any(p["name"] == c["property"] and p["verdict"] == "violated" for p in c["properties"]):
                yield f"{c['property']} is violated, but not in the list"
        if shortest and sum(c["levels"]) != c["distinct"]:
            yield "the states of the levels are not all distinct states"
        if c["verdict"] == "proved" and len(c["levels"]) != c["depth"]:
            yield "not every level has its states"
        if c["generated"] < c["distinct"]:
            yield "fewer states generated than distinct"
        for t in [c["trace"]] + [w["trace"] for w in c["further_traces"]]:
            yield from trace_faults(t, shortest)


def main():
    walks = sys.argv[1] == "-walks"
    arguments = sys.argv[2 if walks else 1:]
    with open(arguments[0], encoding="utf-8") as f:
        schema = json.load(f)
    jsonschema.Draft7Validator.check_schema(schema)
    wrong = 0
    for path in arguments[1:]:
        try:
            with open(path, encoding="utf-8") as f:
                document = json.load(f, object_pairs_hook=refuse_twice)
            found = list(faults(document, schema, not walks))
        except (ValueError, KeyError) as e:
            found = [f"{type(e).__name__}: {e}"]
        for text in found[:5]:
            print(f"{path}: {text}")
        wrong += bool(found)
    sys.exit(1 if wrong else 0)


main()
