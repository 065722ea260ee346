"""Checks a file that dcheck wrote for another tool by the rules of that tool: valid.py FORMAT FILE [JSON RESULT]."""
import html.parser
import json
import re
import sys
import xml.etree.ElementTree as ET


def need(condition, why):
    if not condition:
        raise SystemExit(why)


# ---- ITF (Apalache's ADR 015) ----
def itf_value(v):
    if isinstance(v, bool) or isinstance(v, str):
        return
    need(not isinstance(v, (int, float)) and v is not None, f"a bare number or null: {v}")
    if isinstance(v, list):
        return [itf_value(x) for x in v]
    marks = [k for k in v if k.startswith("#")]
    if not marks:
        return [itf_value(x) for x in v.values()]
    need(len(v) == 1, f"a mark beside other fields: {v}")
    kind, inner = marks[0], v[marks[0]]
    if kind == "#bigint":
        need(re.fullmatch(r"-?\d+", inner), f"no integer: {inner}")
    elif kind in ("#tup", "#set"):
        need(isinstance(inner, list), f"{kind} wants a list")
        need(kind == "#tup" or len({json.dumps(x) for x in inner}) == len(inner), "a set with equal elements")
        for x in inner:
            itf_value(x)
    elif kind == "#map":
        need(len({json.dumps(k) for k, _ in inner}) == len(inner), "a map with equal keys")
        for k, x in inner:
            itf_value(k)
            itf_value(x)
    else:
        raise SystemExit(f"an unknown mark {kind}")


def plain(v):
    """A value as the JSON result writes it; None where that needs the name of a type."""
    if isinstance(v, bool):
        return "true" if v else "false"
    if isinstance(v, str):
        return v
    if isinstance(v, list):
        return listed("[", v, "]")
    if "#bigint" in v:
        return v["#bigint"]
    if "#set" in v:
        return listed("{", v["#set"], "}")
    if "#tup" in v:
        return listed("(", v["#tup"], ")")
    if v.get("tag") == "None":
        return "none"
    if v.get("tag") == "Some":
        return plain(v["value"])
    return None


def listed(left, parts, right):
    texts = [plain(x) for x in parts]
    return None if None in texts else left + ", ".join(texts) + right


def same_texts(state, texts):
    """Compares an ITF state with the texts of the JSON result; returns how many values it could compare."""
    compared = 0
    for name, value in state.items():
        cells = [(name, value)]
        if isinstance(value, dict) and "#map" in value and "." in name:
            process, member = name.split(".", 1)
            cells = [(f"{process}[{plain(k)}].{member}", x) for k, x in value["#map"]]
        for cell, x in cells:
            if cell in texts and plain(x) is not None:
                need(plain(x) == texts[cell], f"{cell} is {plain(x)}, the JSON result says {texts[cell]}")
                compared += 1
    return compared


def apalache_type(text):
    """A type of Apalache (type system 1.2) as nested tuples; raises SystemExit if it is none."""
    words = re.findall(r"<<|>>|->|[A-Za-z_][A-Za-z0-9_]*|\d+|[(){}|,:]", text)
    need("".join(words) == text.replace(" ", ""), f"no type: {text}")
    at = 0

    def take(word):
        nonlocal at
        need(at < len(words) and words[at] == word, f"no type: {text}, {word} is missing")
        at += 1

    def several(end, one):
        out = []
        while words[at] != end:
            if out:
                take(",")
            out.append(one())
        take(end)
        return out

    def field():
        nonlocal at
        name = words[at]
        at += 1
        take(":")
        return name, whole()

    def whole():
        nonlocal at
        word = words[at]
        at += 1
        if word in ("Int", "Bool", "Str", "UNIT"):
            return (word,)
        if word in ("Set", "Seq") and words[at] == "(":
            take("(")
            inner = whole()
            take(")")
            return word, inner
        if word == "<<":
            return "tuple", several(">>", whole)
        if word == "{":
            return "record", dict(several("}", field))
        if word == "(":
            key = whole()
            take("->")
            value = whole()
            take(")")
            return "map", key, value
        at -= 1
        kinds = {}
        while True:
            name = words[at]
            at += 1
            take("(")
            kinds[name] = whole()
            take(")")
            if at == len(words) or words[at] != "|":
                return "variants", kinds
            at += 1

    out = whole()
    need(at == len(words), f"no type: {text}")
    return out


def has_type(v, t):
    kind = t[0]
    if kind == "Int":
        return isinstance(v, dict) and set(v) == {"#bigint"}
    if kind in ("Bool", "Str"):
        return isinstance(v, bool if kind == "Bool" else str)
    if kind == "UNIT":
        return v == {"#tup": []}
    if kind == "Seq":
        return isinstance(v, list) and all(has_type(x, t[1]) for x in v)
    if kind == "Set":
        return set(v) == {"#set"} and all(has_type(x, t[1]) for x in v["#set"])
    if kind == "tuple":
        return set(v) == {"#tup"} and len(v["#tup"]) == len(t[1]) and all(map(has_type, v["#tup"], t[1]))
    if kind == "map":
        return set(v) == {"#map"} and all(has_type(a, t[1]) and has_type(b, t[2]) for a, b in v["#map"])
    if kind == "record":
        return set(v) == set(t[1]) and all(has_type(v[f], t[1][f]) for f in v)
    return set(v) == {"tag", "value"} and has_type(v["value"], t[1][v["tag"]])


def itf(path, result=None):
    d = json.load(open(path, encoding="utf-8"))
    need(d["#meta"]["format"] == "ITF" and d["vars"] and d["states"], "a part is missing")
    need(set(d["#meta"]["varTypes"]) == set(d["vars"]), "not every variable has a type")
    types = {v: apalache_type(t) for v, t in d["#meta"]["varTypes"].items()}
    for i, s in enumerate(d["states"]):
        need(set(s) == set(d["vars"]) | {"#meta"}, f"state {i} has other variables")
        need(s["#meta"]["index"] == i, f"state {i} has another index")
        for v in d["vars"]:
            itf_value(s[v])
            need(has_type(s[v], types[v]), f"{v} is no {d['#meta']['varTypes'][v]} in state {i}")
    if "loop" in d:
        need(0 <= d["loop"] < len(d["states"]), "the loop leads nowhere")
    if result:
        c = json.load(open(result, encoding="utf-8"))["checks"][0]
        cycle = c["loop"] is not None and c["loop"] + 1 < len(c["trace"])
        need(len(d["states"]) == len(c["trace"]) - cycle, "not as many states as the JSON result has steps")
        need(d.get("loop") == c["loop"], "another loop")
        compared = sum(same_texts(s, t["state"]) for s, t in zip(d["states"], c["trace"]))
        need(compared >= len(d["states"]), "nothing could be compared")


# ---- TLC ----
def tlc(path):
    d = json.load(open(path, encoding="utf-8"))
    states, actions = d["counterexample"]["state"], d["counterexample"]["action"]
    need([n for n, _ in states] == list(range(1, len(states) + 1)), "states are not numbered")
    by_number = {n: json.dumps(s) for n, s in states}
    for n, s in states:
        need(list(s) == d["vars"], f"state {n} has other variables")
    for i, (a, how, b) in enumerate(actions):
        need(a[0] == i + 1 and (b[0] == a[0] + 1 or (i + 1 == len(actions) and b[0] <= a[0])), f"edge {i} leads astray")
        need(json.dumps(a[1]) == by_number[a[0]] and json.dumps(b[1]) == by_number[b[0]], f"edge {i} has other states")
        need(isinstance(how["name"], str) and isinstance(how["location"], dict), f"edge {i} has no action")


# ---- ShiViz ----
def shiviz(path):  # without steps there is nothing behind the head
    lines = open(path, encoding="utf-8").read().split("\n")
    expression, text = lines[0].replace("(?<", "(?P<"), "\n".join(lines[2:])
    need(lines[1] == "" and lines[-1] == "", "the head is not two lines")
    clocks, end = {}, 0
    for m in re.finditer(expression, text):
        need(text[end : m.start()].strip() == "", f"not read: {text[end:m.start()]}")
        end = m.end()
        host, clock = m["host"], json.loads(m["clock"])
        before = clocks.get(host, {})
        need(clock.get(host) == before.get(host, 0) + 1, f"the clock of {host} does not go on by one")
        need(all(clock.get(h, 0) >= n for h, n in before.items()), f"the clock of {host} runs back")
        need(all(n <= clocks.get(h, {}).get(h, 0) for h, n in clock.items() if h != host), "a clock from the future")
        clocks[host] = clock
    need(text[end:].strip() == "", "not all is read")


# ---- Mermaid and PlantUML ----
def diagram(path, first, last, participant, rules, opens, closes):
    lines = open(path, encoding="utf-8").read().split("\n")
    need(lines[-1] == "" and first in lines[:2] and (not last or lines[-2] == last), "a frame is missing")
    known, depth = set(), 0
    for line in (x.strip() for x in lines[2:-1] if x.strip() != last):
        m = re.fullmatch(participant, line)
        if m:
            known.add(m[m.lastindex] if first.startswith("@") else m[1])
            continue
        depth += (line == opens) - (line == closes)
        if line in (opens, closes, "hide footbox"):
            continue
        m = next((m for m in (re.fullmatch(r, line) for r in rules) if m), None)
        need(m, f"not understood: {line}")
        text = m["text"]
        need(not re.search(r"[;#](?!\d)|<|>|[\x00-\x1f]", re.sub(r"&?#\d+;", "", text)), f"not escaped: {text}")
        need(set(re.findall(r"\bp\d+\b", line[: m.start("text")])) <= known, f"an unknown participant: {line}")
    need(known and depth == 0, "a block stays open")


def mermaid(path):
    diagram(path, "sequenceDiagram", "", r"participant (p\d+) as .+",
            [r"p\d+(->>|--x|--\))p\d+: (?P<text>.+)", r"Note over p\d+(,p\d+)?: (?P<text>.+)"], "loop for ever", "end")


def plantuml(path):
    diagram(path, "@startuml", "@enduml", r'participant "[^"]+" as (p\d+)',
            [r"(p\d+|\[)? ?(->|-->x|-->>) ?(p\d+|\])? : (?P<text>.+)", r"note (over p\d+|across) : (?P<text>.+)"],
            "loop for ever", "end")


# ---- XML ----
def svg(path):
    root = ET.parse(path).getroot()
    ns = "{http://www.w3.org/2000/svg}"
    need(root.tag == ns + "svg" and root.get("viewBox") and root.find(ns + "title").text, "no titled SVG")
    _, _, width, height = (float(x) for x in root.get("viewBox").split())
    steps = [int(g.get("data-step")) for g in root.iter(ns + "g") if g.get("data-step")]
    need(steps == 2 * list(range(len(steps) // 2)) and steps, "the steps are not numbered")
    for t in root.iter(ns + "text"):
        need(t.get("x") is None or (0 <= float(t.get("x")) <= width and 0 <= float(t.get("y")) <= height), f"a text outside: {t.text}")
    for line in root.iter(ns + "line"):
        for a in ("x1", "x2"):
            need(0 <= float(line.get(a)) <= width, "a line leaves the picture")
    need(not list(root.iter(ns + "script")), "a script")


def junit(path):
    root = ET.parse(path).getroot()
    need(root.tag == "testsuites" and len(root), "no suites")
    for suite in list(root) + [root]:
        cases = list(suite.iter("testcase"))
        need(int(suite.get("tests")) == len(cases), "the number of tests is wrong")
        for kind in ("failure", "error", "skipped"):
            total = {"failure": "failures", "error": "errors"}.get(kind, kind)
            need(int(suite.get(total)) == len(list(suite.iter(kind))), f"the number of {total} is wrong")
    for case in root.iter("testcase"):
        need(case.get("classname") and case.get("name") and len(case) <= 1, "a case without a name")


# ---- SARIF ----
def sarif_location(loc):
    physical = loc["physicalLocation"]
    need(re.fullmatch(r"(file:///)?[A-Za-z0-9._~%-][A-Za-z0-9._~/%-]*", physical["artifactLocation"]["uri"]), "no URI")
    region = physical["region"]
    need(all(isinstance(n, int) and n >= 1 for n in region.values()) and "startLine" in region, "no region")


def sarif(path):
    d = json.load(open(path, encoding="utf-8"))
    need(d["version"] == "2.1.0" and len(d["runs"]) == 1, "no run of SARIF 2.1.0")
    run = d["runs"][0]
    rules = [r["id"] for r in run["tool"]["driver"]["rules"]]
    need(len(set(rules)) == len(rules), "two equal rules")
    for r in run["results"]:
        need(r["ruleId"] in rules and r["level"] in ("none", "note", "warning", "error"), "a result without its rule")
        need(r["message"]["text"] and r["locations"], "a result that says nothing")
        for loc in r["locations"]:
            sarif_location(loc)
        for flow in r.get("codeFlows", []):
            order = []
            for thread in flow["threadFlows"]:
                need(thread["locations"], "an empty thread")
                for step in thread["locations"]:
                    sarif_location(step["location"])
                    order.append(step["executionOrder"])
            need(sorted(order) == list(range(1, len(order) + 1)), "steps are missing")


# ---- the page ----
class Page(html.parser.HTMLParser):
    VOID = {"meta", "link", "br", "input", "img", "hr"}

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.ids, self.links, self.count, self.text = [], [], [], {}, {}
        self.inside = None

    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        self.count[tag] = self.count.get(tag, 0) + 1
        need(len(a) == len(attrs), f"<{tag}> has an attribute twice")
        need(not [k for k in a if k.startswith("on")], f"<{tag}> has a handler: {a}")
        need(not [k for k in ("src", "srcset", "action", "data", "poster") if k in a], f"<{tag}> loads something")
        if "id" in a:
            self.ids.append(a["id"])
        if "href" in a:
            self.links.append(a["href"])
        if a.get("class", "").startswith("line"):
            self.inside = a["id"]
            self.text[self.inside] = ""
        if tag not in self.VOID:
            self.open.append((tag, a))

    def handle_startendtag(self, tag, attrs):
        need(any(t == "svg" for t, _ in self.open), f"<{tag}/> outside SVG")
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag):
        need(self.open and self.open[-1][0] == tag, f"</{tag}> closes {self.open[-1:]}")
        self.open.pop()
        if tag == "pre":
            self.inside = None

    def handle_data(self, data):
        if self.inside and not any(a.get("class") in ("margin", "no") for _, a in self.open):
            self.text[self.inside] += data


def page(path, spec=None):
    text = open(path, encoding="utf-8").read()
    p = Page()
    p.feed(text)
    p.close()
    need(text.startswith("<!doctype html>") and not p.open, f"left open: {p.open[:3]}")
    need(len(set(p.ids)) == len(p.ids), "an id twice")
    need(all(h.startswith("#") and h[1:] in p.ids for h in p.links), "a link that leads nowhere, or out")
    for tag in ("h1", "main", "header", "footer", "nav", "title", "style", "script"):
        need(p.count.get(tag, 0) >= 1, f"no <{tag}>")
    need(p.count["script"] == 1 and p.count["style"] == 1 and p.count["h1"] == 1, "more than one script, style or h1")
    need("img" not in p.count and "iframe" not in p.count, "an element that loads something")
    need("http:" not in re.sub(r'xmlns="[^"]*"', "", text) and "https:" not in text, "an address")
    if spec:
        lines = [p.text[i] for i in p.text if i.startswith("s0-")]
        need("".join(lines) == open(spec, encoding="utf-8").read(), "the source is not the spec")


globals()[sys.argv[1]](*sys.argv[2:])
