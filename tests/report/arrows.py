"""The arrows of a Mermaid diagram against the JSON result of the same trace: arrows.py DIAGRAM JSON.

Every receipt of the trace has its arrow, with the sender that the trace names and from a step that sent that message;
nothing is received, lost or left over that was not sent."""
import json
import re
import sys

names, drawn, left = {}, {}, []
for line in open(sys.argv[1], encoding="utf-8"):
    m = re.match(r"\s*participant (p\d+) as (.*)", line)
    if m:
        names[m[1]] = m[2]
    text = re.sub(r"#(\d+);", lambda x: chr(int(x[1])), line.strip())
    m = re.fullmatch(r"(p\d+)->>(p\d+): (\d+) (.*?)(?: \(sent at (\d+)(, again|, a copy)?\))?", text)
    if m:
        drawn[int(m[3])] = (names[m[1]], names[m[2]], m[4], int(m[5]) if m[5] else int(m[3]) - 1, m[6])
    m = re.fullmatch(r"(p\d+)--(x|\))(p\d+): (\d+) (.*) \((.*)\)", text)
    if m:
        left.append((names[m[1]], m[5], int(m[4]), m[2]))

trace = json.load(open(sys.argv[2], encoding="utf-8"))["checks"][0]["trace"]
sent = {}  # (sender, message) -> steps, from 1
for e in trace:
    for s in e["sent"]:
        sent.setdefault((e["process"], s["message"]), []).append(e["step"] + 1)
found = 0
for e in trace:
    number = e["step"] + 1
    if not e["received"]:
        assert number not in drawn, f"step {number} receives nothing, but has an arrow"
        continue
    if number not in drawn:  # its sender is not known: a note
        continue
    sender, receiver, message, at, how = drawn[number]
    found += 1
    assert receiver == e["process"] and message == e["received"]["message"], f"step {number}: another receipt"
    assert e["received"]["from"] in (None, sender), f"step {number}: from {sender}, not {e['received']['from']}"
    steps = sent.get((sender, message), [])
    assert at == 1 or at in steps or how == ", a copy", f"step {number}: {message} was not sent at {at}"
    assert at < number, f"step {number}: received before it was sent"
for sender, message, number, how in left:
    steps = sent.get((sender, message), [])
    assert how == "x" or number in steps, f"step {number}: {message} is left over, but was not sent"
print(f"{found} arrows, {len(left)} not received")
sys.exit(0 if found or not any(e["received"] for e in trace) else 1)
